"""What some tensors were, to bring them back to the last bit."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

Place = tuple[nn.Module, str]  # a module and the name of a parameter or buffer of its own


class Snapshot(nn.Module):
    """Copies of chosen tensors of a module; moves along with it, but is not part of its state dict.

    Args:
        places: Which tensors: owners and names.
    """

    def __init__(self, places: Iterable[Place]) -> None:
        super().__init__()
        self.places = list(places)
        for i, tensor in enumerate(self.tensors()):
            self.register_buffer(f"at{i}", tensor.detach().clone(), persistent=False)

    def tensors(self) -> list[Tensor]:
        """The tensors as they are."""
        found = [owner._parameters.get(name, owner._buffers.get(name)) for owner, name in self.places]
        return [tensor.detach() for tensor in found if tensor is not None]

    def saved(self) -> list[Tensor]:
        """The tensors as they were."""
        return [buffer for buffer in self._buffers.values() if buffer is not None]

    @torch.no_grad()
    def restore(self) -> None:
        """Bring them back, in place and exactly: a few fused copies, no waiting for the device."""
        if self.places:
            torch._foreach_copy_(self.tensors(), self.saved())

    @torch.no_grad()
    def restore_where(self, condition: Tensor) -> None:
        """Bring them back where the 0-d boolean holds, decided on the device."""
        for now, then in zip(self.tensors(), self.saved(), strict=True):
            now.copy_(torch.where(condition, then, now))

    @torch.no_grad()
    def pull(self, share: float) -> None:
        """Move the tensors this share of the way back."""
        torch._foreach_lerp_(self.tensors(), self.saved(), share)


def places_of(module: nn.Module, tensors: Iterable[Tensor]) -> list[Place]:
    """Where in ``module`` these parameters and buffers stand; a tied one is found once."""
    wanted = {id(tensor) for tensor in tensors}
    found: dict[int, Place] = {}
    for owner in module.modules():
        for name, tensor in [*owner._parameters.items(), *owner._buffers.items()]:
            if tensor is not None and id(tensor) in wanted:
                found.setdefault(id(tensor), (owner, name))
    return list(found.values())
