"""A signal as a stack of thin lines, one per channel."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from acclimate.report.markup import Html, element
from acclimate.types import Array

_WIDTH, _HEIGHT = 200, 22
_MOST_CHANNELS = 12
_BINS = 100  # a longer signal is drawn by the lowest and highest value of each of 100 stretches


def channel_limits(signals: Iterable[Array]) -> Array:
    """Lowest and highest finite value of each channel over all signals, (2, channels), so that drawings compare."""
    low_high = [(np.nanmin(s, axis=1), np.nanmax(s, axis=1)) for s in map(_cleaned, signals)]
    return np.array([np.min([low for low, _ in low_high], axis=0), np.max([high for _, high in low_high], axis=0)])


def signal_lines(signal: Array, limits: Array, description: str) -> Html:
    """An SVG element.

    Args:
        signal: (channels, time); channels beyond the twelfth are not drawn.
        limits: Of `channel_limits`.
        description: What it shows, for those who cannot see it.
    """
    channels = _cleaned(signal)[:_MOST_CHANNELS]
    lines = [
        element("polyline", points=_points(channel, low, high, number * _HEIGHT))
        for number, (channel, low, high) in enumerate(zip(channels, *limits, strict=False))
    ]
    box = f"0 0 {_WIDTH} {len(channels) * _HEIGHT}"
    return element("svg", *lines, viewBox=box, class_="signal", role="img", aria_label=description)


def _cleaned(signal: Array) -> Array:
    return np.nan_to_num(np.atleast_2d(np.asarray(signal, dtype=np.float64)), posinf=0.0, neginf=0.0)


def _points(channel: Array, low: float, high: float, top: float) -> str:
    values = _outline(channel)
    x = np.linspace(0, _WIDTH, len(values)) if len(values) > 1 else np.array([_WIDTH / 2])
    y = top + (_HEIGHT - 3) * (1 - (values - low) / ((high - low) or 1.0)) + 1.5
    return " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))


def _outline(channel: Array) -> Array:
    if len(channel) <= 2 * _BINS:
        return channel
    return np.concatenate([(part.min(), part.max()) for part in np.array_split(channel, _BINS)])
