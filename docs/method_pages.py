"""A small Sphinx extension: the page of methods, written from the registry: a new method brings its page."""

from __future__ import annotations

from pathlib import Path

from sphinx.application import Sphinx

from acclimate.methods import METHODS, Method
from acclimate.methods.base import arguments_of

INTRODUCTION = """# Methods

Every deep method of this version, written from the code. A key is what `--methods` and `DeepClassifier(method=...)`
take; keys join with a plus sign (`dann+mcc`), sharing one feature pass. *Cost* is the number of forward and backward
passes of the network over one batch in each step, source-only being 1.

| key | name | setting | tasks | cost | paper |
|---|---|---|---|---|---|
"""


def row(method: type[Method]) -> str:
    """One line of the table."""
    settings, tasks = ", ".join(method.settings), ", ".join(method.tasks)
    paper = f"[{method.paper}]({method.url})"
    return f"| `{method.key}` | {method.title} | {settings} | {tasks} | {method.passes:.3g} | {paper} |\n"


def entry(method: type[Method]) -> str:
    """The method's own docstring: objective, arguments, deviations from the paper, reference, example."""
    name = f"{method.__module__}.{method.__qualname__}"
    arguments = [f"`{name}`" for name in arguments_of(method)]
    options = f"Options: {', '.join(arguments)}.\n\n" if arguments else ""
    return f"\n## {method.title}\n\n{options}```{{eval-rst}}\n.. autoclass:: {name}\n   :no-members:\n```\n"


def write(app: Sphinx) -> None:
    """Write ``generated/methods.md`` before Sphinx reads the pages; untouched where nothing changed."""
    path = Path(app.srcdir) / "generated" / "methods.md"
    methods = METHODS.values()
    text = INTRODUCTION + "".join(map(row, methods)) + "".join(map(entry, methods))
    path.parent.mkdir(exist_ok=True)
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("builder-inited", write)
    return {"parallel_read_safe": True}
