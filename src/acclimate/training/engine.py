"""Where a method runs: device, precision and processes, by Lightning Fabric."""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
import torch.distributed as dist
from lightning_fabric import Fabric
from lightning_fabric.plugins.environments.slurm import SLURMEnvironment
from lightning_fabric.plugins.environments.torchelastic import TorchElasticEnvironment
from lightning_fabric.strategies.ddp import DDPStrategy
from torch import Tensor, nn
from torch.amp.grad_scaler import GradScaler
from torch.nn.parallel import DistributedDataParallel

from acclimate.data.streams import Streams
from acclimate.errors import InputError
from acclimate.methods.base import Method
from acclimate.nn import convert_sync_batch_norm
from acclimate.training.plan import Plan
from acclimate.training.step import Batch
from acclimate.types import Sample

SYNC_BUFFERS = (  # torch 2.14 renamed it
    "forward_sync_buffers"
    if "forward_sync_buffers" in inspect.signature(DistributedDataParallel).parameters
    else "broadcast_buffers"
)


def existing_processes() -> tuple[int, int] | None:
    """Processes on each machine, and machines, where torchrun or SLURM has started several; else ``None``."""
    if TorchElasticEnvironment.detect():
        local, world = int(os.environ["LOCAL_WORLD_SIZE"]), int(os.environ["WORLD_SIZE"])
    elif SLURMEnvironment.detect():
        world = int(os.environ["SLURM_NTASKS"])
        local = world // int(os.environ.get("SLURM_NNODES", "1"))
    else:
        return None
    return (local, world // local) if world > 1 else None


def make_fabric(plan: Plan, *, several_phases: bool) -> Fabric:
    """Fabric for the processes that exist, or for those that ``plan.devices`` asks it to start.

    Raises:
        InputError: If this machine has no such devices.
    """
    existing = existing_processes()
    local, machines = existing or (plan.devices, 1)
    strategy: Any = "auto"
    if local * machines > 1:
        options: dict[str, Any] = {
            "start_method": "popen" if existing else "spawn",
            "find_unused_parameters": several_phases,  # a phase may leave parameters alone; searching costs a little
            SYNC_BUFFERS: False,  # they are equal already: statistics are synchronised, rows gathered
        }
        strategy = DDPStrategy(**options)
    try:
        return Fabric(
            accelerator=plan.accelerator, devices=local, num_nodes=machines, strategy=strategy, precision=plan.precision
        )
    except Exception as error:
        raise InputError(f"Cannot use {local} device(s) of kind '{plan.accelerator}' here: {error}") from error


class Engine:
    """One process's part in a run.

    What is called in a step is the bare method, compiled or wrapped by DDP where asked for: Fabric's own wrapper
    walks over all inputs and outputs of every call, which on a small network costs more than the optimizer.

    Args:
        fabric: Launched.
        method: Is moved to the device; with several processes, its batch norms are synchronised.
        plan: What was asked for.

    Attributes:
        run: What to call in place of ``method``.
        autocast: Around forward passes.
        scaler: For float16, else ``None``.
    """

    def __init__(self, fabric: Fabric, method: Method, plan: Plan) -> None:
        strategy = fabric.strategy
        self.device, self.rank, self.world_size = fabric.device, fabric.global_rank, fabric.world_size
        if self.world_size > 1:
            _join_batches(method)
        strategy.module_to_device(method)
        self.run: nn.Module = strategy.setup_module(_compiled(method) if plan.compile else method)
        precise = plan.precision == "32-true"
        self.autocast: AbstractContextManager[object] = (
            nullcontext() if precise else strategy.precision.forward_context()
        )
        self.scaler: GradScaler | None = getattr(strategy.precision, "scaler", None)

    def batches(self, streams: Streams, start: int) -> Iterator[Batch]:
        """This process's share of every batch from number ``start`` on, on its device."""
        on_gpu = self.device.type == "cuda"
        batches = streams.batches(start, self.rank, self.world_size, pin_memory=on_gpu)
        if self.device.type == "cpu":
            return batches
        return ({name: _moved(sample, self.device) for name, sample in batch.items()} for batch in batches)

    def average(self, values: Tensor) -> Tensor:
        """Mean over the processes."""
        if self.world_size > 1:
            dist.all_reduce(values)
            values = values / self.world_size
        return values

    def any(self, flag: bool) -> bool:
        """Whether the flag is set in any process."""
        return bool(self.average(torch.tensor(float(flag), device=self.device)) > 0)

    def gather(self, item: Any) -> list[Any]:
        """The item of every process, in the order of ranks."""
        if self.world_size == 1:
            return [item]
        items = [None] * self.world_size
        dist.all_gather_object(items, item)
        return items


def _join_batches(method: Method) -> None:
    convert_sync_batch_norm(method)
    for part in method.modules():
        if isinstance(part, Method):
            part.equal_shards = True  # streams deliver equal shares, so gathering need not exchange sizes first


def _compiled(method: Method) -> nn.Module:
    compiled: nn.Module = torch.compile(method)  # type: ignore[assignment]
    return compiled


def _moved(sample: Sample, device: torch.device) -> Sample:
    x = tuple(_move(view, device) for view in sample.x) if isinstance(sample.x, tuple) else _move(sample.x, device)
    return Sample(x, *(None if part is None else _move(part, device) for part in sample[1:]))


def _move(tensor: Tensor, device: torch.device) -> Tensor:
    """To the device, without waiting where that is a GPU: only page-locked memory can be copied behind one's back."""
    if tensor.device == device:
        return tensor
    if device.type == "cuda" and not tensor.is_cuda:
        tensor = tensor if tensor.is_pinned() else tensor.pin_memory()
    return tensor.to(device, non_blocking=True)
