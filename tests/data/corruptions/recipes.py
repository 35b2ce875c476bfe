"""The published recipes restated for one image at a time, plainly: NumPy, SciPy, Pillow and loops.

Every function takes an image (h, w, 3) float64 in [0, 1] that has 256 levels, the constants of a severity, and the
generator of the image, from which it draws what ours draws, in the same order. It returns (h, w, 3), not yet clipped.
"""

from __future__ import annotations

import colorsys
import io
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.random import Generator
from PIL import Image
from scipy.ndimage import affine_transform, correlate, gaussian_filter, map_coordinates, uniform_filter, zoom

from tests.data.corruptions.drops import canny, chamfer, equalized

Array = np.ndarray[Any, np.dtype[Any]]


def smooth(x: Array, sigma: float) -> Array:
    """skimage's ``gaussian``."""
    return gaussian_filter(x, (sigma, sigma) + (0,) * (x.ndim - 2), mode="nearest", truncate=4)


def levels(x: Array) -> Array:
    return (x * 255 + 1e-4).astype(np.uint8)


def planes(draw: Callable[..., Array], x: Array) -> Array:
    """Random numbers in our order, a plane for each channel."""
    return draw((3, *x.shape[:2]), dtype=np.float32).transpose(1, 2, 0)


def gaussian_noise(x: Array, c: tuple[float, ...], rng: Generator) -> Array:
    return x + c[0] * planes(rng.standard_normal, x)


def shot_noise(x: Array, c: tuple[float, ...], rng: Generator) -> Array:
    mean = (np.float32(c[0]) * x.astype(np.float32)).astype(np.float64)
    return rng.poisson(mean.transpose(2, 0, 1)).transpose(1, 2, 0) / c[0]


def impulse_noise(x: Array, c: tuple[float, ...], rng: Generator) -> Array:
    u = planes(rng.random, x)
    out = x.copy()
    out[u < c[0]] = 0
    out[u < c[0] / 2] = 1
    return out


def speckle_noise(x: Array, c: tuple[float, ...], rng: Generator) -> Array:
    return x + x * c[0] * planes(rng.standard_normal, x)


def gaussian_blur(x: Array, c: tuple[float, ...], rng: Generator) -> Array:
    return smooth(x, c[0])


def defocus_blur(x: Array, c: tuple[float, ...], rng: Generator) -> Array:
    radius, alias = c
    reach, taps = (8, 1) if radius <= 8 else (int(radius), 2)
    kernel = np.array(
        [[float(i * i + j * j <= radius * radius) for i in range(-reach, reach + 1)] for j in range(-reach, reach + 1)]
    )
    kernel /= kernel.sum()
    line = np.exp(-(np.arange(-taps, taps + 1) ** 2) / (2 * alias * alias))
    kernel = correlate(kernel, np.outer(line, line) / line.sum() ** 2, mode="mirror")
    return np.stack([correlate(x[..., i], kernel, mode="mirror") for i in range(3)], -1)


def glass_blur(x: Array, c: tuple[float, ...], rng: Generator) -> Array:
    sigma, reach, walks = c[0], int(c[1]), int(c[2])
    height, width = x.shape[:2]
    x = levels(smooth(x, sigma))
    steps = rng.integers(-reach, reach, (walks, height - 2 * reach, width - 2 * reach, 2), dtype="int8").tolist()
    for walk in steps:
        for row, h in zip(walk, range(height - reach, reach, -1), strict=True):
            for (dx, dy), w in zip(row, range(width - reach, reach, -1), strict=True):
                x[h, w], x[h + dy, w + dx] = x[h + dy, w + dx], x[h, w]
    return smooth(x / 255, sigma)


def shifted(x: Array, dx: int, dy: int) -> Array:
    """Moved right and down, the rim repeated."""
    rows = np.clip(np.arange(x.shape[0]) - dy, 0, x.shape[0] - 1)
    columns = np.clip(np.arange(x.shape[1]) - dx, 0, x.shape[1] - 1)
    return x[rows][:, columns]


def moved(x: Array, radius: float, sigma: float, angle: float) -> Array:
    width = int(2 * radius + 1)
    weights = [math.exp(-i * i / (2 * sigma * sigma)) for i in range(width)]
    out = np.zeros_like(x)
    for i, weight in enumerate(weights):
        dy = -math.ceil(i * math.sin(math.radians(angle)) - 0.5)
        dx = -math.ceil(i * math.cos(math.radians(angle)) - 0.5)
        out += weight / sum(weights) * shifted(x, dx, dy)
    return out


def motion_blur(x: Array, c: tuple[float, ...], rng: Generator) -> Array:
    return moved(x, c[0], c[1], rng.uniform(-45, 45))


def clipped_zoom(x: Array, factor: float) -> Array:
    side = x.shape[0]
    crop = int(np.ceil(side / factor))
    first = (side - crop) // 2
    large = zoom(x[first : first + crop, first : first + crop], (factor, factor) + (1,) * (x.ndim - 2), order=1)
    trim = (large.shape[0] - side) // 2
    return large[trim : trim + side, trim : trim + side]


def zoom_blur(x: Array, c: tuple[float, ...], rng: Generator) -> Array:
    layers = [x] + [clipped_zoom(x, factor) for factor in np.arange(1, c[0], c[1])]
    return np.mean(layers, axis=0)


def luma(x: Array) -> Array:
    return x @ np.array([0.299, 0.587, 0.114])


