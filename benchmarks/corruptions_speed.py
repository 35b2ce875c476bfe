"""Corruptions of a batch against imagecorruptions image by image: `python -m benchmarks.corruptions_speed`.

One thread on either side, processor time, the contenders in turn; uint8 photographs in, uint8 out. Writes
`results/corruptions_speed.md`.
"""

from __future__ import annotations

import argparse
import io
import os
import statistics
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from acclimate.data.corruptions import CORRUPTIONS, corrupt
from benchmarks.peers.arrays import ArrayPeer, installed
from benchmarks.table import Row, machine, markdown, write

PEER = "imagecorruptions"
SEVERITIES = (1, 3, 5)
INTRODUCTION = """# Corruptions: speed

`python -m benchmarks.corruptions_speed`

{count} photographs of ImageNet at 224 pixels under every corruption at severities 1, 3 and 5: milliseconds of processor
time for an image, the mean over the three of the medians of {turns} turns taken one after the other (of one turn for
glass). Ours is one call for the batch, imagecorruptions 1.1.2 one for each image; uint8 in and out, one thread each.
PSNR, the mean over images and severities in dB, shows that both do the same to them. Where it does not agree: we draw
frost, and imagecorruptions enlarges photographs of it; its elastic transform is not the published one, and ours is; its
snow is not cut to 8 bits before it falls. Glass is the published walk over pixels on both sides, ours by pointer
doubling, with the same result for the same random numbers; an approximate mode is not needed, so there is none.

{machine}

"""


@dataclass(frozen=True)
class Compared:
    """Milliseconds for an image, and dB."""

    name: str
    theirs: float
    ours: float
    their_psnr: float
    our_psnr: float

    def cells(self) -> tuple[str, ...]:
        """A row of the table."""
        times, psnr = f"{self.theirs / self.ours:.2f}x", (f"{self.their_psnr:.1f}", f"{self.our_psnr:.1f}")
        return self.name, f"{self.theirs:.2f}", f"{self.ours:.2f}", times, *psnr


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=8)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument(
        "--only", default=",".join(CORRUPTIONS), help="corruptions, after commas; prints and writes not"
    )
    wanted = parser.parse_args()
    if not installed(PEER):
        raise SystemExit("imagecorruptions has no environment; benchmarks/README.md says how to make it.")
    torch.set_num_threads(1)
    images, names = photographs(wanted.images), wanted.only.split(",")
    with ArrayPeer(PEER) as peer:
        compared = [one(peer, images, name, 1 if name == "glass_blur" else wanted.turns) for name in names]
    head = ("corruption", "imagecorruptions, ms", "ours, ms", "faster", "its PSNR", "our PSNR")
    table = markdown(head, [row.cells() for row in compared])
    if len(compared) < len(CORRUPTIONS):
        print(table)
        return
    introduction = INTRODUCTION.format(count=len(images), turns=wanted.turns, machine=machine())
    verdicts = markdown(("what", "measured", "must", ""), [row.cells() for row in judged(compared)])
    write("corruptions_speed.md", introduction + verdicts + "\n" + table)


def one(peer: ArrayPeer, images: NDArray[np.uint8], name: str, turns: int) -> Compared:
    """Both on one corruption, after a call each to warm up."""
    batch = torch.from_numpy(images).permute(0, 3, 1, 2).contiguous()
    seconds: dict[str, list[float]] = {"theirs": [], "ours": []}
    errors: dict[str, list[float]] = {"theirs": [], "ours": []}
    for severity in SEVERITIES:
        corrupt(batch, name, severity)
        taken: list[tuple[float, float]] = []
        for _ in range(turns):
            answer = peer.call("corrupted", {"images": images, "name": name, "severity": severity})
            start = time.process_time()
            ours = corrupt(batch, name, severity)
            taken.append((answer.seconds[0], time.process_time() - start))
        for who, times in zip(seconds, zip(*taken, strict=True), strict=True):
            seconds[who].append(1000 * statistics.median(times) / len(images))
        errors["theirs"].append(psnr(images, answer.arrays["images"]))
        errors["ours"].append(psnr(images, ours.permute(0, 2, 3, 1).numpy()))
    print(name, seconds, flush=True)
    mean = statistics.mean
    return Compared(name, *(mean(seconds[who]) for who in seconds), *(mean(errors[who]) for who in errors))


def judged(compared: list[Compared]) -> list[Row]:
    """What must hold."""
    total = times_faster(compared)
    apart = times_faster([row for row in compared if row.name != "glass_blur"])
    slowest = min(compared, key=lambda row: row.theirs / row.ours)
    ratio = slowest.theirs / slowest.ours
    return [
        Row("all 19 together", f"{total:.1f}x faster", ">= 5x", total >= 5),
        Row("without glass", f"{apart:.1f}x faster", "-", None),
        Row(f"the least gain, {slowest.name}", f"{ratio:.2f}x", ">= 1x", ratio >= 1),
    ]


def times_faster(rows: list[Compared]) -> float:
    """Of the sums."""
    return sum(row.theirs for row in rows) / sum(row.ours for row in rows)


def psnr(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> float:
    """Mean over images, dB; an image that stays the same counts as 1/1000 of a level off."""
    squares = np.square((after.astype(float) - before) / 255).mean((1, 2, 3))
    return float(np.mean(-10 * np.log10(np.maximum(squares, (1e-3 / 255) ** 2))))


def photographs(count: int) -> NDArray[np.uint8]:
    """(count, 224, 224, 3): the middle of photographs."""
    folder = Path(os.environ.get("ACCLIMATE_DATA", Path(__file__).parents[2] / "shared" / "data"))
    pictures = []
    with zipfile.ZipFile(folder / "imagenet_val1000" / "images_227.zip") as archive:
        for name in sorted(name for name in archive.namelist() if name.lower().endswith((".jpg", ".jpeg")))[:count]:
            picture = Image.open(io.BytesIO(archive.read(name))).convert("RGB")
            pictures.append(np.asarray(picture.crop((1, 1, 225, 225))))
    return np.stack(pictures)


if __name__ == "__main__":
    main()
