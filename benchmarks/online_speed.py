"""What adapting at test time costs: against the plainest code that does the same, and against forms to avoid.

``python -m benchmarks.online_speed`` writes ``results/online_speed.md`` in half a minute on one core.
"""

from __future__ import annotations

import copy
import statistics
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models import resnet18

from acclimate import Online
from acclimate.losses import generalized_cross_entropy_loss
from acclimate.methods.prototypes import with_nearest
from acclimate.methods.tta.lame import rbf_kernel
from acclimate.nn import BatchStatistics, norm_parameters, use_statistics
from benchmarks.timing import Contender, timed, turn_medians

RESULT = Path(__file__).parent / "results" / "online_speed.md"
HEADER = """# Speed at test time

`python -m benchmarks.online_speed`

ResNet-18, 32 pictures of 32 px, one core, float32; contenders take turns within one run. A ratio is the median of those
of the turns, whose parts were measured side by side.

| what | measured | must | |
| --- | --- | --- | --- |
"""

Row = tuple[str, Callable[[], object], Callable[[], object], str, float, int]


def network() -> nn.Module:
    torch.manual_seed(0)
    return resnet18(num_classes=100).eval()


def inference(model: nn.Module, x: Tensor) -> Callable[[], object]:
    def call() -> Tensor:
        with torch.no_grad():
            return model(x)

    return call


def statistics_rows(x: Tensor) -> list[Row]:
    """Batch norm on the batch: against norm layers in training mode, and against nothing adapted."""
    adapted, training, plain = network(), network(), network()
    use_statistics(adapted, BatchStatistics())
    for layer in training.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.train()
    ours = inference(adapted, x)
    return [
        ("Statistics of the batch over norm layers in training mode", ours, inference(training, x), "<=", 1.05, 5),
        ("The same over plain inference", ours, inference(plain, x), "", 0.0, 5),
    ]


def tent_row(x: Tensor) -> Row:
    """A step of Tent over one forward and backward pass that reaches the same parameters."""
    model = Online("tent", network(), check_every=0)
    plain = network().requires_grad_(False)
    for layer in plain.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.train()
    parameters = [p.requires_grad_(True) for p in norm_parameters(plain).values()]

    def both() -> None:
        for p in parameters:
            p.grad = None
        z = plain(x)
        (-(z.softmax(1) * z.log_softmax(1)).sum(1).mean()).backward()

    return ("A step of Tent over one forward and backward pass", lambda: model(x), both, "<=", 1.05, 4)


def teacher_row() -> Row:
    """A teacher of the adapted parameters over one of all, tensor by tensor as references have it."""
    model = Online("rotta", network())
    student, teacher = network(), network()

    def by_tensor() -> None:
        for mine, theirs in zip(teacher.parameters(), student.parameters(), strict=True):
            mine.data[:] = 0.999 * mine[:].data[:] + (1 - 0.999) * theirs[:].data[:]

    return ("Moving a teacher, against tensor by tensor over all", model.method.after_step, by_tensor, ">=", 5, 20)


def reset_row() -> Row:
    """A reset over loading copies of the network's and the optimizer's state, as references have it."""
    model = Online("tent", network(), check_every=0)
    plain = network()
    optimizer = torch.optim.SGD(norm_parameters(plain).values(), 1e-3, momentum=0.9)
    saved = copy.deepcopy(plain.state_dict()), copy.deepcopy(optimizer.state_dict())

    def load() -> None:
        plain.load_state_dict(copy.deepcopy(saved[0]), strict=True)
        optimizer.load_state_dict(copy.deepcopy(saved[1]))

    return ("A reset, against loading copies of all state", model.reset, load, ">=", 40, 10)


def loss_row(n: int) -> Row:
    """Generalised cross-entropy and its gradient over those of the diagonal of an (n, n) matrix."""
    z = torch.randn(n, 1000, requires_grad=True)
    y = z.argmax(1)

    def ours() -> tuple[Tensor, ...]:
        return torch.autograd.grad(generalized_cross_entropy_loss(z, y), z)

    def diagonal() -> tuple[Tensor, ...]:
        loss = ((1 - z.softmax(1).index_select(-1, y).diag() ** 0.8) / 0.8).mean()
        return torch.autograd.grad(loss, z)

    return (f"Generalised cross-entropy of {n} rows, against the diagonal of a matrix", ours, diagonal, ">=", 3, 3)


def distances_row() -> Row:
    """LAME's kernel over differences of all pairs of rows."""
    features = torch.randn(256, 512)

    def differences() -> Tensor:
        unit = F.normalize(features, dim=1)
        distances = torch.norm(unit.unsqueeze(0) - unit.unsqueeze(1), dim=2, p=2)
        width = distances.topk(5, 0, largest=False).values[-1].mean()
        return torch.exp(-(distances**2) / (2 * width**2))

    ours = partial(rbf_kernel, features, 5)
    return ("LAME's kernel of 256 rows, against all differences", ours, differences, ">=", 40, 3)


def prototypes_row(n: int) -> Row:
    """The nearest of 1000 class means for each of n rows, over cosines of all pairs written out."""
    centers, features, viewed = torch.randn(1000, 2048), torch.randn(n, 2048), torch.randn(n, 2048)

    def written_out() -> Tensor:
        cosines = F.cosine_similarity(centers[:, None].repeat(1, n, 1), features[None].repeat(1000, 1, 1), dim=-1)
        nearest = cosines.topk(1, largest=True, dim=0).indices.squeeze(0)
        return torch.cat([centers[nearest][:, None], features[:, None], viewed[:, None]], 1)

    ours = partial(with_nearest, centers, centers.norm(dim=1), features, viewed)
    name = f"RMT's nearest of 1000 class means, {n} rows, against all pairs written out"
    return (name, ours, written_out, ">=", 500, 1)


def measure(row: Row) -> str:
    """One line of the table."""
    name, ours, other, relation, bound, repeats = row
    contenders: dict[str, Contender] = {
        "ours": lambda: timed(ours, repeats),
        "other": lambda: timed(other, repeats),
    }
    turns = turn_medians(contenders, 5)
    faster = relation == ">="
    ratios = [b / a if faster else a / b for a, b in zip(turns["ours"], turns["other"], strict=True)]
    ratio = statistics.median(ratios)
    passed = "" if not relation else "pass" if (ratio >= bound if faster else ratio <= bound) else "**FAIL**"
    mine, theirs = (1000 * statistics.median(turns[side]) for side in ("ours", "other"))
    must = f"{relation} {bound:g}x" if relation else ""
    return f"| {name} | {ratio:.3g}x ({mine:.3g} ms, {theirs:.3g} ms) | {must} | {passed} |\n"


def main() -> None:
    """Measure all and write the table."""
    torch.set_num_threads(1)
    x = torch.randn(32, 3, 32, 32)
    rows = [*statistics_rows(x), tent_row(x), teacher_row(), reset_row(), *map(loss_row, (1024, 4096)), distances_row()]
    rows += map(prototypes_row, (64, 200))
    lines = []
    for row in rows:
        lines.append(measure(row))
        print(lines[-1], end="", flush=True)
    RESULT.write_text(HEADER + "".join(lines))


if __name__ == "__main__":
    main()
