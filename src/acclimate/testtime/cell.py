"""One method under one shift."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from acclimate.testtime.calibration import Reliability
from acclimate.testtime.stream import Shift


@dataclass(frozen=True)
class Cell:
    """Counts of one method under one shift.

    Attributes:
        method: Its key.
        shift: The corruption and its severity.
        reliability: Predictions counted by confidence; errors and calibration follow from it.
        broken: Rows for which the network gave no finite logits, which count as errors.
        seconds: That its predictions and updates took, without making the images.
    """

    method: str
    shift: Shift
    reliability: Reliability
    broken: int
    seconds: float

    @property
    def rows(self) -> int:
        """Predictions."""
        return int(self.reliability.rows.sum())

    @property
    def error(self) -> float:
        """Share of wrong predictions."""
        return 1 - self.reliability.accuracy

    def to_json(self) -> dict[str, Any]:
        """A dict of JSON types."""
        return {
            "method": self.method,
            "shift": self.shift.name,
            "severity": self.shift.severity,
            "rows": self.rows,
            "error": self.error,
            "calibration_error": self.reliability.error,
            "broken": self.broken,
            "seconds": self.seconds,
            "reliability": self.reliability.to_json(),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Cell:
        """The inverse of :meth:`to_json`."""
        shift = Shift(values["shift"], values["severity"])
        reliability = Reliability.from_json(values["reliability"])
        return cls(values["method"], shift, reliability, values["broken"], values["seconds"])
