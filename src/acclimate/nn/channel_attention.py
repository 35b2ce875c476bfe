"""How much each channel of a network matters, and distances between maps that heed it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import torch
from torch import Tensor, nn

from acclimate.types import Sample


def _channels_last(maps: Tensor) -> Tensor:
    return maps.movedim(1, -1) if maps.ndim > 3 else maps


class ChannelAttention(nn.Module):
    """Squared distances between two networks' maps, weighted by channel.

    Args:
        weights: One (c,) for each layer, each summing to one; default: every channel of every layer alike.
    """

    def __init__(self, weights: Sequence[Tensor] | None = None) -> None:
        super().__init__()
        self.measured = weights is not None
        for number, layer in enumerate(weights or ()):
            self.register_buffer(f"layer{number}", layer.detach().clone())

    def forward(self, now: Tensor, before: Tensor, layer: int) -> Tensor:
        """For each row, c times the weighted sum over channels of the mean over positions, (n,)."""
        wide = now.float() if now.dtype in (torch.float16, torch.bfloat16) else now
        squares = _channels_last((wide - before).square()).flatten(1, -2) if now.ndim > 2 else (wide - before).square()
        per_channel = squares.mean(1) if squares.ndim > 2 else squares
        if not self.measured:
            return per_channel.sum(1)
        weights: Tensor = getattr(self, f"layer{layer}")
        return len(weights) * per_channel @ weights.to(per_channel)


@torch.no_grad()
def channel_attention(
    network: nn.Module,
    backbone: nn.Module,
    layers: Sequence[str],
    samples: Iterable[Sample],
    criterion: Callable[[Tensor, Tensor], Tensor],
    temperature: float = 5.0,
) -> ChannelAttention:
    """Attention by what the loss rises when a channel is silenced, for :class:`acclimate.methods.DELTA`.

    A softmax over the channels of a layer of the standardised rises, over the temperature: one pass over the samples
    for each channel.

    Args:
        network: With a head that was trained on frozen features first (a probe): before that no channel matters.
        backbone: The part of it that holds the layers.
        layers: Names of parts of the backbone.
        samples: Some labelled batches, the same rows at every iteration; the authors take 10 batches.
        criterion: Of (logits, y).
        temperature: Default 5, the authors'.
    """
    batches = list(samples)
    parts, modes = dict(backbone.named_modules()), {m: m.training for m in network.modules()}
    network.eval()

    def mean_loss() -> Tensor:
        return torch.stack([criterion(network(sample.x), sample.y) for sample in batches]).mean()  # type: ignore[arg-type]

    silent: list[int] = []
    width: list[int] = []

    def silence(part: nn.Module, args: object, output: Tensor) -> Tensor:
        axis = 1 if output.ndim > 3 else output.ndim - 1
        width[:] = [output.shape[axis]]
        return output.index_fill(axis, torch.tensor(silent, dtype=torch.int64, device=output.device), 0)

    weights = []
    for name in layers:
        hook = parts[name].register_forward_hook(silence)
        silent[:] = []
        whole, rises = mean_loss(), []
        for channel in range(width[0]):
            silent[:] = [channel]
            rises.append(mean_loss() - whole)
        hook.remove()
        scores = torch.stack(rises)
        scores = (scores - scores.mean()) / scores.std(correction=0).clamp_min(1e-12)
        weights.append((scores / temperature).softmax(0))
    for module, training in modes.items():
        module.training = training
    return ChannelAttention(weights)
