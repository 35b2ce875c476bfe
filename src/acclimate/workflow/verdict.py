"""What a diagnosis says in words, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator

from acclimate.shift import ADistance, Duplicates, ExplainedByWeights
from acclimate.shift.diagnosis import Verdict
from acclimate.workflow.evidence import GONE, Evidence

SMALL, LARGE = 0.4, 1.2  # of the A-distance, in words
LITTLE, AT_WORST = 0.02, 0.05  # loss of accuracy that is not worth a run: expected, and at the low end
FREQUENCIES = ("label_shift_em", "bbse", "rlls")
MOVING = ("per_domain_scaling", "im_head", "coral", "linear_monge", "tca")
WEIGHING = ("iwc", "ulsif")


def kinds_of(found: Evidence) -> tuple[str, ...]:
    """The kinds of shift, of which several can hold at once; see `Verdict`."""
    if not found.shift:
        return ()
    if found.only_labels:
        return ("label",)
    names = {"covariate": True, "label": _partly_labels(found), "scale": found.by_scale, "support": found.outside}
    return tuple(name for name, holds in names.items() if holds)


def verdict(found: Evidence) -> Verdict:
    """The kinds, the advice and the reasons."""
    kinds = kinds_of(found)
    adapt, headline = _advice(found, kinds)
    return Verdict(found.shift, kinds, adapt, headline, tuple(_reasons(found, kinds)), _methods(found, kinds, adapt))


def _partly_labels(found: Evidence) -> bool:
    return found.labels_moved and found.explained is not None and found.explained.share >= GONE


def _advice(found: Evidence, kinds: tuple[str, ...]) -> tuple[str, str]:
    if not kinds:
        return "no", "No shift was seen: use the source's model as it is. Adapting could only add noise."
    if kinds == ("label",):
        return "frequencies", (
            "Classes come in other frequencies, and that explains the shift: correct the predictions for it, and do "
            "not move features."
        )
    if found.shared_support:
        return "no", (
            "Both sides have their rows in the same places, only more or less often: keep the source's model, which is "
            "right where it was. Moving features would only cost."
        )
    size = _size(found.distance)
    if found.loss is not None and _little(found):
        return "unclear", (
            f"There is a {size} shift, but it seems to cost little accuracy: adapting has little to gain, so keep "
            "source-only unless the evidence for another is strong."
        )
    return "yes", f"There is a {size} shift: adapt, and keep source-only and per-domain scaling beside it."


def _little(found: Evidence) -> bool:
    """Whether the model seems to lose next to nothing, and not much at the worst that is likely."""
    assert found.source_accuracy is not None
    assert found.expected is not None
    known = found.source_accuracy.accuracy
    return known - found.expected.accuracy <= LITTLE and known - found.expected.low <= AT_WORST


def _size(distance: ADistance) -> str:
    return "small" if distance.value < SMALL else "large" if distance.value >= LARGE else "moderate"


def _reasons(found: Evidence, kinds: tuple[str, ...]) -> Iterator[str]:
    if not kinds:
        yield "A shift smaller than this many rows show, or one of the labels' meaning alone, would not have been seen."
    if found.labels_moved and kinds and not found.only_labels:
        yield _label_words(found)
    if found.by_weights is not None and kinds != ("label",):
        yield _weight_words(found.by_weights)
    if "scale" in kinds and not found.shared_support:
        yield (
            "Most of what tells the sides apart goes once each domain is scaled by itself: per-domain scaling may be "
            "all it takes."
        )
    elif "covariate" in kinds and not found.shared_support:
        yield "What tells the sides apart stays once each is scaled by itself: not only units and offsets changed."
    if found.outside:
        yield (
            f"{found.support.outside:.0%} of the target rows lie farther from the source than all but "
            f"{found.support.expected:.0%} of its own held-out rows: there the source says little, weights do not "
            "help, and a few target labels are worth more than any method."
        )
    if found.duplicates.exact or found.duplicates.near:
        yield _duplicate_words(found.duplicates)
    if kinds:
        yield (
            "Whether labels mean the same on both sides (concept shift) cannot be seen without target labels: 50 to "
            "100 labelled target rows would tell."
        )


def _weight_words(found: ExplainedByWeights) -> str:
    share = f"Weights of source rows explain {found.share:.0%} \u00b1 {found.error:.0%} of what tells the sides apart"
    if found.fits:
        return f"{share}: a model of the source has met such rows."
    return f"{share}: the target has rows that look like none of the source, however it is weighted."


def _duplicate_words(found: Duplicates) -> str:
    if found.exact + found.near <= found.within_source + found.within_target:
        return (
            "Some target rows are source rows too, but rows repeat within each side as well: if not by chance, leave "
            "them out before any accuracy is measured."
        )
    return "Some target rows are source rows too: leave them out before any accuracy is measured."


def _label_words(found: Evidence) -> str:
    share = found.explained.share if found.explained is not None else 0.0
    if share >= GONE:
        return "Other class frequencies explain a part of it; methods that match whole distributions may suffer."
    return (
        "The predictions suggest other class frequencies, but these do not explain the shift: the estimate of the "
        "frequencies is not to be trusted."
    )


def _methods(found: Evidence, kinds: tuple[str, ...], adapt: str) -> tuple[str, ...]:
    if adapt == "no":
        return ("source_only", *(WEIGHING if kinds else ()))
    if adapt == "frequencies":
        return ("source_only", *FREQUENCIES)
    moving = MOVING[:2] if "label" in kinds else MOVING
    weighing = () if found.outside or found.distance.value >= LARGE else WEIGHING
    return ("source_only", *moving, *weighing)
