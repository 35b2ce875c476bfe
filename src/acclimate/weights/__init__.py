"""Weights of several networks made into one: state dicts in, a state dict out."""

from acclimate.weights.batch_norm import refresh_batch_norm as refresh_batch_norm
from acclimate.weights.soups import greedy_soup as greedy_soup
from acclimate.weights.soups import uniform_soup as uniform_soup
from acclimate.weights.swa import SWA as SWA
from acclimate.weights.task_arithmetic import task_arithmetic as task_arithmetic
from acclimate.weights.ties import ties as ties
from acclimate.weights.wise_ft import wise_ft as wise_ft
