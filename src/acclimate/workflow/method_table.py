"""The methods there are, read off their classes."""

from __future__ import annotations

from acclimate.errors import unknown_name
from acclimate.methods import METHODS

COLUMNS = ("key", "title", "paper", "url", "settings", "tasks")


def method_table(setting: str | None = None) -> list[dict[str, str]]:
    """One row for each method.

    Args:
        setting: Only methods for this setting, such as ``"uda"`` (unsupervised domain adaptation).

    Returns:
        Rows with ``key title paper url settings tasks``.

    Raises:
        InputError: No method has that setting.
    """
    settings = {name for cls in METHODS.values() for name in cls.settings}
    if setting is not None and setting not in settings:
        raise unknown_name("setting", setting, settings)
    rows = [cls for cls in METHODS.values() if setting is None or setting in cls.settings]
    return [{name: _text(getattr(cls, name)) for name in COLUMNS} for cls in rows]


def show_methods(table: list[dict[str, str]]) -> None:
    """Print the rows, aligned."""
    widths = {name: max(len(name), *(len(row[name]) for row in table)) for name in COLUMNS}
    for row in [{name: name for name in COLUMNS}, *table]:
        print("  ".join(row[name].ljust(widths[name]) for name in COLUMNS).rstrip())


def _text(value: str | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else ", ".join(value)
