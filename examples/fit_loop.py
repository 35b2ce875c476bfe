"""The fit loop: your network and data, our loop. Runs alone, or under `torchrun --nproc-per-node 2 fit_loop.py`.

The method and source-only are trained from the same random numbers, so that the difference is the method's.
"""

from __future__ import annotations

import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn

from acclimate.data import Stream, Streams, TensorRows
from acclimate.methods import DANN, Method, SourceOnly
from acclimate.nn import Classifier, Discriminator, SmallCNN
from acclimate.training import fit, predict


def domains() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Source images and labels, target images (darker, noisy) and their labels."""
    digits = load_digits()
    x = nn.functional.interpolate(torch.from_numpy(digits.images).float().unsqueeze(1).div(16), size=16)
    y = torch.from_numpy(digits.target)
    noise = torch.randn(x[900:].shape, generator=torch.Generator().manual_seed(0))
    return x[:900], y[:900], (0.6 * x[900:] + 0.3 * noise).clamp(0, 1), y[900:]


def network() -> Classifier:
    """A small convolutional network for ten classes."""
    torch.manual_seed(0)
    backbone = SmallCNN(channels=1, size=16)
    return Classifier(backbone, nn.Linear(backbone.num_features, 10))


def accuracy_after_fit(method: Method, streams: Streams, xt: Tensor, yt: Tensor) -> float:
    """Fit, then score on target labels that were never used."""
    fit(method, streams, steps=300, progress_bar=False)
    logits = torch.from_numpy(predict(method, TensorRows(xt)).logits)
    return (logits.argmax(dim=1) == yt).float().mean().item()


def main() -> None:
    xs, ys, xt, yt = domains()
    source = Stream(TensorRows(xs, ys), batch_size=32)
    target = Stream(TensorRows(xt), batch_size=32)
    without = accuracy_after_fit(SourceOnly(network()), Streams(source=source), xt, yt)
    adapted = network()
    method = DANN(adapted, Discriminator(adapted.num_features, hidden=64))
    with_target = accuracy_after_fit(method, Streams(source=source, target=target), xt, yt)
    print(f"source-only {without:.1%}, DANN {with_target:.1%}")


if __name__ == "__main__":
    main()
