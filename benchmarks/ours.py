"""Steps of ours through ``fit``, timed from one step's beginning to the next's: streams, schedule and logs included."""

from __future__ import annotations

import itertools
import time

import torch
from torch import nn

from acclimate.data.rows import TensorRows
from acclimate.data.streams import Stream, Streams
from acclimate.methods import CDAN, DANN, MCD, Method
from acclimate.nn import Classifier, RandomizedMultilinearMap, reset_copy
from acclimate.training import fit
from benchmarks import nets

NUM_ROWS = 512  # of each domain
COMBINED = 1024  # width of CDAN's random map, as the peer has it


def streams(net: nets.NetName) -> Streams:
    """A labelled source and an unlabelled target of noise, in memory."""
    y = torch.randint(nets.NUM_CLASSES, (NUM_ROWS,), generator=torch.Generator().manual_seed(2))
    source, target = (nets.random_inputs(net, NUM_ROWS, seed) for seed in (0, 1))
    return Streams(source=Stream(TensorRows(source, y), nets.BATCH), target=Stream(TensorRows(target), nets.BATCH))


def method(key: str, net: nets.NetName) -> Method:
    """DANN, CDAN or MCD on network ``net``, its parts those that the others have."""
    torch.manual_seed(0)
    parts = nets.build(net)
    network = Classifier(parts.backbone, parts.head, num_features=parts.backbone.num_features)
    if key == "dann":
        return DANN(network, parts.discriminator)
    if key == "cdan":
        joint_map = RandomizedMultilinearMap(network.num_features, nets.NUM_CLASSES, COMBINED)
        return CDAN(network, nets.discriminator(COMBINED), joint_map)
    return MCD(network, reset_copy(parts.head))


def step_seconds(key: str, net: nets.NetName, optimizer: nets.OptimizerName, steps: int) -> list[float]:
    """Seconds of each step of one call of ``fit``, the first left out."""
    trained, data = method(key, net), streams(net)
    starts = _StepStarts(trained)
    fit(trained, data, steps=steps + 2, optimizer=nets.OPTIMIZERS[optimizer], accelerator="cpu", progress_bar=False)
    return [later - earlier for earlier, later in itertools.pairwise(starts.seconds)][1:]


class _StepStarts:
    """The clock at the first phase of every step."""

    def __init__(self, trained: Method) -> None:
        self.seconds: list[float] = []
        self._calls = 0
        self._calls_per_step = len(trained.sequence)
        trained.register_forward_pre_hook(self._called)

    def _called(self, module: nn.Module, inputs: object) -> None:
        if self._calls % self._calls_per_step == 0:
            self.seconds.append(time.process_time())
        self._calls += 1
