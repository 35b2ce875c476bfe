"""Bi-Tuning's contrasts with its queue of keys: all rows at once beside one row at a time.

`python -m benchmarks.finetune_speed` measures both forms, forwards and backwards with the queue's update, and fails if
their losses differ. `--smoke`: a small size, nothing written.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import torch
from torch import Tensor

from acclimate.losses import class_contrast_loss
from acclimate.nn import ClassQueue
from benchmarks.table import Row, machine, markdown, write

ROWS, CLASSES, KEYS, WIDTH, TEMPERATURE = 48, 200, 40, 128, 0.07
MARK = 5  # times as fast
TITLE = "# Speed of fine-tuning\n\n`python -m benchmarks.finetune_speed`, one thread."


def at_once(queries: Tensor, own: Tensor, y: Tensor, queue: ClassQueue) -> Tensor:
    """As the method has it."""
    classes, size = queue.filled.shape
    keys = torch.cat([own, queue.rows.flatten(0, 1)])
    labels = torch.cat([y, torch.arange(classes).repeat_interleave(size)])
    there = torch.cat([torch.ones_like(y, dtype=torch.bool), queue.filled.flatten()]).expand(len(y), -1)
    loss = class_contrast_loss(queries @ keys.T / TEMPERATURE, y[:, None] == labels, there)
    queue.add(own, y)
    return loss


def one_by_one(queries: Tensor, own: Tensor, y: Tensor, queue: ClassQueue) -> Tensor:
    """The same, with a row's positive and negative keys put together for it, and each key written by itself."""
    losses = []
    for query, label in zip(queries, y.tolist(), strict=True):
        positive = torch.cat([own[y == label], queue.rows[label][queue.filled[label]]])
        others = torch.cat([own[y != label]] + [queue.rows[k][queue.filled[k]] for k in range(CLASSES) if k != label])
        scores = torch.cat([positive, others]) @ query / TEMPERATURE
        losses.append(-scores.log_softmax(0)[: len(positive)].mean())
    for key, label in zip(own, y.tolist(), strict=True):
        place = int(queue.next_place[label])
        queue.rows[label, place] = key
        queue.filled[label, place] = True
        queue.next_place[label] = (place + 1) % queue.size
    return torch.stack(losses).mean()


def measure(form: Callable[..., Tensor], rows: int, repeats: int) -> tuple[float, list[float]]:
    """Median milliseconds of a step, and the losses of the steps."""
    generator = torch.Generator().manual_seed(0)
    unit = torch.nn.functional.normalize
    queue = ClassQueue(CLASSES, WIDTH, KEYS)
    queue.add(unit(torch.randn(CLASSES * KEYS, WIDTH, generator=generator)), torch.arange(CLASSES).repeat(KEYS))
    times, losses = [], []
    for _ in range(repeats):
        queries = unit(torch.randn(rows, WIDTH, generator=generator)).requires_grad_()
        own = unit(torch.randn(rows, WIDTH, generator=generator))
        y = torch.randint(0, CLASSES, (rows,), generator=generator)
        start = time.perf_counter()
        loss = form(queries, own, y, queue)
        loss.backward()
        times.append(1000 * (time.perf_counter() - start))
        losses.append(float(loss.detach()))
    return sorted(times)[len(times) // 2], losses


def main() -> None:
    """Print and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true", help="a small size, nothing written")
    smoke = parser.parse_args().smoke
    torch.set_num_threads(1)
    rows, repeats = (4, 2) if smoke else (ROWS, 9)
    (fast, ours), (slow, naive) = (measure(form, rows, repeats) for form in (at_once, one_by_one))
    torch.testing.assert_close(torch.tensor(ours), torch.tensor(naive), rtol=1e-4, atol=1e-5)
    what = f"Bi-Tuning's contrasts, {rows} rows, {CLASSES} classes, {KEYS} keys of each: times faster than row by row"
    row = Row(what, f"{slow / fast:.0f} ({fast:.1f} ms, {slow:.1f} ms)", f">= {MARK}", slow >= MARK * fast)
    page = f"{TITLE}\n{machine()}\n\n{markdown(('what', 'measured', 'must be', ''), [row.cells()])}"
    if smoke:
        print(page)
    else:
        write("finetune_speed.md", page)


if __name__ == "__main__":
    main()
