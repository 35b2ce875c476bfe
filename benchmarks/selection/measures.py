"""What a rule of choice is measured by. Accuracies are in percent, so differences are in points."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np

from benchmarks.selection.candidates import BASELINES
from benchmarks.selection.shifts import Shift

Baseline = Literal["source_only", "per_domain"]
SLACK = 1.0  # points below a baseline that count as no harm
ROUNDING = 1e-9


class Outcome(NamedTuple):
    """Accuracies on one shift.

    Attributes:
        dataset: Of the shift.
        kind: Of the shift.
        accuracy: Of what the rule returned.
        source_only: Of the first baseline.
        per_domain: Of the second.
        oracle: Of the best candidate, the baselines among them.
    """

    dataset: str
    kind: str
    accuracy: float
    source_only: float
    per_domain: float
    oracle: float

    @property
    def control(self) -> bool:
        """Whether there is nothing to gain by moving features."""
        return self.kind.startswith("control")


class Standing(NamedTuple):
    """All measures of a rule. Shares are of 1, the rest in points; NaN where nothing can be said.

    Attributes:
        recovered: Mean over data sets of the share of (oracle - source-only) recovered.
        recovered_median: Median over data sets.
        recovered_per_domain: Mean over data sets of the share of (oracle - per-domain scaling).
        by_dataset: The share over source-only of each data set.
        harmed: Share of shifts more than a point below source-only, controls aside.
        harmed_per_domain: The same below per-domain scaling.
        worst: Least gain over source-only, controls aside.
        no_shift: Mean gain over source-only on controls without a shift.
        prior_shift: On controls of class priors alone.
    """

    recovered: float
    recovered_median: float
    recovered_per_domain: float
    by_dataset: dict[str, float]
    harmed: float
    harmed_per_domain: float
    worst: float
    no_shift: float
    prior_shift: float


def outcome(shift: Shift, chosen: Any, rows: dict[str, Any], yt: Any) -> Outcome:
    """Score what a rule chose.

    Args:
        shift: Where.
        chosen: (m, c) probabilities, or (m,) labels of the target's rows.
        rows: Of all candidates; see `raw_rows`. One that failed takes no part.
        yt: (m,) true labels.
    """
    labels = chosen if np.ndim(chosen) == 1 else np.argmax(chosen, axis=1)
    accuracies = 100 * (rows["target"].argmax(axis=2) == yt).mean(axis=1)
    valid = np.isfinite(rows["target"]).all(axis=(1, 2))
    keys = list(rows["candidates"])
    baselines = (float(accuracies[keys.index(key)]) for key in BASELINES)
    accuracy = 100 * float(np.mean(labels == yt))
    return Outcome(shift.dataset, shift.kind, accuracy, *baselines, float(accuracies[valid].max()))


def standing(outcomes: Sequence[Outcome]) -> Standing:
    """All measures."""
    shares = recovered(outcomes)
    return Standing(
        recovered=_mean(shares.values()),
        recovered_median=float(np.median(list(shares.values()))) if shares else np.nan,
        recovered_per_domain=_mean(recovered(outcomes, "per_domain").values()),
        by_dataset=shares,
        harmed=harmed(outcomes),
        harmed_per_domain=harmed(outcomes, "per_domain"),
        worst=min(gains(outcomes), default=np.nan),
        no_shift=control_gain(outcomes, "control_none"),
        prior_shift=control_gain(outcomes, "control_prior"),
    )


def recovered(outcomes: Iterable[Outcome], baseline: Baseline = "source_only") -> dict[str, float]:
    """For each data set its sum of gains over its sum of (oracle - baseline), controls aside.

    A data set in which no candidate beats the baseline anywhere has no share and is left out.
    """
    kept = [each for each in outcomes if not each.control]
    found = {}
    for dataset in dict.fromkeys(each.dataset for each in kept):
        own = [each for each in kept if each.dataset == dataset]
        room = sum(each.oracle - getattr(each, baseline) for each in own)
        if room > ROUNDING:
            found[dataset] = sum(gains(own, baseline)) / room
    return found


def gains(outcomes: Iterable[Outcome], baseline: Baseline = "source_only") -> list[float]:
    """Points over a baseline on every shift, controls aside."""
    return [each.accuracy - getattr(each, baseline) for each in outcomes if not each.control]


def harmed(outcomes: Iterable[Outcome], baseline: Baseline = "source_only", slack: float = SLACK) -> float:
    """Share of the shifts more than `slack` points below a baseline, controls aside."""
    return _mean(gain < -slack - ROUNDING for gain in gains(outcomes, baseline))


def control_gain(outcomes: Iterable[Outcome], kind: str) -> float:
    """Mean points over source-only on the controls of a kind."""
    return _mean(each.accuracy - each.source_only for each in outcomes if each.kind == kind)


def interval(outcomes: Sequence[Outcome], baseline: Baseline = "source_only", draws: int = 1000) -> tuple[float, float]:
    """Where 90 % of the mean share recovered lies when shifts are drawn again within their data sets."""
    rng = np.random.default_rng(0)
    kept = [each for each in outcomes if not each.control]
    sets = [[each for each in kept if each.dataset == name] for name in dict.fromkeys(each.dataset for each in kept)]
    if not sets:
        return float("nan"), float("nan")
    again = [[rng.integers(len(own), size=len(own)) for own in sets] for _ in range(draws)]
    shares = [
        _shares(own, baseline, np.stack(drawn)) for own, drawn in zip(sets, zip(*again, strict=True), strict=True)
    ]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Mean of empty slice")
        low, high = np.nanpercentile(np.nanmean(shares, axis=0), [5, 95])
    return float(low), float(high)


def _shares(outcomes: Sequence[Outcome], baseline: Baseline, drawn: Any) -> Any:
    """Share recovered within a data set by each of (b, n) draws, (b,); NaN where there is nothing to recover."""
    gain = np.array(gains(outcomes, baseline))[drawn].sum(axis=1)
    room = np.array([each.oracle - getattr(each, baseline) for each in outcomes])[drawn].sum(axis=1)
    return np.where(room > ROUNDING, gain / np.where(room > ROUNDING, room, 1.0), np.nan)


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return float(np.mean(found)) if found else float("nan")
