"""Every setting of a run, as the person gave it and as it was completed: what repeats the run."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from platform import platform, python_version
from typing import Any, Literal

Task = Literal["classification", "regression"]
PACKAGES = (
    "acclimate",
    "torch",
    "torchvision",
    "timm",
    "transformers",
    "peft",
    "lightning-fabric",
    "numpy",
    "scikit-learn",
    "pandas",
    "pillow",
)


@dataclass(frozen=True)
class Configuration:
    """What was asked for. ``None`` means "the default for this kind of data", which `complete` fills in.

    Attributes:
        source: Where the labelled domains are.
        target: Where the unlabelled domain is.
        task: Kind of label.
        methods: Keys of the candidates to train; source-only is always among them.
        select: The rule of choice: ``"guard"``, a validator's key, ``"consensus"``, ``"ensemble"`` or ``"oracle"``.
        caution: Of the guard: ``"safer"``, ``"balanced"`` or ``"bolder"``.
        labeled: Where some labelled target rows are, for a paired test.
        distill: Make one network of several chosen candidates.
        backbone: A timm or torchvision name, ``"small_cnn"``, ``"signal_cnn"``, ``"mlp"`` or ``"own"``; of texts, the
            name or folder of a transformers model.
        weights: ``"default"`` (pretrained), ``"none"`` (random) or a file.
        finetune: Train the backbone too; otherwise it is run once, frozen.
        flip: Mirror images in training, from left to right.
        steps: Optimisation steps of each candidate that is trained in steps.
        batch_size: Rows per step and domain.
        label_column: Column of a table that holds the labels.
        text: Column of a table that is read as texts.
        max_length: Tokens of a text that are read.
        lora: Rank of low-rank adapters in a text encoder, which are then trained in its place.
        strict: A file that cannot be read is an error instead of being left out.
        seed: Of the hold-out, the weights, the order of rows, augmentation and the bootstrap.
        devices: Processes, one device each.
        accelerator: ``"auto"``, ``"cpu"``, ``"gpu"``.
    """

    source: tuple[str, ...]
    target: str
    task: Task = "classification"
    methods: tuple[str, ...] | None = None
    select: str | None = None
    caution: str = "balanced"
    labeled: str | None = None
    distill: bool = False
    backbone: str | None = None
    weights: str | None = None
    finetune: bool | None = None
    flip: bool | None = None
    steps: int | None = None
    batch_size: int | None = None
    label_column: str | None = None
    text: str | None = None
    max_length: int | None = None
    lora: int | None = None
    strict: bool = False
    seed: int = 0
    devices: int = 1
    accelerator: str = "auto"

    def to_json(self) -> dict[str, Any]:
        """The settings as JSON values."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}


def versions() -> dict[str, str]:
    """Versions of Python, the platform and the packages that decide a result; those not installed are left out."""
    found = {"python": python_version(), "platform": platform()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
