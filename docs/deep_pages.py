"""The pages of deep methods, each from its class, its docstring and what was measured of it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from itertools import groupby

import measured
from measured import Line

from acclimate.methods import METHODS, Alignment, Combined, Method
from acclimate.methods.base import FAMILIES
from acclimate.workflow.method_table import combines

SECTIONS = ("Args", "Attributes", "Notes", "Raises", "Reference", "Example")


def overview(accuracy: Sequence[Line]) -> str:
    """The table of all methods by family, and the tree of their pages."""
    ordered = sorted(METHODS.values(), key=lambda cls: list(FAMILIES).index(cls.family))
    problems = measured.problems(accuracy)
    parts = [INTRODUCTION, _picture() if accuracy else ""]
    for family, classes in groupby(ordered, key=lambda cls: cls.family):
        rows = [_row(cls, problems, accuracy) for cls in sorted(classes, key=lambda cls: cls.key)]
        parts.append(f"## {FAMILIES[family]}\n\n{measured.markdown((*HEADER, *problems), rows)}\n")
    keys = [cls.key for cls in ordered]
    tree = "\n".join(["```{toctree}", ":hidden:", "", *(f"methods/{key}" for key in [*keys, "combined"]), "```"])
    return "\n".join([*parts, combinators(), tree]) + "\n"


HEADER = ("key", "name", "cost", "combines", "paper")


def _row(cls: type[Method], problems: Sequence[str], accuracy: Sequence[Line]) -> tuple[str, ...]:
    gains = measured.gains(cls.key, accuracy)
    link, paper = f"[`{cls.key}`](methods/{cls.key}.md)", f"[{cls.paper}]({cls.url})"
    facts = (link, cls.title, f"{cls.passes:.3g}", combines(cls), paper)
    return (*facts, *(gains.get(name, measured.NOT_MEASURED) for name in problems))


def _predicts(cls: type[Method]) -> str:
    words = {"classification": "classes", "regression": "numbers"}
    return ", ".join(words[task] for task in cls.tasks)


def _picture() -> str:
    path = measured.RESULTS / "uda_accuracy.svg"
    return f"![Accuracy over speed of every method]({PICTURES}/{path.name})\n" if path.exists() else ""


PICTURES = "../../benchmarks/results"


def combinators() -> str:
    """What a plus sign does, and which methods it joins."""
    named: dict[str, list[str]] = {"yes": [], "first": [], "no": []}
    for key, cls in METHODS.items():
        named[combines(cls)].append(f"[`{key}`](methods/{key}.md)")
    return COMBINATORS.format(**{word: ", ".join(sorted(keys)) for word, keys in named.items()})


def page(cls: type[Method], accuracy: Sequence[Line], speed: Sequence[Line]) -> str:
    """Everything that there is to know of one method."""
    parts = docstring(cls)
    key = vars(cls).get("key", "combined")
    sections = {
        "Objective": rst(parts["Objective"]),
        "Arguments and defaults": rst(signature(cls) + arguments(cls, parts["Args"])),
        "Run it": run(cls) if cls is not Combined else RUN_COMBINED,
        "Measured": f"{measured.accuracy(key, accuracy)}\n{measured.speed(key, speed)}" if cls is not Combined else "",
        "Deviations from the paper": rst(parts["Notes"]),
        "Reference": rst(parts["Reference"]) if "Reference" in parts else "",
        "Example": f"```python\n{parts['Example']}\n```\n",
    }
    if cls is Combined:
        sections["Notes"] = sections.pop("Deviations from the paper")
    facts = "" if cls is Combined else measured.markdown(("", ""), _facts(cls)) + "\n"
    title = "Combined" if cls is Combined else cls.title
    text = "\n".join(f"## {name}\n\n{text}" for name, text in sections.items() if text)
    return f"# {title}\n\n{rst(parts['Summary'])}\n{facts}{text}"


def _facts(cls: type[Method]) -> list[tuple[str, str]]:
    joined = {
        "yes": f"yes: `{_joined(cls.key)}`, with any other that does",
        "first": f"it takes the terms of others (`{_joined(cls.key)}`) and is added to none",
        "no": "no: it has no place for terms of others, and none of its own to add",
    }
    return [
        ("key", f"`{cls.key}`"),
        ("family", FAMILIES[cls.family]),
        ("paper", f"[{cls.paper}]({cls.url})"),
        ("setting", ", ".join(cls.settings)),
        ("predicts", _predicts(cls)),
        ("cost of a step", f"{cls.passes:.3g} passes of the network over one batch; source-only 1"),
        ("phases of a step", "one" if len(cls.phases) == 1 else ", ".join(cls.phases)),
        ("views of a row", VIEWS[min(cls.views, 2)]),
        ("batch norm", batch_norm(cls)),
        ("can be combined", joined[combines(cls)]),
    ]


VIEWS = {
    1: "one",
    2: "two, weak and strong, of target rows; of rows that come in one, it makes the second by noise",
}


def batch_norm(cls: type[Method]) -> str:
    """How domains are normalised, and whether that can be chosen."""
    parameter = inspect.signature(cls).parameters.get("batch_norm")
    if parameter is None:
        return "the method's own, see below"
    default = parameter.default or getattr(cls, "default_batch_norm", None)
    words = {"joint": "both domains in one pass, normalised together", "separate": "each domain by itself"}
    return f'{words[str(default)]}: `batch_norm="{default}"`; the other can be chosen'


def docstring(cls: type[Method]) -> dict[str, str]:
    """Its parts, by name: "Summary", "Objective" and the sections."""
    text = inspect.cleandoc(cls.__doc__ or "")
    names = "|".join(SECTIONS)
    pieces = re.split(rf"^({names}):\n", text, flags=re.MULTILINE)
    summary, _, objective = pieces[0].partition("\n\n")
    found = {"Summary": summary, "Objective": objective.strip("\n")}
    for name, body in zip(pieces[1::2], pieces[2::2], strict=True):
        found[name] = inspect.cleandoc(body).strip("\n")
    return found


def entries(text: str) -> dict[str, str]:
    """Each argument of an ``Args`` section, in one line."""
    starts = re.split(r"^(\*{0,2}\w+): ", text, flags=re.MULTILINE)
    return {name.lstrip("*"): " ".join(body.split()) for name, body in zip(starts[1::2], starts[2::2], strict=True)}


def signature(cls: type[Method]) -> str:
    """The class as Sphinx knows it, so that other pages can point to it."""
    words = [_plain(parameter) for parameter in _parameters(cls)]
    stars = [i for i, parameter in enumerate(_parameters(cls)) if parameter.kind is parameter.KEYWORD_ONLY]
    varied = any(parameter.kind is parameter.VAR_POSITIONAL for parameter in _parameters(cls))
    if stars and not varied:
        words.insert(stars[0], "*")
    return f".. py:class:: acclimate.methods.{cls.__name__}({', '.join(words)})\n\n"


def _plain(parameter: inspect.Parameter) -> str:
    """An argument without its type; a function by its name."""
    named = getattr(parameter.default, "__name__", None) if parameter.default is not parameter.empty else None
    bare = parameter.replace(annotation=parameter.empty)
    return f"{parameter.name}={named}" if named else str(bare)


def arguments(cls: type[Method], text: str) -> str:
    """A table of the constructor's arguments: what each is by default, and what it means."""
    meaning = entries(text)
    lines = [".. list-table::", "   :header-rows: 1", "   :widths: 18 17 65", ""]
    rows = [("argument", "default", "meaning")]
    rows += [(f"``{p.name}``", default(cls, p), meaning[p.name]) for p in _parameters(cls)]
    for row in rows:
        lines += [f"   {'*' if i == 0 else ' '} - {cell}" for i, cell in enumerate(row)]
    return "\n".join(lines) + "\n"


