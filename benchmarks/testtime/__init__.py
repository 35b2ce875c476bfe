"""Test-time adaptation on real images: networks, data, runs and the page."""
