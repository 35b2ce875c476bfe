"""Evaluation at test time: in what order a model meets shifted rows, and what is measured. NumPy only."""

from acclimate.testtime.alexnet import ALEXNETS, AlexNet
from acclimate.testtime.calibration import Reliability, expected_calibration_error
from acclimate.testtime.cell import Cell
from acclimate.testtime.corruption_error import (
    corruption_errors,
    error_at,
    mean_accuracy,
    mean_corruption_error,
    relative_mean_corruption_error,
)
from acclimate.testtime.protocol import Protocol
from acclimate.testtime.protocols import (
    PROTOCOLS,
    Continual,
    Correlated,
    Episodic,
    Gradual,
    Mixed,
    ResetPerShift,
    SingleSample,
    protocol_of,
)
from acclimate.testtime.standing import Standing, errors_of, standings
from acclimate.testtime.stream import CLEAN, Batch, Shift, Stream

__all__ = [
    "ALEXNETS",
    "CLEAN",
    "PROTOCOLS",
    "AlexNet",
    "Batch",
    "Cell",
    "Continual",
    "Correlated",
    "Episodic",
    "Gradual",
    "Mixed",
    "Protocol",
    "Reliability",
    "ResetPerShift",
    "Shift",
    "SingleSample",
    "Standing",
    "Stream",
    "corruption_errors",
    "error_at",
    "errors_of",
    "expected_calibration_error",
    "mean_accuracy",
    "mean_corruption_error",
    "protocol_of",
    "relative_mean_corruption_error",
    "standings",
]