def _parameters(cls: type[Method]) -> list[inspect.Parameter]:
    return list(inspect.signature(cls).parameters.values())


def default(cls: type[Method], parameter: inspect.Parameter) -> str:
    """What an argument is where nobody gives it."""
    if parameter.name == "network":
        return "yours"
    if parameter.default is parameter.empty:
        return "given" if cls is Combined else "built to fit the network"
    if parameter.name == "batch_norm" and parameter.default is None and issubclass(cls, Alignment):
        return f'``"{cls.default_batch_norm}"``'
    value = getattr(parameter.default, "__name__", None)
    return f"``{value}``" if value else f"``{parameter.default!r}``".replace("'", '"')


def run(cls: type[Method]) -> str:
    """The same method at three heights; one of fine-tuning, which has no target, from Python alone."""
    if cls.settings == ("finetune",):
        return RUN_FINETUNE.format(key=cls.key, name=cls.__name__)
    several = combines(cls) != "no"
    joined = _joined(cls.key)
    options = {name: p.default for name, p in inspect.signature(cls).parameters.items() if _is_option(p)}
    params = next(({name: value} for name, value in options.items()), {})
    shown = f", method_params={params!r}".replace("'", '"') if params else ""
    text = RUN.format(key=cls.key, name=cls.__name__, params=shown)
    return text + (RUN_JOINED.format(joined=joined) if several else "")


