"""What can go wrong in a training run that was set up well."""

from __future__ import annotations


class DivergedError(RuntimeError):
    """A loss became infinite or not a number.

    Args:
        loss: Name of the first loss that did.
        value: What it became.
        step: In which step, counted from 1.
        checkpoint: The last good checkpoint and its step, in words, or ``None``.
    """

    def __init__(self, loss: str, value: float, step: int, checkpoint: str | None = None) -> None:
        super().__init__(loss, value, step, checkpoint)
        self.loss, self.value, self.step, self.checkpoint = loss, value, step, checkpoint

    def __str__(self) -> str:
        last = f"the last good checkpoint is {self.checkpoint}" if self.checkpoint else "there is no good checkpoint"
        return (
            f"The loss '{self.loss}' became {self.value} in step {self.step}; {last}. "
            "Lower the learning rate, clip the gradient (clip=1.0), or look for extreme values in the data."
        )
