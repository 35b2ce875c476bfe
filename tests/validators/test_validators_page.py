"""The page of validators is what the docstrings say."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from acclimate.validators import VALIDATORS

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_is_current_and_tells_of_every_validator() -> None:
    spec = importlib.util.spec_from_file_location("validator_page", DOCS / "validator_page.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    page = made.page()
    assert (DOCS / "validators.md").read_text() == page, "run python docs/validator_page.py"
    for key in VALIDATORS:
        assert page.count(f"## `{key}`") == 1
        assert "Fails" in page.split(f"## `{key}`")[1].split("\n## ")[0]
