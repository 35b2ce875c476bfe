"""The constants of every corruption at severities 1 to 5, for three sizes of image.

Three tables were published with Hendrycks & Dietterich 2019, "Benchmarking neural network robustness to common
corruptions and perturbations", https://arxiv.org/abs/1903.12261: ImageNet-C (224 pixels), Tiny-ImageNet-C (64) and
CIFAR-10-C (32). What the numbers of a row mean is said by the function that takes them.
"""

from __future__ import annotations

Constants = tuple[float, ...]  # of one corruption at one severity
Severities = tuple[Constants, Constants, Constants, Constants, Constants]


def _plain(a: float, b: float, c: float, d: float, e: float) -> Severities:
    return (a,), (b,), (c,), (d,), (e,)


def _times(side: int, *rows: Constants) -> Severities:
    """Rows that were published as multiples of a length."""
    one, two, three, four, five = (tuple(side * value for value in row) for row in rows)
    return one, two, three, four, five


_BRIGHTNESS = _plain(0.1, 0.2, 0.3, 0.4, 0.5)
_CONTRAST = _plain(0.4, 0.3, 0.2, 0.1, 0.05)
_SMALL_ZOOM: Severities = ((1.06, 0.01), (1.11, 0.01), (1.16, 0.01), (1.21, 0.01), (1.26, 0.01))

