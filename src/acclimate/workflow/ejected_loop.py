"""The plain training loop at the end of an ejected script. It is a module of ours so that types and tests cover it."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from acclimate.methods import Method
from acclimate.nn import MLP, Classifier
from acclimate.types import Sample

NUM_CLASSES = 3


def made_domains(rows: int = 600) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Three clouds of points, and the same turned by 40 degrees and moved. Put your own data here.

    Returns:
        Source inputs (n, 2), source labels (n,), target inputs (m, 2), and target labels, only to score with.
    """
    ys, yt = torch.randint(NUM_CLASSES, (2, rows))
    angles = torch.stack([ys * 2.1, yt * 2.1 + 0.7])
    points = 2 * torch.stack([angles.cos(), angles.sin()], -1) + 0.4 * torch.randn(2, rows, 2)
    return points[0], ys, points[1] + 0.5, yt


def train(method: Method, source: Sample, target: Sample, *, steps: int = 500, batch_size: int = 64) -> None:
    """Train a method with SGD, one optimizer for each of its phases."""
    optimizers = {phase: torch.optim.SGD(method.parameters_of(phase), lr=0.02, momentum=0.9) for phase in method.phases}
    streams = {name: {"source": source, "target": target}[name] for name in method.stream_names}
    for step in range(steps):
        if step % (len(source.x) // batch_size) == 0:
            method.before_epoch({name: [sample] for name, sample in streams.items()})
        method.advance(step / steps)
        batch = {name: draw(sample, batch_size) for name, sample in streams.items()}
        for phase in method.sequence:
            losses = method(**batch, **({"phase": phase} if len(method.phases) > 1 else {})).total
            optimizers[phase].zero_grad()
            losses.backward()
            optimizers[phase].step()
        method.after_step()


def draw(sample: Sample, size: int) -> Sample:
    """Random rows."""
    assert isinstance(sample.x, Tensor)
    index = torch.randint(len(sample.x), (size,))
    return Sample(sample.x[index], None if sample.y is None else sample.y[index])


def main(build: Callable[[Classifier, int], Method]) -> None:
    """Train on made data and print the accuracy on the target, whose labels nothing was trained on."""
    torch.manual_seed(0)
    xs, ys, xt, yt = made_domains()
    mlp = MLP(xs.shape[1], (64,))
    method = build(Classifier(mlp, nn.Linear(mlp.num_features, NUM_CLASSES)), NUM_CLASSES)
    train(method, Sample(xs, ys), Sample(xt))
    with torch.no_grad():
        right = method.eval().predict(xt).argmax(1) == yt
    print(f"target accuracy: {right.float().mean():.3f}")
