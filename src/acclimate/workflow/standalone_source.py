"""Gather the definitions that some objects of ours need, as the text of one file that imports nothing of ours."""

from __future__ import annotations

import ast
import builtins
import importlib
import importlib.util
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

PACKAGE = __name__.partition(".")[0]
LEFT_OUT = (
    (re.compile(r'\b(?:Float|Int|Integer|Bool|Num|Shaped)\[([\w.]+), "[^"]*"\]'), r"\1"),  # shapes need jaxtyping
    (re.compile(r'\n\n +Example:\n.*?(\n *""")', re.DOTALL), r"\1"),  # examples import this package
    (re.compile(r" +# type: ignore\S*(  # .*)?$", re.MULTILINE), ""),
)


@dataclass(frozen=True)
class Imported:
    """One name that a module imports: ``from module import name as alias``; ``name`` is empty for ``import module``."""

    module: str
    name: str
    alias: str

    @property
    def renamed(self) -> str:
        """``name as alias``, or the name alone."""
        what = self.name or self.module
        return what if self.alias == what else f"{what} as {self.alias}"


class SourceModule:
    """The text of one of our modules, taken apart: its top-level definitions and its imports."""

    def __init__(self, module: ModuleType) -> None:
        self.name, self.package = module.__name__, module.__package__ or ""
        self.lines = Path(str(module.__file__)).read_text(encoding="utf-8").splitlines()
        self.tree = ast.parse("\n".join(self.lines))

    @cached_property
    def definitions(self) -> dict[str, ast.stmt]:
        """Top-level functions, classes and assignments by name."""
        return {name: node for node in self.tree.body for name in _defined(node)}

    @cached_property
    def imports(self) -> dict[str, Imported]:
        """What the module imports, by the name it has there; imports for type checkers only are left out."""
        nodes = [node for node in self.tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        return {found.alias: found for node in nodes for found in self._imported(node)}

    def text(self, node: ast.stmt) -> str:
        """The source of a definition, decorators included, without what only this package can read."""
        decorators = [d.lineno for d in getattr(node, "decorator_list", [])]
        first = min([node.lineno, *decorators])
        text = "\n".join(self.lines[first - 1 : node.end_lineno])
        for pattern, replacement in LEFT_OUT:
            text = pattern.sub(replacement, text)
        return text

    def _imported(self, node: ast.Import | ast.ImportFrom) -> Iterator[Imported]:
        for alias in node.names:
            if isinstance(node, ast.Import):
                yield Imported(alias.name, "", alias.asname or alias.name)
            else:
                relative = "." * node.level + (node.module or "")
                module = importlib.util.resolve_name(relative, self.package) if node.level else relative
                yield Imported(module, alias.name, alias.asname or alias.name)


@dataclass
class Gathered:
    """Definitions in an order in which each comes after those it needs, and the imports of other packages."""

    definitions: dict[tuple[str, str], str] = field(default_factory=dict)  # (module, name) -> text
    imports: set[Imported] = field(default_factory=set)
    modules: dict[str, SourceModule] = field(default_factory=dict)
    started: set[tuple[str, str]] = field(default_factory=set)

    def add(self, module: str, name: str) -> None:
        """Add a definition and, before it, whatever it refers to."""
        if (module, name) in self.started:
            return
        self.started.add((module, name))
        source = self.modules.setdefault(module, SourceModule(importlib.import_module(module)))
        if name not in source.definitions:  # a package's __init__ that hands the name on
            self._add_used(source, name)
            return
        node = source.definitions[name]
        for used in _used_names(node):
            self._add_used(source, used)
        self.definitions[module, name] = source.text(node)

    def _add_used(self, source: SourceModule, used: str) -> None:
        if used in source.definitions:
            self.add(source.name, used)
        elif used in source.imports:
            found = source.imports[used]
            if found.module.partition(".")[0] == PACKAGE:
                self.add(found.module, found.name)
            elif found.module != "jaxtyping":
                self.imports.add(found)

    def text(self) -> str:
        """Imports, then definitions, as one file without a docstring.

        Raises:
            ValueError: Two modules define the same name, so that one file cannot hold both.
        """
        names = [name for _, name in self.definitions]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ValueError(f"Defined in two modules: {', '.join(sorted(twice))}; rename one of them.")
        head = ["from __future__ import annotations", "", *_import_lines(self.imports)]
        return "\n\n\n".join(["\n".join(head), *self.definitions.values()]) + "\n"


def gather(*wanted: Callable[..., Any]) -> str:
    """The source of our classes or functions and of all of ours that they refer to.

    Args:
        wanted: Classes or functions that this package defines.

    Returns:
        Text of a Python file that imports nothing of this package.
    """
    gathered = Gathered()
    for thing in wanted:
        gathered.add(thing.__module__, thing.__qualname__)
    return gathered.text()


def _import_lines(imports: set[Imported]) -> list[str]:
    whole = [f"import {found.renamed}" for found in imports if not found.name]
    modules = sorted({found.module for found in imports if found.name})
    names = {module: sorted({i.renamed for i in imports if i.name and i.module == module}) for module in modules}
    return sorted(whole) + [f"from {module} import {', '.join(names[module])}" for module in modules]


def _defined(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Assign):
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return [node.target.id]
    return []


def _used_names(node: ast.stmt) -> list[str]:
    """Names that a definition refers to, in order of first use."""
    names = [part.id for part in ast.walk(node) if isinstance(part, ast.Name) and not hasattr(builtins, part.id)]
    return list(dict.fromkeys(names))
