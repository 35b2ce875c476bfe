"""One strategy from the pretrained network to the fine-tuned one."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.optim import AdamW

from acclimate.data.streams import Stream, Streams
from acclimate.errors import InputError
from acclimate.estimators import LinearHead
from acclimate.methods import Method
from acclimate.nn import (
    Classifier,
    NearestRows,
    add_lora,
    add_scale_shift,
    add_visual_prompts,
    merge_lora,
    merge_scale_shift,
    parameter_count,
)
from acclimate.training import cosine, finetune, warm_up
from acclimate.training.strategies import Strategy
from acclimate.weights import wise_ft
from acclimate.workflow.finetuning.recipes import LP_FT, Recipe
from acclimate.workflow.finetuning.setup import Setup
from acclimate.workflow.linear_layer import linear_layer
from acclimate.workflow.members import NetworkMember
from acclimate.workflow.networks import feature_width, make_method

PROMPTS = 10  # in front of every block
WEIGHT_DECAY = 0.01  # AdamW's own default
DEAD = 1e-6  # of the largest standard deviation of a feature
CHECKPOINTS = 10  # in one strategy's training
ADD: dict[str, Callable[[nn.Module], nn.Module]] = {
    "lora": add_lora,
    "ssf": add_scale_shift,
    "vpt": partial(add_visual_prompts, count=PROMPTS),
}
MERGE = {"lora": merge_lora, "ssf": merge_scale_shift}  # tokens cannot go into weights: they stay


@dataclass(frozen=True)
class Learned:
    """What a strategy leaves.

    Attributes:
        member: The network, ready to predict.
        trainable: Parameters that were trained.
        stored: Bytes of what differs from the pretrained network: what a further task costs on disk.
        seconds: Of learning, features included.
    """

    member: NetworkMember
    trainable: int
    stored: int
    seconds: float


class Learner:
    """Learns by one strategy after another.

    Args:
        setup: What they share.
        show: Show progress.
    """

    def __init__(self, setup: Setup, show: bool) -> None:
        self.setup, self.show = setup, show

    def learn(self, recipe: Recipe, folder: Path, tuned: Callable[[str], NetworkMember]) -> Learned:
        """Learn by one strategy.

        Args:
            recipe: Which.
            folder: Of its checkpoints; what an interrupted run left there is taken up.
            tuned: Gives the network of a strategy that is done.

        Raises:
            DivergedError: A loss became infinite or not a number.
        """
        start = time.monotonic()
        learn = {"probe": self._probe, "neighbours": self._neighbours, "trained": self._trained}
        spec, method, trainable, stored = (
            self._averaged(recipe, tuned) if recipe.kind == "averaged" else learn[recipe.kind](recipe, folder)
        )
        member = NetworkMember(recipe.key, spec, method)
        return Learned(member, trainable, stored, round(time.monotonic() - start, 2))

    def check(self, recipes: Sequence[Recipe]) -> None:
        """Plan every strategy without training.

        Raises:
            InputError: One finds nothing to train in this network, or is not for such data.
        """
        network, kind = self.setup.network(), self.setup.parts.train.kind
        for recipe in recipes:
            if recipe.adapters == "vpt" and kind == "texts":
                raise InputError("--strategy vpt is for vision transformers; for texts take lora or bitfit.")
            fresh = self.setup.network() if recipe.adapters else network  # for adapters stay in
            if recipe.adapters:
                ADD[recipe.adapters](fresh.backbone)
            if recipe.adapters == "vpt":  # which some transformers take and then cannot run
                feature_width(
                    fresh.backbone, self.setup.parts.train.subset(np.arange(2)).rows(self.setup.preprocessing)
                )
            if recipe.plan is not None:
                recipe.plan(fresh)

    @cached_property
    def features(self) -> tuple[Tensor, Tensor]:
        """Frozen features of the rows to train on, (n, d), and their classes, (n,)."""
        found = self.setup.features(self.setup.parts.train, self.show)
        return torch.from_numpy(np.asarray(found.x)), torch.from_numpy(np.asarray(found.labels))

    @cached_property
    def head(self) -> nn.Linear:
        """The linear probe: logistic regression by L-BFGS, its strength chosen by cross-validation."""
        x, y = self.features
        head = LinearHead("source", random_state=self.setup.seed)
        return linear_layer(head.fit(without_dead(x).numpy(), y.numpy()))

    def _probe(self, recipe: Recipe, folder: Path) -> tuple[dict[str, Any], Method, int, int]:
        method = self._method()
        method.network.head.load_state_dict(self.head.state_dict())
        return self.setup.spec, method, parameter_count(self.head), _bytes(self.head.state_dict().values())

    def _neighbours(self, recipe: Recipe, folder: Path) -> tuple[dict[str, Any], Method, int, int]:
        x, y = self.features
        spec = {**self.setup.spec, "neighbours": len(x)}
        method = make_method(spec, self.setup.own)
        method.network.head = NearestRows(x, y, len(self.setup.parts.classes))
        return spec, method, 0, _bytes(method.network.head.state_dict().values())

    def _trained(self, recipe: Recipe, folder: Path) -> tuple[dict[str, Any], Method, int, int]:
        method, setup = self._method(), self.setup
        network = method.network
        before = {name: value.clone() for name, value in network.backbone.state_dict().items()}
        if recipe.from_probe:
            network.head.load_state_dict(self.head.state_dict())
            network.keeps_statistics = True  # which the probe was fitted behind
        if recipe.adapters:
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(setup.seed)
                ADD[recipe.adapters](network.backbone)
        assert recipe.plan is not None
        trainable = _trainable(recipe.plan, network)
        rows = setup.parts.train.rows(setup.preprocessing, train=True, seed=setup.seed)
        finetune(
            method,
            recipe.plan,
            Streams(labeled=Stream(rows, setup.batch_size, seed=setup.seed)),
            optimizer=partial(AdamW, lr=rate_for(recipe, network), weight_decay=WEIGHT_DECAY),
            schedule=warm_up(cosine()),
            out=folder,
            **self._fit_arguments(),
        )
        network.keeps_statistics = False
        stored = _stored(before, network)
        if recipe.adapters in MERGE:
            MERGE[recipe.adapters](network.backbone)
        spec = {**setup.spec, "prompts": PROMPTS} if recipe.adapters == "vpt" else setup.spec
        return spec, method, trainable, stored

    def _averaged(
        self, recipe: Recipe, tuned: Callable[[str], NetworkMember]
    ) -> tuple[dict[str, Any], Method, int, int]:
        """Between the pretrained network with the probe's head and LP-FT, which started there.

        Running statistics of batch norm, which both have from the pretrained network, are not taken anew from the rows:
        the head was fitted to features behind them.
        """
        method, end = self._method(), tuned(LP_FT).method.network
        network = method.network
        before = {name: value.clone() for name, value in network.backbone.state_dict().items()}
        network.head.load_state_dict(self.head.state_dict())
        network.load_state_dict(wise_ft(network.state_dict(), end.cpu().state_dict(), recipe.share))
        return self.setup.spec, method, parameter_count(network), _stored(before, network)

    def _method(self) -> Method:
        return make_method(self.setup.spec, self.setup.own)

    def _fit_arguments(self) -> dict[str, Any]:
        steps = self.setup.steps
        return {
            "steps": steps,
            "seed": self.setup.seed,
            "resume": True,
            "checkpoint_every": max(steps // CHECKPOINTS, 1),
            "log_every": max(steps // 100, 1),
            "progress_bar": self.show,
        }


def without_dead(x: Tensor) -> Tensor:
    """Features, (n, d), with 0 for those that vary by less than a millionth of what the liveliest does.

    Some encoders have such, behind a layer norm whose scale was driven to 1e-32. A head that standardises would give
    them weights of 1e27, harmless where nothing moves, and infinite at the first step of fine-tuning.
    """
    spread = x.double().std(dim=0, correction=0)
    return torch.where(spread > DEAD * spread.max(), x, 0.0)


def rate_for(recipe: Recipe, network: nn.Module) -> float:
    """Of the backbone: a third where there is no batch norm, as in transformers, which bear less."""
    return recipe.rate if any(isinstance(m, _BatchNorm) for m in network.modules()) else recipe.rate / 3


def _trainable(plan: Strategy, network: Classifier) -> int:
    """Parameters that any stage trains."""
    names = {name for stage in plan(network) for name in stage.factors}
    return sum(p.numel() for name, p in network.named_parameters() if name in names)


def _stored(before: Mapping[str, Tensor], network: Classifier) -> int:
    """Bytes of the head and of what is not as it was in the backbone, running statistics included."""
    after = network.backbone.state_dict()
    changed = {
        v.data_ptr(): v for name, v in after.items() if not _is_same(before.get(name, before.get(_plain(name))), v)
    }  # shared: once
    return _bytes(changed.values()) + _bytes(network.head.state_dict().values())


def _plain(name: str) -> str:
    """A frozen weight's own name, whatever was put around it."""
    plain = name.replace(".base_layer", "").replace("parametrizations.", "").replace(".block.", ".")
    return plain.removesuffix(".original")


def _is_same(before: Tensor | None, after: Tensor) -> bool:
    return before is not None and torch.equal(before, after.cpu())


def _bytes(values: Any) -> int:
    return sum(int(value.nbytes) for value in values)
