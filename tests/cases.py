"""One row per method: the conformance suite (test_conformance_methods.py) does the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from acclimate.methods import METHODS, Method, build
from acclimate.nn import Classifier, MemoryBank, RandomizedMultilinearMap
from acclimate.types import Sample, Step

NUM_INPUTS, NUM_FEATURES, NUM_CLASSES = 8, 16, 3
IMAGE = (2, 6, 6)


def network(num_outputs: int = NUM_CLASSES) -> Classifier:
    """A small network with batch norm in backbone and head, and dropout. (A bias in front of batch norm has no effect
    and so no gradient: there is none.)
    """
    backbone = nn.Sequential(
        nn.Linear(NUM_INPUTS, NUM_FEATURES, bias=False), nn.BatchNorm1d(NUM_FEATURES), nn.ReLU(), nn.Dropout(0.1)
    )
    head = nn.Sequential(
        nn.Linear(NUM_FEATURES, 8, bias=False), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, num_outputs)
    )
    return Classifier(backbone, head)


def image_network(num_outputs: int = NUM_CLASSES) -> Classifier:
    """The same for pictures."""
    convolution = nn.Conv2d(IMAGE[0], NUM_FEATURES, 3, bias=False)
    backbone = nn.Sequential(
        convolution, nn.BatchNorm2d(NUM_FEATURES), nn.ReLU(), nn.Dropout(0.1), nn.AdaptiveAvgPool2d(1), nn.Flatten()
    )
    return Classifier(backbone, network(num_outputs).head)


@dataclass(frozen=True)
class Case:
    """A method as the suite builds it.

    Attributes:
        key: Its name in the registry, or several joined by "+".
        note: Tells apart the rows of one method.
        params: Arguments that are not the defaults.
        parts: Modules of one's own, by argument name, made anew for each method.
        predicts_with_network: `predict` is the network itself; else the method's own tests say what it is.
        images: Its rows are pictures, not vectors.
    """

    key: str
    note: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    parts: Callable[[], Mapping[str, nn.Module]] = dict
    predicts_with_network: bool = True
    images: bool = False

    def __str__(self) -> str:
        return f"{self.key} {self.note}".strip()

    def build(self, num_outputs: int = NUM_CLASSES, **params: Any) -> Method:
        """On a network of its own, or on the `network` among `params`."""
        net = params.pop("network", None) or (image_network if self.images else network)(num_outputs)
        return build(self.key, net, num_outputs, **{**self.params, **self.parts(), **params})

    @property
    def classes(self) -> list[type[Method]]:
        return [METHODS[key] for key in self.key.split("+")]


def random_map() -> Mapping[str, nn.Module]:
    return {"joint_map": RandomizedMultilinearMap(NUM_FEATURES, NUM_CLASSES, width=32)}


CASES = [
    Case("source_only"),
    Case("dann"),
    Case("cdan"),
    Case("cdan", "with entropy", {"entropy": True}),
    Case("cdan", "with a random map", parts=random_map),
    Case("deep_coral"),
    Case("dan"),
    Case("mcc"),
    Case("mcd", predicts_with_network=False),
    Case("bnm"),
    Case("fbnm"),
    Case("bsp"),
    Case("dann+bsp"),
    Case("afn"),
    Case("entropy"),
    Case("diversity"),
    Case("im"),
    Case("ist"),
    Case("log_coral"),
    Case("associative"),
    Case("jan"),
    Case("jan", "adversarial", {"adversarial": True}),
    Case("dann+mcc"),
    Case("dann", "with entropy", {"entropy": True}),
    Case("alternating_dann"),
    Case("domain_confusion"),
    Case("adda", predicts_with_network=False),
    Case("vat"),
    Case("vat", "separate", {"batch_norm": "separate"}),
    Case("dann+vat"),
    Case("vada"),
    Case("dirt_t"),
    Case("adabn"),
    Case("dsbn"),
    Case("dsbn", "second stage", parts=lambda: {"teacher": network()}),
    Case("dsbn+dann"),
    Case("mdd"),
    Case("mdd", "separate", {"batch_norm": "separate"}),
    Case("swd", predicts_with_network=False),
    Case("star"),
    Case("adr"),
    Case("symnets"),
    Case("symnets", "joint", {"batch_norm": "joint"}),
    Case("symnets+mcc"),
    Case("gvb", predicts_with_network=False),
    Case("gvb", "with entropy", {"entropy": True}, predicts_with_network=False),
    Case("star+bnm"),
    Case("dann+mdd"),
    Case("rtn"),
    Case("rtn", "separate", {"batch_norm": "separate"}),
    Case("fda", images=True),
    Case("self_ensembling", params={"threshold": 0.3}, predicts_with_network=False),
    Case("self_ensembling+mcc", predicts_with_network=False),
    Case("fixmatch", params={"threshold": 0.3}),
    Case("fixmatch", "joint", {"threshold": 0.3, "batch_norm": "joint"}),
    Case("adamatch"),
    Case("adamatch+mcc"),
    Case("cc_loss", params={"threshold": 0.3}),
    Case("cc_loss", "separate", {"threshold": 0.3, "batch_norm": "separate"}),
    Case("atdoc"),
    Case("atdoc", "small bank", parts=lambda: {"bank": MemoryBank(NUM_FEATURES, NUM_CLASSES, size=16)}),
    Case("dann+atdoc"),
    Case("atdoc_nc"),
    Case("dsan"),
    Case("mstn"),
    Case("mstn", "joint", {"batch_norm": "joint"}),
    Case("dsbn+mstn"),
    Case("daln"),
    Case("daln", "separate", {"batch_norm": "separate"}),
    Case("dann+daln"),
    Case("mada"),
    Case("mada+bnm"),
    Case("deep_jdot"),
    Case("deep_jdot", "heavy", {"weight_features": 0.1, "weight_labels": 1.0, "batch_norm": "separate"}),
    Case("wdgrl"),
    Case("wdgrl+mcc"),
    Case("jumbot"),
    Case("jumbot", "of digits", {"weight_features": 0.1, "weight_labels": 0.1, "entropy": 0.1, "marginal": 1.0}),
    Case("dann+jumbot"),
    Case("can"),
    Case("can+mcc"),
    Case("cst"),
    Case("cst", "plain entropy", {"balanced": False, "alpha": 1.2, "batch_norm": "separate"}),
    Case("fixmatch+cst"),
    Case("fda+dann", images=True),
    Case("sdat"),
    Case("sdat", "separate, with entropy", {"batch_norm": "separate", "entropy": True}),
    Case("sdat+mcc"),
    Case("mic"),
    Case("mic", "pictures", images=True),
    Case("cdan+mic"),
    Case("drcn"),
    Case("drcn", "pictures without noise", {"noise": 0.0}, images=True),
    Case("dann+drcn"),
    Case("dsn"),
    Case("dsn", "pictures, mmd", {"similarity": "mmd", "batch_norm": "separate"}, images=True),
    Case("dsn+mcc"),
    Case("finetuning"),
    Case("l2_sp"),
    Case("delta"),
    Case("delta", "pictures", images=True),
    Case("bss"),
    Case("stoch_norm"),
    Case("co_tuning"),
    Case("bi_tuning", params={"temperature": 1.0}),
    Case("lwf"),
    Case("kd", params={"share": 0.1}),
    Case("ewc", params={"weight": 0.1}),
    Case("r3f", params={"scale": 0.1}),
    Case("r3f", "normal", {"scale": 0.1, "noise": "normal"}),
    Case("mixout"),
    Case("b_tuning"),
    Case("mixout", "pictures, each weight", {"unit": "weight", "p": 0.5}, images=True),
]


def batch(method: Method, n: int = 12, m: int = 10, seed: int = 0) -> dict[str, Sample]:
    """One batch of the method's streams: n rows of each stream with labels, m of each without, shifted."""
    generator = torch.Generator().manual_seed(seed)
    made = {
        "source": Sample(inputs(n, method, generator), _labels(n, generator)),
        "target": Sample(1.5 * inputs(m, method, generator) + 0.5),
    }
    made["labeled"] = made["source"]
    return {name: made[name] for name in method.stream_names}


