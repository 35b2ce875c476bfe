"""What every method is: a module whose forward is its training objective."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple, Self

import torch
from torch import Tensor, nn

from acclimate.errors import InputError
from acclimate.nn import Classifier, gather_rows
from acclimate.types import Sample, Step

# Under which headings tables list methods, in this order.
FAMILIES = {
    "baseline": "Baseline",
    "discrepancy": "Discrepancy",
    "adversarial": "Adversarial",
    "self-training": "Self-training and regularisation",
    "other": "Other",
}


class Encoded(NamedTuple):
    """One pass of the network over some rows.

    Attributes:
        features: In front of the head, (n, d).
        logits: Behind it, (n, c).
        x: What went in, for terms that pass it through the network once more. With several processes these are this
            process's rows alone, where the other fields hold the rows of all.
        index: Row numbers in the data set, (n,) int64, for memory banks.
        y: Labels, (n,), of the source; always ``None`` for the target.
    """

    features: Tensor
    logits: Tensor
    x: Tensor | None = None
    index: Tensor | None = None  # type: ignore[assignment]  # tuple has a method of this name
    y: Tensor | None = None


class Method(nn.Module):
    """A learning rule: the networks it trains and the objective it minimises.

    A subclass writes ``forward``, whose parameter names are the streams it reads. That is all that DDP, autocast and
    ``torch.compile`` need, since all three act on a module's forward. A concrete method is final.

    Args:
        network: What is adapted and, afterwards, predicts.

    Attributes:
        key: The method's name on the command line.
        title: Its name in print.
        paper: Authors, year and venue of its paper.
        url: Where the paper is.
        family: What kind of idea it is: one of ``FAMILIES``.
        settings: The kinds of problem it solves: "uda" is a labelled source and an unlabelled target.
        tasks: "classification", "regression" or both.
        phases: Names of its objectives; several only for alternating schemes, whose forward also takes ``phase``.
        passes: Cost of one step, in forward and backward passes of the network over one batch.
        progress: Share of training done, a 0-d buffer in [0, 1]. It starts at 1: schedules stand at their final value
            where nobody moves it.
        equal_shards: Whether every process is known to hold equally many rows, as it does under ``fit``.
        added: Further methods whose terms are added to this one's, see :class:`Combined`.
        takes_terms: Whether it has a place for them.
        views: How many views of a target row it compares; more than 1 where a sample's ``x`` may be a tuple of them.
        source_views: The same of a source row, whose first view alone is given where it is 1.
        passes_for_terms: What that place costs, where there are some: the passes of a domain it would not run else.
    """

    key: ClassVar[str]
    title: ClassVar[str]
    paper: ClassVar[str]
    url: ClassVar[str]
    family: ClassVar[str] = "other"
    settings: ClassVar[tuple[str, ...]] = ("uda",)
    tasks: ClassVar[tuple[str, ...]] = ("classification",)
    phases: ClassVar[tuple[str, ...]] = ("train",)
    passes: ClassVar[float] = 2.0
    takes_terms: ClassVar[bool] = False
    views: ClassVar[int] = 1
    source_views: ClassVar[int] = 1
    passes_for_terms: ClassVar[float] = 0.0

    network: Classifier
    progress: Tensor

    def __init__(self, network: Classifier) -> None:
        super().__init__()
        self.network = network
        self.equal_shards = False
        self.added = nn.ModuleList()
        self.register_buffer("progress", torch.ones(()))

    @classmethod
    def from_network(cls, network: Classifier, num_outputs: int, **params: Any) -> Self:
        """The method with its other parts (discriminator, second head) built to fit ``network``.

        Args:
            network: The network to adapt.
            num_outputs: c, the number of classes; 1 for regression.
            **params: Further arguments of the constructor. A part that stands among them is used, not built.

        Raises:
            InputError: If the constructor knows no such argument.
        """
        check_arguments(cls, params)
        return cls(network, **{**cls.parts_for(network, num_outputs, params), **params})

    @classmethod
    def parts_for(cls, network: Classifier, num_outputs: int, params: Mapping[str, Any]) -> dict[str, nn.Module]:
        """The further modules that the constructor takes, by argument name; default: none."""
        return {}

    def forward(self, **streams: Sample) -> Step:
        """The objective on one batch of every stream."""
        raise NotImplementedError

    @property
    def stream_names(self) -> tuple[str, ...]:
        """The streams that forward reads."""
        return tuple(name for name in inspect.signature(self.forward).parameters if name != "phase")

    @property
    def sequence(self) -> tuple[str, ...]:
        """The phases of one step in order; one may come several times."""
        return self.phases

    def parameters_of(self, phase: str) -> list[nn.Parameter]:
        """The parameters that ``phase`` trains; default: all."""
        return [p for p in self.parameters() if p.requires_grad]

    def encode(self, x: Tensor) -> Encoded:
        """Features and logits of the network that predicts; a teacher or a second head overrides it."""
        features = self.network.features(x)
        return Encoded(features, self.network.head(features))

    def predict(self, x: Tensor) -> Tensor:
        """Logits, (n, c)."""
        return self.encode(x).logits

    def advance(self, progress: float) -> None:
        """Set ``progress``; a method made of others passes it on to them."""
        self.progress.fill_(progress)

    def before_epoch(self, loaders: Mapping[str, Any]) -> None:
        """Called before every epoch with the streams, for pseudo-labels and centroids; default: nothing."""

    def after_step(self) -> None:
        """Called after every step, for averages and memory banks; default: nothing."""

    def gather(self, rows: Tensor) -> Tensor:
        """The rows of all processes, with gradient: losses of a batch are losses of the joined batch."""
        return gather_rows(rows, equal=self.equal_shards)

    def gather_encoded(self, encoded: Encoded) -> Encoded:
        """The same for all that is known of the rows but their inputs, which stay where they are."""
        index, y = (None if part is None else self.gather(part) for part in (encoded.index, encoded.y))
        return Encoded(self.gather(encoded.features), self.gather(encoded.logits), encoded.x, index, y)

    def check_phase(self, phase: str) -> None:
        """Refuse a phase that there is not."""
        if phase not in self.phases:
            raise InputError(f"{self.title} has no phase {phase!r}; it has: {', '.join(self.phases)}.")

    def added_terms(self, source: Encoded, target: Encoded) -> dict[str, Tensor]:
        """The terms of the methods in ``added``, by name."""
        terms: dict[str, Tensor] = {}
        for part in self.added:
            terms |= part.alignment(source, target)  # type: ignore[operator]
        return terms


def labels_of(sample: Sample, stream: str) -> Tensor:
    """The labels of a stream that must have them."""
    if sample.y is None:
        raise InputError(f"The {stream} stream carries no labels; build it from labelled rows.")
    return sample.y


def inputs_of(sample: Sample, stream: str) -> Tensor:
    """The inputs of a stream that must come in a single view."""
    if isinstance(sample.x, tuple):
        raise InputError(f"The {stream} stream carries several views, this method reads one; give it plain rows.")
    return sample.x


def encoded_rows(sample: Sample, features: Tensor, logits: Tensor, stream: str) -> Encoded:
    """Features and logits of a stream's rows, with their inputs, row numbers and, of the source alone, labels."""
    y = labels_of(sample, stream) if stream == "source" else None
    return Encoded(features, logits, inputs_of(sample, stream), sample.index, y)


def arguments_of(cls: type[Method]) -> dict[str, inspect.Parameter]:
    """The constructor's arguments that are numbers, names or switches: all but the networks it is built from."""
    parameters = dict(list(inspect.signature(cls.__init__).parameters.items())[2:])
    return {name: p for name, p in parameters.items() if p.default is not inspect.Parameter.empty}


def check_arguments(cls: type[Method], params: Mapping[str, Any]) -> None:
    """Refuse an argument that the constructor of ``cls`` does not take, naming those it does."""
    known = [name for name in inspect.signature(cls.__init__).parameters if name not in ("self", "network")]
    for name in params:
        if name not in known:
            raise InputError(f"{cls.title} takes no argument {name!r}; it takes: {', '.join(known) or 'none'}.")
