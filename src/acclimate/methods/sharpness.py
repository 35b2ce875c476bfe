"""Sharpness-aware minimisation: parameters moved to where the source's supervised loss is worst nearby."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from acclimate.losses import ascent_step, cross_entropy_loss
from acclimate.methods.alignment import BatchNorm
from acclimate.methods.base import Encoded, Method, encoded_rows, inputs_of, labels_of
from acclimate.nn import encode_with, mean_over_processes, world_size
from acclimate.types import Sample

Parameters = dict[str, Tensor]


def sharpest_parameters(
    method: Method, source: Sample, target: Sample, batch_norm: BatchNorm, radius: float
) -> Parameters:
    """The network's trained parameters plus the change of norm ``radius`` that raises the source's loss most.

    Args:
        method: Its network is called once more, and no running statistic learns of it.
        source: Rows with labels.
        target: Rows that are normalised together with them where batch norm is joint.
        batch_norm: "joint" or "separate".
        radius: Norm of the change of all parameters together.

    Returns:
        By name; the change is a constant, so that gradients at the moved parameters are those of the parameters.
    """
    network, (xs, y) = method.network, (inputs_of(source, "source"), labels_of(source, "source"))
    x = xs if batch_norm == "separate" else torch.cat([xs, inputs_of(target, "target")])
    trained = {name: p for name, p in network.named_parameters() if p.requires_grad}

    def supervised(parameters: Parameters) -> Tensor:
        buffers = {name: buffer.clone() for name, buffer in network.named_buffers()}
        logits = encode_with(network, {**buffers, **parameters}, x)[1][: len(xs)]
        return cross_entropy_loss(method.gather(logits), method.gather(y))

    return _ascended(trained, _gradients(supervised, trained), radius) if trained else {}


def encode_domains_with(
    method: Method, parameters: Mapping[str, Tensor], source: Sample, target: Sample, batch_norm: BatchNorm
) -> tuple[Encoded, Encoded]:
    """Both domains through the network with these parameters in place of its own."""
    rows = [inputs_of(source, "source"), inputs_of(target, "target")]
    passes = rows if batch_norm == "separate" else [torch.cat(rows)]
    found = zip(*(encode_with(method.network, parameters, x) for x in passes), strict=True)
    (fs, ft), (zs, zt) = (torch.split(torch.cat(part), [len(x) for x in rows]) for part in found)
    return encoded_rows(source, fs, zs, "source"), encoded_rows(target, ft, zt, "target")


def _ascended(parameters: Mapping[str, Tensor], gradients: list[Tensor], radius: float) -> Parameters:
    """A loss of gathered rows gives each process its own share of the gradient, as many times as there are processes:
    the mean is that of the joined batch, the same everywhere."""
    flat = mean_over_processes(torch.cat([g.flatten() for g in gradients]))
    whole = [g.view_as(p) for g, p in zip(torch.split(flat, [g.numel() for g in gradients]), gradients, strict=True)]
    return {n: p + e for (n, p), e in zip(parameters.items(), ascent_step(whole, radius), strict=True)}


def _gradients(function: Callable[[Parameters], Tensor], parameters: Mapping[str, Tensor]) -> list[Tensor]:
    """Of a scalar function of constants with these values: no hook of DDP hears of it."""
    constants = {name: p.detach() for name, p in parameters.items()}
    if torch.compiler.is_compiling() and world_size() == 1:  # the form that its tracer knows; it knows no processes
        return [g.detach() for g in torch.func.grad(function)(constants).values()]
    with torch.enable_grad():
        leaves = [p.requires_grad_() for p in constants.values()]
        return list(torch.autograd.grad(function(constants), leaves, materialize_grads=True))