def _joined(key: str) -> str:
    return "dann+mcc" if key == "mcc" else f"{key}+mcc"


def _is_option(parameter: inspect.Parameter) -> bool:
    return isinstance(parameter.default, int | float) and not isinstance(parameter.default, bool)


def rst(text: str) -> str:
    """A piece of a docstring inside a Markdown page."""
    return f"```{{eval-rst}}\n{text}\n```\n" if text else ""


INTRODUCTION = """# Methods

Every deep method of this version, written from the code. A key is what `--methods` and `DeepClassifier(method=...)`
take (those of fine-tuning: `build`); keys join with a plus sign (`dann+mcc`), sharing one feature pass. *Cost* is the
number of forward and backward passes of the network over one batch in each step, source-only being 1. *Combines*:
*yes*, with any other that does; *first*, others join it; *no*, it stands alone. Accuracies are those of the checkpoint
that a label-free rule chooses,
in brackets what that is over source-only, with or without batch norm. [Which one?](../deep.md)
"""
COMBINATORS = """## Combinators

A plus sign makes one method of several: [`Combined`](methods/combined.md), the supervised loss once and the terms of
all, from one feature pass.

- Join any other, and others them: {yes}.
- Others join them, in the phase that trains the whole network on both domains: {first}.
- Stand alone: {no}.
"""
RUN = """From the command line, beside source-only, which is always a candidate:

```sh
acclimate adapt --source photos/studio --target photos/field --methods {key} --out run
```

As an estimator, on arrays:

```python
from acclimate import stack_domains
from acclimate.estimators import DeepClassifier

model = DeepClassifier("{key}"{params})
model.fit(*stack_domains((Xs, ys), target=Xt)).predict(Xt)
```

With a network, streams and an optimiser of your own, or [in your own loop](../../heights.md):

```python
from acclimate.methods import {name}
from acclimate.training import fit

method = {name}.from_network(network, 10)  # ten classes
fit(method, Streams(source=source, target=target), steps=1000)
```

`acclimate eject {key}` writes it as one script that needs torch alone.
"""
RUN_FINETUNE = """\
It reads labelled rows alone and has no target, so `acclimate adapt` has no use for it. With a network, labelled rows
and [a strategy](../../finetuning.md), which says what is trained and at which rate:

```python
from acclimate.methods import build
from acclimate.training import finetune

method = build("{key}", network, 10)  # ten classes; or {name}.from_network(network, 10)
finetune(method, "layerwise", Streams(labeled=labeled), steps=1000)
```

`acclimate finetune` compares strategies on images, all of them with the supervised loss alone.
"""
RUN_JOINED = """
Joined with another: `--methods {joined}`, `DeepClassifier("{joined}")`, `build("{joined}", network, 10)`.
"""
RUN_COMBINED = """```sh
acclimate adapt --source photos/studio --target photos/field --methods dann+mcc,mcd+bnm --out run
```

```python
from acclimate.methods import build

method = build("dann+mcc", network, 10)  # or Combined(DANN(network, discriminator), MCC(network))
```

`DeepClassifier("dann+mcc")` is the same as an estimator.
"""
