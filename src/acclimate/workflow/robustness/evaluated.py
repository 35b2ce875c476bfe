"""The classifier to evaluate: a network by name, or a model that a run left."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, nn

from acclimate.data import Preprocessing
from acclimate.errors import InputError
from acclimate.nn import Classifier, pretrained_classifier
from acclimate.nn.backbones import weights_fingerprint
from acclimate.types import Array
from acclimate.workflow.adapted_model import AdaptedModel
from acclimate.workflow.model_file import JSON
from acclimate.workflow.robustness.saved_network import network_of


@dataclass(frozen=True, eq=False)
class Evaluated:
    """A network and what it reads and says.

    Attributes:
        name: What it is called in the report.
        network: In evaluation mode.
        preprocessing: From images to its inputs.
        num_outputs: Logits.
        classes: Names of its classes in order, where they are known.
    """

    name: str
    network: Classifier
    preprocessing: Preprocessing
    num_outputs: int
    classes: tuple[str, ...] | None = None

    @property
    def fingerprint(self) -> str:
        """Of architecture and weights."""
        return weights_fingerprint(self.network)

    @property
    def pixels(self) -> Preprocessing:
        """From an image to the square that is corrupted: three channels, [0, 1], not normalised."""
        return replace(self.preprocessing, channels=3, mean=(0.0,), std=(1.0,), augmentation="none")

    @property
    def normalisation(self) -> Preprocessing:
        """From that square to the network's input."""
        return replace(self.preprocessing, resize=None, squash=False, augmentation="none")

    def restricted(self, outputs: Array) -> Evaluated:
        """The same with these outputs only, before any method sees it: it cannot err towards other classes."""
        head = _cut(self.network.head, torch.as_tensor(outputs))
        network = Classifier(
            self.network.backbone, head, self.network.bottleneck, num_features=self.network.num_features
        )
        classes = None if self.classes is None else tuple(self.classes[int(k)] for k in outputs)
        return replace(self, network=network.eval(), num_outputs=len(outputs), classes=classes)


class Selected(nn.Module):
    """Some of the outputs.

    Args:
        outputs: (k,) their numbers.
    """

    def __init__(self, outputs: Tensor) -> None:
        super().__init__()
        self.outputs: Tensor
        self.register_buffer("outputs", outputs)

    def forward(self, logits: Tensor) -> Tensor:
        """(n, c) to (n, k)."""
        return logits[:, self.outputs]


def _cut(head: nn.Module, outputs: Tensor) -> nn.Module:
    if not isinstance(head, nn.Linear):
        return nn.Sequential(head, Selected(outputs))
    cut = nn.Linear(head.in_features, len(outputs), bias=head.bias is not None)
    with torch.no_grad():
        cut.weight.copy_(head.weight[outputs])
        if head.bias is not None:
            cut.bias.copy_(head.bias[outputs])
    return cut


def read_model(model: str | Path | AdaptedModel | Evaluated, weights: str | Path | None = None) -> Evaluated:
    """The classifier that is meant.

    Args:
        model: A timm or torchvision name; the folder of a run of `acclimate adapt`; such a model; or any network with
            its preprocessing, as `Evaluated`.
        weights: For a name: ``"default"`` (pretrained) or a file. ``None``: ``"default"``.

    Raises:
        InputError: There is no such model, or it is no classifier of images.
    """
    if isinstance(model, Evaluated):
        return model
    if isinstance(model, AdaptedModel) or _is_saved(Path(model).expanduser()):
        if weights is not None:
            raise InputError(f"--weights {weights} is for an architecture; a saved model has its own: leave it out.")
        return _saved(model)
    return _by_name(str(model), weights or "default")


def _is_saved(path: Path) -> bool:
    if path.is_file():
        raise InputError(
            f"{path} is a file of weights, which does not tell its architecture; give --model NAME --weights {path}."
        )
    return path.is_dir() and any((path / place).exists() for place in (JSON, f"model/{JSON}"))


def _saved(model: str | Path | AdaptedModel) -> Evaluated:
    origin = "the model" if isinstance(model, AdaptedModel) else str(model)
    found = model if isinstance(model, AdaptedModel) else AdaptedModel.load(model)
    if not isinstance(found.preprocessing, Preprocessing) or found.task != "classification":
        raise InputError(f"{origin} is no classifier of images; corruptions are for those.")
    return Evaluated(
        f"{found.name} of {origin}",
        network_of(found, origin).eval(),
        found.preprocessing.without_augmentation(),
        len(found.classes),
        found.classes,
    )


def _by_name(name: str, weights: str | Path) -> Evaluated:
    if str(weights) == "none":
        raise InputError("--weights none gives a network that knows nothing; give 'default' or a file of weights.")
    network = pretrained_classifier(name, weights)
    preprocessing = Preprocessing.from_json(network.preprocessing)
    title = name if str(weights) == "default" else f"{name} with {Path(weights).name}"
    return Evaluated(title, network, preprocessing, network.num_outputs)
