"""Training and prediction: the step, the loop, and what stands around it."""

from acclimate.training.errors import DivergedError as DivergedError
from acclimate.training.fit import fit as fit
from acclimate.training.log import History as History
from acclimate.training.online import Online as Online
from acclimate.training.optimizers import make_optimizers as make_optimizers
from acclimate.training.predict import predict as predict
from acclimate.training.schedules import constant as constant
from acclimate.training.schedules import cosine as cosine
from acclimate.training.schedules import inverse_decay as inverse_decay
from acclimate.training.schedules import one_cycle as one_cycle
from acclimate.training.schedules import warm_up as warm_up
from acclimate.training.step import train_step as train_step
from acclimate.training.strategies import STRATEGIES as STRATEGIES
from acclimate.training.strategies import Stage as Stage
from acclimate.training.strategies import finetune as finetune
