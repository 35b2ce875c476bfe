"""All that is said of one method in a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from acclimate.testtime.calibration import Reliability
from acclimate.testtime.cell import Cell
from acclimate.testtime.corruption_error import (
    error_at,
    mean_accuracy,
    mean_corruption_error,
    relative_mean_corruption_error,
)
from acclimate.testtime.stream import CLEAN, Shift

SOURCE = "source"  # the key of the network as it is, beside which every method stands


@dataclass(frozen=True)
class Standing:
    """One method over all shifts. Shares, not percent; ``None`` where a cell it needs is missing.

    Attributes:
        method: Its key.
        clean_accuracy: On the images before they were corrupted, after a reset.
        mean_accuracy: Mean over all shifted cells: RobustBench's score, where these are the 75.
        error_at_5: Mean error over shifts of severity 5.
        mce: Mean corruption error by AlexNet's errors on all 50 000 images.
        mce_robustbench: The same by AlexNet's errors on RobustBench's 5000.
        relative_mce: Of what corruptions add to the error on clean images.
        calibration_error: ECE over all shifted predictions together.
        clean_calibration_error: ECE on clean images.
        seconds_per_image: Predicting and learning, images made before.
        cost: That, over that of the network as it is.
        broken: Predictions that were not finite.
    """

    method: str
    clean_accuracy: float | None
    mean_accuracy: float | None
    error_at_5: float | None
    mce: float | None
    mce_robustbench: float | None
    relative_mce: float | None
    calibration_error: float | None
    clean_calibration_error: float | None
    seconds_per_image: float
    cost: float | None
    broken: int

    def to_json(self) -> dict[str, Any]:
        """A dict of JSON types."""
        return asdict(self)


def errors_of(cells: Sequence[Cell], method: str) -> dict[Shift, float]:
    """Shift to error of one method, clean images left out."""
    return {cell.shift: cell.error for cell in cells if cell.method == method and cell.shift != CLEAN}


def standings(cells: Sequence[Cell], *, imagenet: bool = True) -> list[Standing]:
    """A line for each method, in the order they come in.

    Args:
        cells: Of all methods.
        imagenet: Whether the classes are ImageNet's thousand, those that AlexNet's errors are known for; without them
            no mCE is told.
    """
    methods = dict.fromkeys(cell.method for cell in cells)
    seconds = {method: _seconds_per_image([cell for cell in cells if cell.method == method]) for method in methods}
    lines = [_standing(cells, method, seconds[method], seconds.get(SOURCE)) for method in methods]
    return lines if imagenet else [replace(line, mce=None, mce_robustbench=None, relative_mce=None) for line in lines]


def _standing(cells: Sequence[Cell], method: str, seconds: float, source_seconds: float | None) -> Standing:
    own = [cell for cell in cells if cell.method == method]
    clean = next((cell for cell in own if cell.shift == CLEAN), None)
    shifted = [cell.reliability for cell in own if cell.shift != CLEAN]
    errors = errors_of(cells, method)
    return Standing(
        method=method,
        clean_accuracy=None if clean is None else 1 - clean.error,
        mean_accuracy=mean_accuracy(errors) if errors else None,
        error_at_5=error_at(errors, 5),
        mce=mean_corruption_error(errors, "hendrycks"),
        mce_robustbench=mean_corruption_error(errors, "robustbench"),
        relative_mce=None if clean is None else relative_mean_corruption_error(errors, clean.error),
        calibration_error=Reliability.total(shifted).error if shifted else None,
        clean_calibration_error=None if clean is None else clean.reliability.error,
        seconds_per_image=seconds,
        cost=seconds / source_seconds if source_seconds else None,
        broken=sum(cell.broken for cell in own),
    )


def _seconds_per_image(cells: Sequence[Cell]) -> float:
    return sum(cell.seconds for cell in cells) / sum(cell.rows for cell in cells)
