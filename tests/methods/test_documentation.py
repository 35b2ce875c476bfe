"""Every method explains itself: formula, arguments, deviations from its paper, an example that runs; one short file."""

from __future__ import annotations

import doctest
import importlib
import inspect
from pathlib import Path

import pytest

from acclimate.methods import METHODS, Combined, Method
from acclimate.methods.base import FAMILIES

SECTIONS = ("Args:", "Notes:", "Reference:", "Example:")
DOCUMENTED = [*METHODS.values(), Combined]


def section(text: str, name: str) -> str:
    """A section of a Google-style docstring, to the next one or the end."""
    lines = text.split(f"\n{name}\n")[1].splitlines()
    end = next((i for i, line in enumerate(lines) if line and not line.startswith(" ")), len(lines))
    return "\n".join(lines[:end])


@pytest.mark.parametrize("cls", DOCUMENTED, ids=lambda cls: cls.__name__)
def test_docstring_is_complete(cls: type[Method]) -> None:
    """Summary, formula, every argument with its default, deviations, the paper with its address, an example."""
    text = inspect.cleandoc(cls.__doc__ or "")
    sections = [name for name in SECTIONS if not (cls is Combined and name == "Reference:")]
    assert text.splitlines()[0].endswith(".")
    assert ".. math::" in text
    assert all(f"\n{name}\n" in text for name in sections)
    assert section(text, "Notes:").strip()
    if cls is not Combined:
        assert cls.url in section(text, "Reference:")
        assert cls.url.startswith("https://")
        assert cls.title
        assert cls.paper
        assert cls.family in {*FAMILIES} - {"other"}


@pytest.mark.parametrize("cls", DOCUMENTED, ids=lambda cls: cls.__name__)
def test_every_argument_is_documented_with_its_default(cls: type[Method]) -> None:
    arguments = section(inspect.cleandoc(cls.__doc__ or ""), "Args:")
    for name, parameter in inspect.signature(cls).parameters.items():
        starred = "*" * (parameter.kind is inspect.Parameter.VAR_POSITIONAL) + name
        (entry,) = [part for part in entries(arguments) if part.startswith(f"{starred}:")]
        if parameter.default is not inspect.Parameter.empty:
            assert "default" in entry.lower(), name
        if isinstance(parameter.default, int | float) and not isinstance(parameter.default, bool):
            assert f"{parameter.default:g}" in entry, name


def entries(arguments: str) -> list[str]:
    """Each argument's own lines, joined."""
    joined: list[str] = []
    for line in arguments.splitlines():
        if line.startswith("    ") and not line.startswith("     "):
            joined.append(line.strip())
        elif joined:
            joined[-1] += " " + line.strip()
    return joined


@pytest.mark.parametrize("cls", DOCUMENTED, ids=lambda cls: cls.__name__)
def test_example_runs(cls: type[Method]) -> None:
    module = importlib.import_module(cls.__module__)
    (example,) = doctest.DocTestFinder(recurse=False).find(cls, cls.__name__, module, vars(module).copy())
    outcome = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE).run(example)
    assert outcome.attempted >= 2
    assert outcome.failed == 0


@pytest.mark.parametrize("cls", METHODS.values(), ids=lambda cls: cls.__name__)
def test_a_method_is_one_short_file(cls: type[Method]) -> None:
    """Its own file, called by its key, under 150 lines with the docstring; it imports no other method's file."""
    source = Path(inspect.getfile(cls))
    text = source.read_text()
    assert source.stem == cls.key
    assert len(text.splitlines()) <= 150
    assert not [key for key in METHODS if f"methods.uda.{key}" in text]
