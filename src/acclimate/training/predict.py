"""A method's predictions and features on all rows of a domain."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from acclimate.data.batches import OrderedBatches, read_batches
from acclimate.data.rows import Rows
from acclimate.errors import InputError
from acclimate.methods.base import Method
from acclimate.training.modes import mode
from acclimate.training.progress import ProgressBar
from acclimate.types import Array, Predictions, Sample


def predict(
    method: Method,
    rows: Rows,
    *,
    batch_size: int = 256,
    device: torch.device | str | None = None,
    workers: int = 0,
    progress_bar: bool = False,
) -> Predictions:
    """Logits and features of every row, in order, from one pass of the network in evaluation mode.

    Args:
        method: Trained or not. It is left as it was, training mode included, but for the device.
        rows: What to predict, (n, ...).
        batch_size: Rows in one pass.
        device: Where to compute; default: where the method is.
        workers: Processes that read ahead.
        progress_bar: Show progress on standard error.

    Returns:
        Arrays over all n rows, with the labels and domains that ``rows`` has.

    Raises:
        InputError: If there are no rows.
    """
    if not len(rows):
        raise InputError("There are no rows to predict: give at least one.")
    if device is not None:
        method.to(device)
    batches = OrderedBatches(rows, batch_size)
    reader = read_batches(batches, stop=len(batches), workers=workers)
    logits, features = _Column(len(rows)), _Column(len(rows))
    with ProgressBar("Predicting", len(batches), visible=progress_bar) as bar, mode(method, training=False):
        for done, sample in enumerate(reader, start=1):
            _predict_batch(method, sample, logits, features)
            bar.reach(done)
    index = np.arange(len(rows))
    return Predictions(logits.array(), features.array(), _numpy(rows.y), _numpy(rows.domain), index)


@torch.inference_mode()
def _predict_batch(method: Method, sample: Sample, logits: _Column, features: _Column) -> None:
    device = next(method.parameters()).device
    assert isinstance(sample.x, Tensor)  # rows deliver one view
    encoded = method.encode(sample.x.to(device))
    logits.append(encoded.logits)
    features.append(encoded.features)


class _Column:
    """Rows that arrive in batches, written where they belong in one array that is made when the first comes."""

    def __init__(self, num_rows: int) -> None:
        self.num_rows, self.filled = num_rows, 0
        self.values: Tensor | None = None

    def append(self, rows: Tensor) -> None:
        if self.values is None:
            dtype = torch.promote_types(rows.dtype, torch.float32)  # NumPy has no bfloat16
            self.values = torch.empty((self.num_rows, *rows.shape[1:]), dtype=dtype)
        self.values[self.filled : self.filled + len(rows)] = rows
        self.filled += len(rows)

    def array(self) -> Array:
        assert self.values is not None
        return self.values.numpy()


def _numpy(tensor: Tensor | None) -> Array | None:
    return None if tensor is None else tensor.cpu().numpy()
