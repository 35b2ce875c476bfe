"""What OpenCV does to the drops of spatter, restated with loops."""

from __future__ import annotations

import heapq
import math
from typing import Any

import numpy as np
from scipy.ndimage import correlate

Array = np.ndarray[Any, np.dtype[Any]]


def canny(levels: Array, low: float, high: float) -> Array:
    """Edges: thinned along the gradient in four directions, then grown from the strong to the weak."""
    sobel = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    dx, dy = (correlate(levels.astype(int), kernel, mode="nearest") for kernel in (sobel, sobel.T))
    strength = np.pad(np.abs(dx) + np.abs(dy), 1)
    height, width = levels.shape
    thin = np.zeros(levels.shape, bool)
    for i in range(height):
        for j in range(width):
            here = strength[i + 1, j + 1]
            angle = math.degrees(math.atan2(abs(dy[i, j]), abs(dx[i, j])))
            if here <= low:
                continue
            if angle < 22.5:
                thin[i, j] = here > strength[i + 1, j] and here >= strength[i + 1, j + 2]
            elif angle > 67.5:
                thin[i, j] = here > strength[i, j + 1] and here >= strength[i + 2, j + 1]
            else:
                s = 1 if (dx[i, j] < 0) == (dy[i, j] < 0) else -1
                thin[i, j] = here > strength[i, j + 1 - s] and here > strength[i + 2, j + 1 + s]
    return _grown(thin, thin & (strength[1:-1, 1:-1] > high))


def _grown(weak: Array, strong: Array) -> Array:
    edges, todo = strong.copy(), list(zip(*np.nonzero(strong), strict=True))
    while todo:
        i, j = todo.pop()
        for a in range(max(i - 1, 0), min(i + 2, len(weak))):
            for b in range(max(j - 1, 0), min(j + 2, weak.shape[1])):
                if weak[a, b] and not edges[a, b]:
                    edges[a, b] = True
                    todo.append((a, b))
    return edges


def chamfer(marked: Array) -> Array:
    """Dijkstra's shortest ways on a grid with steps straight, aslant and as a knight."""
    steps = [
        (a, b, {1: 1.0, 2: 1.4, 5: 2.1969}[a * a + b * b])
        for a in range(-2, 3)
        for b in range(-2, 3)
        if a * a + b * b in (1, 2, 5)
    ]
    lengths = np.where(marked, 0.0, np.inf)
    todo = [(0.0, int(i), int(j)) for i, j in zip(*np.nonzero(marked), strict=True)]
    while todo:
        length, i, j = heapq.heappop(todo)
        if length > lengths[i, j]:
            continue
        for a, b, step in steps:
            row, column = i + a, j + b
            inside = 0 <= row < len(marked) and 0 <= column < marked.shape[1]
            if inside and length + step < lengths[row, column] - 1e-9:
                lengths[row, column] = length + step
                heapq.heappush(todo, (length + step, row, column))
    return lengths


def equalized(levels: Array) -> Array:
    """Each level by the share of pixels above the darkest level that are not brighter."""
    counts = np.bincount(levels.flatten(), minlength=256)
    darkest = int(levels.min())
    rest = levels.size - counts[darkest]
    if rest == 0:
        return levels
    table = [round(255 / rest * sum(counts[darkest + 1 : level + 1])) for level in range(256)]
    return np.array(table)[levels]