def inputs(rows: int, method: Method, generator: torch.Generator | None = None) -> torch.Tensor:
    """Standard normal rows of the shape that the method's network takes."""
    pictures = isinstance(next(iter(method.network.backbone.children()), None), nn.Conv2d)
    return torch.randn(rows, *(IMAGE if pictures else (NUM_INPUTS,)), generator=generator)


def _labels(n: int, generator: torch.Generator) -> torch.Tensor:
    return torch.randint(0, NUM_CLASSES, (n,), generator=generator)


def cast(streams: Mapping[str, Sample], dtype: torch.dtype) -> dict[str, Sample]:
    """The same batch with inputs of another type."""
    return {name: sample._replace(x=sample.x.to(dtype)) for name, sample in streams.items()}  # type: ignore[union-attr]


def phase_argument(method: Method, phase: str) -> dict[str, str]:
    """What forward takes beside the streams: `phase`, where there are several."""
    return {"phase": phase} if len(method.phases) > 1 else {}


def steps(method: Method, streams: Mapping[str, Sample]) -> dict[str, Step]:
    """One forward pass of every phase, each with the same random numbers whenever it is called."""
    return {phase: seeded(method)(**streams, **phase_argument(method, phase)) for phase in method.phases}


def seeded(run: Callable[..., Step]) -> Callable[..., Step]:
    """The same, drawing the same random numbers at every call."""

    def call(**arguments: Any) -> Step:
        torch.manual_seed(0)
        return run(**arguments)

    return call


def without_dropout(method: Method) -> Method:
    for module in method.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    return method


def optimizers_of(method: Method, lr: float = 0.1) -> dict[str, torch.optim.Optimizer]:
    return {phase: torch.optim.SGD(method.parameters_of(phase), lr) for phase in method.phases}


def train(
    method: Method, batches: list[dict[str, Sample]], run: nn.Module | None = None, lr: float = 0.1
) -> list[float]:
    """A few steps by hand, progress moving; gives each step's last total. `run`: the method, wrapped."""
    run = method if run is None else run
    optimizers, totals = optimizers_of(method, lr), []
    for step, streams in enumerate(batches):
        method.advance(step / len(batches))
        for phase in method.sequence:
            optimizers[phase].zero_grad()
            total = run(**streams, **phase_argument(method, phase)).total
            total.backward()
            optimizers[phase].step()
        method.after_step()
        totals.append(float(total.detach()))
    return totals


def backbone_rows(method: Method, streams: Mapping[str, Sample]) -> tuple[int, float]:
    """Calls of every network's backbone in one step, and forward units: 1 a row, 3 where a gradient goes back."""
    calls: list[tuple[int, bool]] = []

    def count(module: nn.Module, args: Any, output: torch.Tensor) -> None:
        calls.append((len(output), output.requires_grad))

    networks = [module for module in method.modules() if isinstance(module, Classifier)]
    hooks = [network.backbone.register_forward_hook(count) for network in networks]
    for phase in method.sequence:
        method(**streams, **phase_argument(method, phase))
    for hook in hooks:
        hook.remove()
    return len(calls), sum(rows * (3 if gradient else 1) for rows, gradient in calls)
