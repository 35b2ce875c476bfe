"""Your own training loop: a method is a module, and calling it gives the losses to minimise.

Source: handwritten digits. Target: other digits, darker and noisy; their labels serve the last line alone.
"""

from __future__ import annotations

import torch
from sklearn.datasets import load_digits
from torch import Tensor

from acclimate import Sample
from acclimate.methods import MCC
from acclimate.nn import Classifier, SmallCNN

STEPS, BATCH = 300, 32


def domains() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Source images and labels, target images and their labels."""
    digits = load_digits()
    x = torch.from_numpy(digits.images).float().unsqueeze(1).div(16)
    x = torch.nn.functional.interpolate(x, size=16, mode="bilinear")
    y = torch.from_numpy(digits.target)
    target = (0.6 * x[900:] + 0.3 * torch.randn(x[900:].shape)).clamp(0, 1)
    return x[:900], y[:900], target, y[900:]


def main() -> None:
    torch.manual_seed(0)
    xs, ys, xt, yt = domains()
    backbone = SmallCNN(channels=1, size=16)
    method = MCC(Classifier(backbone, torch.nn.Linear(backbone.num_features, 10)))
    optimizer = torch.optim.SGD(method.parameters(), lr=0.02, momentum=0.9, nesterov=True)
    for k in range(STEPS):
        method.advance(k / STEPS)
        i, j = torch.randint(len(xs), (BATCH,)), torch.randint(len(xt), (BATCH,))
        step = method(source=Sample(xs[i], ys[i]), target=Sample(xt[j]))
        optimizer.zero_grad()
        step.total.backward()
        optimizer.step()
        method.after_step()
    method.eval()
    with torch.no_grad():
        accuracy = (method.predict(xt).argmax(dim=1) == yt).float().mean().item()
    print(f"MCC, own loop: {accuracy:.1%} on target labels that were never used")


if __name__ == "__main__":
    main()
