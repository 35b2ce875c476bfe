"""How Sphinx builds these pages: `make docs`, into build/docs."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # method_pages.py, the extension beside this file

project = "Acclimate"
copyright = "2026, The Acclimate team"
release = version = metadata.version("acclimate")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "method_pages"]
myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True
napoleon_custom_sections = ["Reference"]
autodoc_typehints = "none"  # shapes stand in the docstrings; jaxtyping's annotations are hard to read
autodoc_member_order = "bysource"

html_theme = "furo"
html_title = f"Acclimate {release}"
