"""One finished run as one HTML file that opens offline."""

from __future__ import annotations