TABLES: dict[str, dict[int, Severities]] = {
    "gaussian_noise": {
        224: _plain(0.08, 0.12, 0.18, 0.26, 0.38),
        64: _plain(0.04, 0.08, 0.12, 0.15, 0.18),
        32: _plain(0.04, 0.06, 0.08, 0.09, 0.10),
    },
    "shot_noise": {
        224: _plain(60, 25, 12, 5, 3),
        64: _plain(250, 100, 50, 30, 15),
        32: _plain(500, 250, 100, 75, 50),
    },
    "impulse_noise": {
        224: _plain(0.03, 0.06, 0.09, 0.17, 0.27),
        64: _plain(0.01, 0.02, 0.05, 0.08, 0.14),
        32: _plain(0.01, 0.02, 0.03, 0.05, 0.07),
    },
    "defocus_blur": {
        224: ((3, 0.1), (4, 0.5), (6, 0.5), (8, 0.5), (10, 0.5)),
        64: ((0.5, 0.6), (1, 0.1), (1.5, 0.1), (2.5, 0.01), (3, 0.1)),
        32: ((0.3, 0.4), (0.4, 0.5), (0.5, 0.6), (1, 0.2), (1.5, 0.1)),
    },
    "glass_blur": {
        224: ((0.7, 1, 2), (0.9, 2, 1), (1, 2, 3), (1.1, 3, 2), (1.5, 4, 2)),
        64: ((0.1, 1, 1), (0.5, 1, 1), (0.6, 1, 2), (0.7, 2, 1), (0.9, 2, 2)),
        32: ((0.05, 1, 1), (0.25, 1, 1), (0.4, 1, 1), (0.25, 1, 2), (0.4, 1, 2)),
    },
    "motion_blur": {
        224: ((10, 3), (15, 5), (15, 8), (15, 12), (20, 15)),
        64: ((10, 1), (10, 1.5), (10, 2), (10, 2.5), (12, 3)),
        32: ((6, 1), (6, 1.5), (6, 2), (8, 2), (9, 2.5)),
    },
    "zoom_blur": {
        224: ((1.11, 0.01), (1.16, 0.01), (1.21, 0.02), (1.26, 0.02), (1.31, 0.03)),
        64: _SMALL_ZOOM,
        32: _SMALL_ZOOM,
    },
    "snow": {
        224: (
            (0.1, 0.3, 3, 0.5, 10, 4, 0.8),
            (0.2, 0.3, 2, 0.5, 12, 4, 0.7),
            (0.55, 0.3, 4, 0.9, 12, 8, 0.7),
            (0.55, 0.3, 4.5, 0.85, 12, 8, 0.65),
            (0.55, 0.3, 2.5, 0.85, 12, 12, 0.55),
        ),
        64: (
            (0.1, 0.2, 1, 0.6, 8, 3, 0.8),
            (0.1, 0.2, 1, 0.5, 10, 4, 0.8),
            (0.15, 0.3, 1.75, 0.55, 10, 4, 0.7),
            (0.25, 0.3, 2.25, 0.6, 12, 6, 0.65),
            (0.3, 0.3, 1.25, 0.65, 14, 12, 0.6),
        ),
        32: (
            (0.1, 0.2, 1, 0.6, 8, 3, 0.95),
            (0.1, 0.2, 1, 0.5, 10, 4, 0.9),
            (0.15, 0.3, 1.75, 0.55, 10, 4, 0.9),
            (0.25, 0.3, 2.25, 0.6, 12, 6, 0.85),
            (0.3, 0.3, 1.25, 0.65, 14, 12, 0.8),
        ),
    },
    "frost": {  # the share of the image, of the texture, and by how much the texture is reduced first
        224: ((1, 0.4, 1), (0.8, 0.6, 1), (0.7, 0.7, 1), (0.65, 0.7, 1), (0.6, 0.75, 1)),
        64: ((1, 0.3, 0.3), (0.9, 0.4, 0.3), (0.8, 0.45, 0.3), (0.75, 0.5, 0.3), (0.7, 0.55, 0.3)),
        32: ((1, 0.2, 0.2), (1, 0.3, 0.2), (0.9, 0.4, 0.2), (0.85, 0.4, 0.2), (0.75, 0.45, 0.2)),
    },
    "fog": {
        224: ((1.5, 2), (2, 2), (2.5, 1.7), (2.5, 1.5), (3, 1.4)),
        64: ((0.4, 3), (0.7, 3), (1, 2.5), (1.5, 2), (2, 1.75)),
        32: ((0.2, 3), (0.5, 3), (0.75, 2.5), (1, 2), (1.5, 1.75)),
    },
    "brightness": {224: _BRIGHTNESS, 64: _BRIGHTNESS, 32: _plain(0.05, 0.1, 0.15, 0.2, 0.3)},
    "contrast": {224: _CONTRAST, 64: _CONTRAST, 32: _plain(0.75, 0.5, 0.4, 0.3, 0.15)},
    "elastic_transform": {  # 244, not 224, is what was published
        224: _times(244, (2, 0.7, 0.1), (2, 0.08, 0.2), (0.05, 0.01, 0.02), (0.07, 0.01, 0.02), (0.12, 0.01, 0.02)),
        64: _times(64, (0, 0, 0.08), (0.05, 0.3, 0.06), (0.1, 0.08, 0.06), (0.1, 0.03, 0.03), (0.16, 0.03, 0.02)),
        32: _times(32, (0, 0, 0.08), (0.05, 0.2, 0.07), (0.08, 0.06, 0.06), (0.1, 0.04, 0.05), (0.1, 0.03, 0.03)),
    },
    "pixelate": {
        224: _plain(0.6, 0.5, 0.4, 0.3, 0.25),
        64: _plain(0.9, 0.8, 0.7, 0.6, 0.5),
        32: _plain(0.95, 0.9, 0.85, 0.75, 0.65),
    },
    "jpeg_compression": {
        224: _plain(25, 18, 15, 10, 7),
        64: _plain(65, 58, 50, 40, 25),
        32: _plain(80, 65, 58, 50, 40),
    },
    "speckle_noise": {
        224: _plain(0.15, 0.2, 0.35, 0.45, 0.6),
        64: _plain(0.15, 0.2, 0.25, 0.3, 0.35),
        32: _plain(0.06, 0.1, 0.12, 0.16, 0.2),
    },
    "gaussian_blur": {
        224: _plain(1, 2, 3, 4, 6),
        64: _plain(0.5, 0.75, 1, 1.25, 1.5),
        32: _plain(0.4, 0.6, 0.7, 0.8, 1),
    },
    "spatter": {
        224: (
            (0.65, 0.3, 4, 0.69, 0.6, 0),
            (0.65, 0.3, 3, 0.68, 0.6, 0),
            (0.65, 0.3, 2, 0.68, 0.5, 0),
            (0.65, 0.3, 1, 0.65, 1.5, 1),
            (0.67, 0.4, 1, 0.65, 1.5, 1),
        ),
        64: (
            (0.62, 0.1, 0.7, 0.7, 0.6, 0),
            (0.65, 0.1, 0.8, 0.7, 0.6, 0),
            (0.65, 0.3, 1, 0.69, 0.6, 0),
            (0.65, 0.1, 0.7, 0.68, 0.6, 1),
            (0.65, 0.1, 0.5, 0.67, 0.6, 1),
        ),
        32: (
            (0.62, 0.1, 0.7, 0.7, 0.5, 0),
            (0.65, 0.1, 0.8, 0.7, 0.5, 0),
            (0.65, 0.3, 1, 0.69, 0.5, 0),
            (0.65, 0.1, 0.7, 0.69, 0.6, 1),
            (0.65, 0.1, 0.5, 0.68, 0.6, 1),
        ),
    },
    "saturate": {
        224: ((0.3, 0), (0.1, 0), (2, 0), (5, 0.1), (20, 0.2)),
        64: ((0.3, 0), (0.1, 0), (2, 0), (5, 0.1), (30, 0.2)),
        32: ((0.3, 0), (0.1, 0), (1.5, 0), (2, 0.1), (2.5, 0.2)),
    },
}
SIDES = (32, 64, 224)  # of the images that the tables were made for


def nearest_table(height: int, width: int) -> int:
    """The side of the largest table that is not larger than the image: 64 for 96 pixels, 32 for 28."""
    return max((side for side in SIDES if side <= min(height, width)), default=SIDES[0])