def snow(x: Array, c: tuple[float, ...], rng: Generator) -> Array:
    flakes = clipped_zoom(c[0] + c[1] * rng.standard_normal(x.shape[:2], dtype=np.float32).astype(np.float64), c[2])
    flakes[flakes < c[3]] = 0
    flakes = moved(levels(flakes.clip(0, 1)) / 255, c[4], c[5], rng.uniform(-135, -45))
    flakes = np.round(flakes * 255)[..., None] / 255
    x = c[6] * x + (1 - c[6]) * np.maximum(x, luma(x)[..., None] * 1.5 + 0.5)
    return x + flakes + np.rot90(flakes, 2)


def plasma(side: int, decay: float, rng: Generator) -> Array:
    """Point by point; what lies beyond a border comes in at the opposite one."""
    heights, wibble, step = np.zeros((side, side)), 100.0, side

    def filled(around: list[tuple[int, int]]) -> float:
        return float(np.mean([heights[i % side, j % side] for i, j in around])) + noise()

    def noise() -> float:
        return wibble * wibble * (2 * rng.random() - 1)

    while step >= 2:
        half, corners = step // 2, range(0, side, step)
        for i in corners:
            for j in corners:
                around = [(i, j), (i + step, j), (i, j + step), (i + step, j + step)]
                heights[i + half, j + half] = filled(around)
        for i in corners:
            for j in corners:
                heights[i, j + half] = filled([(i - half, j + half), (i + half, j + half), (i, j), (i, j + step)])
        for i in corners:
            for j in corners:
                heights[i + half, j] = filled([(i + half, j - half), (i + half, j + half), (i, j), (i + step, j)])
        step, wibble = half, wibble / decay
    return (heights - heights.min()) / (heights.max() - heights.min())


def fog(x: Array, c: tuple[float, ...], rng: Generator) -> Array:
    side = 2 ** math.ceil(math.log2(x.shape[0]))
    brightest = x.max()
    x = x + c[0] * plasma(side, c[1], rng)[: x.shape[0], : x.shape[1], None]
    return x * brightest / (brightest + c[0])


def in_hsv(x: Array, change: Callable[[float, float, float], tuple[float, float, float]]) -> Array:
    pixels = [colorsys.hsv_to_rgb(*change(*colorsys.rgb_to_hsv(*pixel))) for pixel in x.reshape(-1, 3).tolist()]
    return np.array(pixels).reshape(x.shape)


def brightness(x: Array, c: tuple[float, ...], rng: Generator) -> Array:
    return in_hsv(x, lambda h, s, v: (h, s, min(v + c[0], 1)))


def saturate(x: Array, c: tuple[float, ...], rng: Generator) -> Array:
    return in_hsv(x, lambda h, s, v: (h, min(max(c[0] * s + c[1], 0), 1), v))


def contrast(x: Array, c: tuple[float, ...], rng: Generator) -> Array:
    means = x.mean(axis=(0, 1))
    return (x - means) * c[0] + means


def elastic_transform(x: Array, c: tuple[float, ...], rng: Generator) -> Array:
    strength, sigma, affine = c
    height, width = x.shape[:2]
    third = min(height, width) // 3
    before = np.array([[1, 1], [1, -1], [-1, -1]]) * third + np.array([width // 2, height // 2])
    after = before + rng.uniform(-affine, affine, (3, 2))
    matrix = np.linalg.solve(np.column_stack([after, np.ones(3)]), before).T  # (x, y, 1) of the result to (x, y)
    swap = matrix[::-1, [1, 0, 2]]  # to rows and columns
    turned = [affine_transform(x[..., i], swap[:, :2], swap[:, 2], order=1, mode="mirror") for i in range(3)]
    noise = rng.uniform(-1, 1, (2, height, width))
    dx, dy = (strength * gaussian_filter(plane, sigma, mode="reflect", truncate=3) for plane in noise)
    rows, columns = np.mgrid[:height, :width]
    return np.stack([map_coordinates(p, [rows + dy, columns + dx], order=1, mode="reflect") for p in turned], -1)


def pixelate(x: Array, c: tuple[float, ...], rng: Generator) -> Array:
    image = Image.fromarray(np.round(x * 255).astype(np.uint8))
    small = image.resize((int(image.width * c[0]), int(image.height * c[0])), Image.Resampling.BOX)
    return np.asarray(small.resize(image.size, Image.Resampling.BOX)) / 255


def jpeg_compression(x: Array, c: tuple[float, ...], rng: Generator) -> Array:
    buffer = io.BytesIO()
    Image.fromarray(np.round(x * 255).astype(np.uint8)).save(buffer, "JPEG", quality=int(c[0]))
    return np.asarray(Image.open(buffer)) / 255


def spatter(x: Array, c: tuple[float, ...], rng: Generator) -> Array:
    noise = rng.standard_normal(x.shape[:2], dtype=np.float32).astype(np.float64)
    liquid = smooth(c[0] + c[1] * noise, c[2])
    liquid[liquid < c[3]] = 0
    if c[5]:
        cover = smooth((liquid > c[3]).astype(float), c[4])
        cover[cover < 0.8] = 0
        return x * (1 - cover[..., None]) + cover[..., None] * np.array([63, 42, 20]) / 255
    liquid = (liquid * 255).clip(0, 255).astype(np.uint8)
    depth = uniform_filter(np.minimum(chamfer(canny(liquid, 50, 150)), 20), 3, mode="mirror")
    emboss = np.array([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]])
    shade = correlate(equalized((depth + 1e-6).astype(int)), emboss, mode="mirror").clip(0, 255)
    shade = liquid * np.round(uniform_filter(shade.astype(float), 3, mode="mirror"))
    return x + c[4] * (shade / max(shade.max(), 1))[..., None] * np.array([175, 238, 238]) / 255
