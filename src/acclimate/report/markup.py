"""HTML elements that escape what is put into them: file names and labels are a stranger's text."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]")


class Html(str):
    """Text that is HTML already. `element` escapes every other string."""

    __slots__ = ()


def plain(text: object) -> str:
    """Text that may stand in an HTML or SVG file: no control character, no change of direction, no lone surrogate."""
    encodable = str(text).encode("utf-8", "backslashreplace").decode("utf-8")
    return _CONTROL.sub("\ufffd", encodable)


def shorten(text: object, limit: int) -> str:
    """One line of at most ``limit`` characters; what is left out is shown by an ellipsis in the middle."""
    line = " ".join(plain(text).split())
    head = (limit - 1) // 2
    return line if len(line) <= limit else f"{line[: limit - 1 - head]}\u2026{line[len(line) - head :]}"


def join(parts: Iterable[object], separator: str = "") -> Html:
    """Parts one after the other; ``None`` is left out, a plain string is escaped."""
    return Html(separator.join(_escaped(part) for part in parts if part is not None))


def element(name: str, /, *content: object, **attributes: object) -> Html:
    """``<name attribute="...">content</name>``; write ``class_`` for ``class``, ``data_label`` for ``data-label``."""
    return Html(f"<{name}{_attributes(attributes)}>{join(content)}</{name}>")


def void(name: str, /, **attributes: object) -> Html:
    """An element without content: ``<img ...>``."""
    return Html(f"<{name}{_attributes(attributes)}>")


def _escaped(part: object) -> str:
    return part if isinstance(part, Html) else html.escape(plain(part))


def _attributes(attributes: dict[str, object]) -> str:
    named = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items() if value is not None}
    return "".join(f' {name}="{html.escape(plain(value))}"' for name, value in named.items())
