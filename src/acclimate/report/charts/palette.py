"""Colours that keep apart for colour-blind readers and on light and dark paper (after Okabe and Ito, and Paul Tol)."""

from __future__ import annotations

SOURCE = "#2b7fc0"
TARGET = "#e0731d"
QUIET = "#8b9096"

# Ink and paper are placeholders: inside the page they become the reader's own light or dark colours.
INK = "#1a1b1c"
PAPER = "#fdfdfe"

CLASSES = (
    "#4477aa",
    "#ee7733",
    "#228833",
    "#cc6677",
    "#66aadd",
    "#aa3377",
    "#bbaa33",
    "#009988",
    "#996633",
    "#7a6fd0",
)
