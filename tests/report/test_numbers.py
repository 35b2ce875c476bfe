"""Numbers as a reader wants them."""

from __future__ import annotations

import pytest

from acclimate.report.numbers import count, decimal, duration, percent, points, signed


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2.10549, "2.105"),
        (-0.31, "\u22120.310"),
        (48.9, "48.90"),
        (1234.56, "1234.6"),
        (0.00012345, "0.000123"),
        (2.5e9, "2.5e+09"),
        (0.0, "0.000"),
        (float("nan"), "not finite"),
    ],
)
def test_decimal(value, text):
    assert decimal(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(7.06, "7.1\u00a0s"), (125, "2\u00a0min 5\u00a0s"), (3780, "1\u00a0h 3\u00a0min")]
)
def test_duration(seconds, text):
    assert duration(seconds) == text


def test_shares_and_differences():
    assert percent(0.9512) == "95.1\u00a0%"
    assert percent(float("inf")) == "not finite"
    assert points(-0.042) == "\u22124.2\u00a0points"
    assert signed(decimal(3.4)) == "+3.400"
    assert signed(decimal(-3.4)) == "\u22123.400"


def test_counts_agree_with_their_noun():
    assert count(1, "file") == "1\u00a0file"
    assert count(1200, "file") == "1,200\u00a0files"
