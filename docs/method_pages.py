"""A small Sphinx extension: the pages of methods, written from the registries: a new method brings its page."""

from __future__ import annotations

import re
from pathlib import Path

import deep_pages
import measured
from sphinx.application import Sphinx

from acclimate.classical import Adapter, ClassicalMethod, Reweighter, classical_methods
from acclimate.methods import METHODS, Combined

CLASSICAL = """# Classical methods, one by one

Every classical method of this version, written from the code. A key is what `--methods` and `AdaptedClassifier` take.
Kinds: an *adapter* moves features, a *reweighter* weighs source rows, a *learner* trains the estimator itself. *Shift*
is what it is for. Of labelled target rows some methods make special use, some need them; the others just train on them.
[Which one?](../classical.md)

| key | kind | shift | for | target labels | paper |
|---|---|---|---|---|---|
"""


def classical_row(method: type[ClassicalMethod]) -> str:
    """One line of the table of classical methods."""
    kind = "adapter" if issubclass(method, Adapter) else "reweighter" if issubclass(method, Reweighter) else "learner"
    labels = "needed" if method.needs_target_labels else "used" if method.uses_target_labels else ""
    authors, year = method.paper.split(",")[0], re.findall(r"\d{4}", method.paper)[-1]
    facts = (kind, ", ".join(method.shifts), ", ".join(method.tasks), labels, f"[{authors} {year}]({method.url})")
    return f"| `{method.key}` | {' | '.join(facts)} |\n"


def classical_entry(method: type[ClassicalMethod]) -> str:
    """The method's own docstring."""
    name = f"{method.__module__}.{method.__qualname__}"
    return f"\n## {method.title}\n\n`{method.key}`\n\n```{{eval-rst}}\n.. autoclass:: {name}\n   :no-members:\n```\n"


def write(app: Sphinx) -> None:
    """Write the pages below ``generated`` before Sphinx reads them."""
    folder = Path(app.srcdir) / "generated"
    classical = classical_methods().values()
    write_page(
        folder / "classical.md",
        CLASSICAL + "".join(map(classical_row, classical)) + "".join(map(classical_entry, classical)),
    )
    for name, text in deep_method_pages().items():
        write_page(folder / f"{name}.md", text)


def deep_method_pages() -> dict[str, str]:
    """The overview and one page for each deep method, by path."""
    accuracy, speed = measured.lines(measured.ACCURACY), measured.lines(measured.SPEED)
    pages = {f"methods/{key}": deep_pages.page(cls, accuracy, speed) for key, cls in METHODS.items()}
    combined = deep_pages.page(Combined, accuracy, speed)
    return {"methods": deep_pages.overview(accuracy), **pages, "methods/combined": combined}


def write_page(path: Path, text: str) -> None:
    """Write a page; untouched where nothing changed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("builder-inited", write)
    return {"parallel_read_safe": True}
