"""Weights of several networks made into one: state dicts in, a state dict out."""

from acclimate.weights.batch_norm import refresh_batch_norm as refresh_batch_norm
from acclimate.weights.dare import dare as dare
from acclimate.weights.fisher import fisher_information as fisher_information
from acclimate.weights.fisher import fisher_merging as fisher_merging
from acclimate.weights.lawa import LAWA as LAWA
from acclimate.weights.regmean import gram_matrices as gram_matrices
from acclimate.weights.regmean import regmean as regmean
from acclimate.weights.soups import greedy_soup as greedy_soup
from acclimate.weights.soups import uniform_soup as uniform_soup
from acclimate.weights.swa import SWA as SWA
from acclimate.weights.swad import SWAD as SWAD
from acclimate.weights.task_arithmetic import task_arithmetic as task_arithmetic
from acclimate.weights.ties import ties as ties
from acclimate.weights.wise_ft import wise_ft as wise_ft
