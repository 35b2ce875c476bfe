"""What one step of a contender takes, beside source-only on as many rows and the peers that have it."""

from __future__ import annotations

import hashlib
import json
import operator
import statistics
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from functools import partial
from typing import Any

from acclimate.errors import InputError
from benchmarks import nets, ours
from benchmarks.classical.store import Record
from benchmarks.classical.versions import version
from benchmarks.peers.client import Peer
from benchmarks.timing import turn_medians
from benchmarks.uda.contenders import SOURCE_ONLY, Contender, contenders
from benchmarks.uda.runs import CODE

OPTIMIZER: nets.OptimizerName = "fused_sgd"
# What a peer calls the same method. Theirs need not be the same to the last term: they are what one would use instead.
PEER_METHODS: dict[str, tuple[str, ...]] = {
    "pytorch_adapt": (
        *("dann", "cdan", "cdan+e", "mcd", "alternating_dann", "domain_confusion", "adda", "vada", "gvb", "rtn"),
        *("symnets", "swd", "star", "dan", "deep_coral", "jan", "bnm", "bsp", "mcc", "afn", "entropy", "diversity"),
        *("im", "ist", "atdoc", "vat", "dann+bsp", "dann+mcc"),
    ),
    "salad": ("alternating_dann", "vada", "associative", "deep_coral", "log_coral", "self_ensembling", "adr"),
    "tllib": ("dann", "dann+bsp", "cdan", "cdan+e", "dan", "jan", "deep_coral", "mcc", "afn", "mdd", "mcd"),
}


def configuration(contender: Contender, net: nets.NetName, peers: Iterable[str]) -> str:
    """Sixteen hex digits of what was measured beside what."""
    parts = [
        asdict(contender),
        net,
        sorted(rivals(contender, peers)),
        [version(cls, CODE) for cls in contender.classes],
    ]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def rivals(contender: Contender, peers: Iterable[str]) -> list[str]:
    """The peers that are there and have it."""
    return [name for name in peers if contender.name in PEER_METHODS[name]]


def measure(
    contender: Contender, net: nets.NetName, peers: Mapping[str, Peer], steps: int, turns: int
) -> dict[str, Any]:
    """Median seconds of a step in each turn: ``ours``, the ``floor``, each peer; ``reason`` where it cannot run."""
    timed: dict[str, Callable[[], list[float]]] = {
        "ours": partial(ours.contender_seconds, contender, net, OPTIMIZER, steps),
        "floor": floor(net, steps),
    }
    for name in rivals(contender, peers):
        task = {"method": contender.name, "net": net, "optimizer": OPTIMIZER}
        timed[name] = partial(peers[name].seconds, steps, **task)
    try:
        return {"seconds": turn_medians(timed, turns)}
    except InputError as error:
        return {"reason": str(error)}


def floor(net: nets.NetName, steps: int) -> Callable[[], list[float]]:
    """Source-only on a batch of as many rows as both domains have together."""
    return partial(ours.contender_seconds, contenders()[SOURCE_ONLY], net, OPTIMIZER, steps, batch=2 * nets.BATCH)


def ratio(record: Record, name: str, over: str = "ours") -> float | None:
    """How many times as long ``name`` takes as ``over``, the median over turns; None where either was not measured.

    What else the machine does slows both sides of a turn, and leaves their ratio nearly as it is.
    """
    seconds = record.get("seconds", {})
    if name not in seconds or over not in seconds:
        return None
    return statistics.median(map(operator.truediv, seconds[name], seconds[over]))


def images_per_second(record: Record) -> float | None:
    """Of both domains together; None where it was not measured."""
    return 2 * nets.BATCH / statistics.median(record["seconds"]["ours"]) if "seconds" in record else None
