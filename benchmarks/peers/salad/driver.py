"""salad's solvers: one step on a batch that is ready, with the optimisers that all sides of the comparison have.

A solver is built by salad and then told which optimisers to use. torch-salad is of 2018; what its models need beyond
ours (two outputs, the parameters of a domain) is here, and none of its files is changed.
"""

from __future__ import annotations

import contextlib
import copy
import io
import itertools
import tempfile
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import torch
from salad import solver as salad  # type: ignore[import-not-found]
from salad.optim import JointOptimizer  # type: ignore[import-not-found]
from torch import Tensor, nn

from benchmarks import nets
from benchmarks.peers.serve import serve

warnings.simplefilter("ignore")  # it asks for size_average and reduce, and makes tensors of tensors

Make = Callable[[Any], torch.optim.Optimizer]


class Model(nn.Module):
    """A network as salad wants it: features and logits of a batch, whose domain it is also told."""

    def __init__(self, features: nn.Module, classifier: nn.Module) -> None:
        super().__init__()
        self.features, self.classifier = features, classifier

    def forward(self, x: Tensor, domain: int = 0) -> tuple[Tensor, Tensor]:
        """Features and logits; no layer belongs to a domain."""
        features = self.features(x)
        return features, self.classifier(features)

    def parameters(self, recurse: Any = True) -> Iterator[nn.Parameter]:
        """All of them, also where it asks for those of one domain."""
        return super().parameters()


def make_step(method: str, net: nets.NetName, optimizer: nets.OptimizerName) -> Callable[[], object]:
    """A step of ``method`` on network ``net``."""
    torch.manual_seed(0)
    parts, make = nets.build(net), nets.OPTIMIZERS[optimizer]
    with contextlib.redirect_stdout(io.StringIO()):  # it prints what it registers, where answers are written
        solver = BUILDERS[method](parts)
    use_optimizers(solver, make)
    batch = target_views(net) if method == "self_ensembling" else domains(net)
    return lambda: solver._step(batch)


def use_optimizers(solver: Any, make: Make) -> None:
    """Put those of ``make`` in the place of its own Adam; an average of weights stays."""
    made: dict[Any, Any] = {}

    def remade(optimizer: Any) -> Any:
        if isinstance(optimizer, JointOptimizer):
            optimizer.optims = tuple(map(remade, optimizer.optims))
            return optimizer
        if not isinstance(optimizer, torch.optim.Optimizer):
            return optimizer
        if optimizer not in made:
            made[optimizer] = make([p for group in optimizer.param_groups for p in group["params"]])
        return made[optimizer]

    keyed = (solver.retain_graph, solver.agg_loss, solver.optim_name, solver.optim_steps)
    before = list(solver.optims)
    solver.optims = [remade(optimizer) for optimizer in before]
    for table, (old, new) in itertools.product(keyed, zip(before, solver.optims, strict=True)):
        table[new] = table[old]


def domains(net: nets.NetName) -> list[list[Tensor]]:
    """Rows and labels of both domains: it scores the target's too."""
    x_s, x_t = (nets.random_inputs(net, nets.BATCH, seed) for seed in (0, 1))
    y_s, y_t = (torch.randint(nets.NUM_CLASSES, (nets.BATCH,)) for _ in range(2))
    return [[x_s, y_s], [x_t, y_t]]


def target_views(net: nets.NetName) -> list[list[Tensor]]:
    """The same with the target in two views."""
    source, (x_t, y_t) = domains(net)
    return [source, [x_t, nets.random_inputs(net, nets.BATCH, seed=2), y_t]]


def model(parts: nets.Parts) -> Model:
    """Backbone and head."""
    return Model(parts.backbone, parts.head)


def dropped(parts: nets.Parts) -> Model:
    """With dropout in front of the head, without which two passes of it are the same."""
    return Model(parts.backbone, nn.Sequential(nn.Dropout(0.5), parts.head))


def plain(kind: str, **options: Any) -> Callable[[nets.Parts], Any]:
    """A solver that takes a model alone."""
    return lambda parts: getattr(salad, kind)(model(parts), dataset=None, savedir=logs(), **options)


def adversarial(kind: str, **options: Any) -> Callable[[nets.Parts], Any]:
    """A solver that takes a discriminator too."""

    def build(parts: nets.Parts) -> Any:
        return getattr(salad, kind)(model(parts), parts.discriminator, dataset=None, savedir=logs(), **options)

    return build


def self_ensembling(parts: nets.Parts) -> Any:
    """The teacher is a copy."""
    student = model(parts)
    return salad.SelfEnsemblingSolver(student, copy.deepcopy(student), dataset=None, learningrate=3e-4, savedir=logs())


def adr(parts: nets.Parts) -> Any:
    """Three steps, the last four times."""
    return salad.AdversarialDropoutSolver(dropped(parts), dataset=None, savedir=logs())


def logs() -> str:
    """Where it makes a folder for logs that no step writes."""
    return tempfile.mkdtemp(prefix="salad-")


BUILDERS: dict[str, Callable[[nets.Parts], Any]] = {
    "alternating_dann": adversarial("DANNSolver", learningrate=3e-4),
    "vada": adversarial("VADASolver", learningrate=3e-4),
    "associative": plain("AssociativeSolver", learningrate=3e-4),
    "deep_coral": plain("DeepCoralSolver"),
    "log_coral": plain("DeepLogCoralSolver"),
    "self_ensembling": self_ensembling,
    "adr": adr,
}

if __name__ == "__main__":
    serve(make_step)
