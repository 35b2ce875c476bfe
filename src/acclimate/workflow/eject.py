"""Write a method as one stand-alone script."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import acclimate
from acclimate.classical import classical_methods, find_classical
from acclimate.errors import InputError
from acclimate.methods import Alignment, Combined, Method, find
from acclimate.workflow.ejected_loop import main
from acclimate.workflow.run_folder import write_text
from acclimate.workflow.standalone_source import gather

HEAD = '''"""{title} with a plain training loop, in one file that needs {packages} only.

{paper}.

Taken out of acclimate {version} by `acclimate eject {key}`. Put your own data into `made_domains` and your own network
into `main`; everything above them is the method.
"""

'''
TAIL = """

if __name__ == "__main__":
    main({build})
"""


def eject(key: str, out: Path | None = None) -> Path:
    """Write a method, the losses and networks it needs and a plain training loop as one script.

    Args:
        key: A method's key; several joined by ``+`` for their sum.
        out: The script to write; ``KEY.py`` in the current folder if not given. It must not be there yet.

    Returns:
        The script's path.

    Raises:
        InputError: The method is not known or is classical, or the file is there already.
    """
    if key in classical_methods():
        model = "AdaptedClassifier" if "classification" in find_classical(key).tasks else "AdaptedRegressor"
        raise InputError(
            f"'{key}' is classical: it trains no network, so there is no loop to take out; in a script write "
            f"acclimate.{model}('{key}').fit(*acclimate.stack_domains((Xs, ys), target=Xt))."
        )
    classes = [find(part) for part in key.split("+")]
    for cls in classes:
        if "uda" not in cls.settings:
            raise InputError(
                f"'{cls.key}' reads labelled rows alone, and the script's loop a source and a target; name a "
                "method that `acclimate methods --setting uda` lists."
            )
    path = Path(f"{key.replace('+', '_')}.py") if out is None else out
    if path.exists():
        raise InputError(f"{path} is there already and is not overwritten; name another file with --out.")
    write_text(path, script(classes))
    return path


def script(classes: list[type[Method]]) -> str:
    """The text of a script that trains the sum of these methods.

    Args:
        classes: One or more classes of methods.

    Returns:
        Python source that imports torch and the standard library only, or POT too where a plan of transport is solved.
    """
    wanted: list[Callable[..., Any]] = [*classes, *([Combined] if len(classes) > 1 else []), main]
    text = gather(*wanted)
    head = HEAD.format(
        packages="torch and POT" if re.search(r"\bimport ot\b", text) else "torch",
        title=" + ".join(cls.title for cls in classes),
        paper=";\n".join(f"{cls.paper}, {cls.url}" for cls in classes),
        version=acclimate.__version__,
        key="+".join(cls.key for cls in classes),
    )
    return head + text + TAIL.format(build=_construction(classes))


def _construction(classes: list[type[Method]]) -> str:
    ordered = sorted(classes, key=lambda cls: issubclass(cls, Alignment))  # a scheme of its own goes first
    calls = [f"{cls.__name__}.from_network" for cls in ordered]
    if len(calls) == 1:
        return calls[0]
    return f"lambda network, outputs: Combined({', '.join(f'{call}(network, outputs)' for call in calls)})"
