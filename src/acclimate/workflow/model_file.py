"""The folder of a saved model: ``model.json``, and beside it weights and scikit-learn parts."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from torch import nn

from acclimate.data import Preprocessing, TextPreprocessing, text_preprocessing
from acclimate.data.domain import Recipe
from acclimate.errors import InputError
from acclimate.workflow.adapted_model import AdaptedModel
from acclimate.workflow.configuration import versions
from acclimate.workflow.extractor import Extractor
from acclimate.workflow.member_files import load_member, load_weights, save_member, save_weights
from acclimate.workflow.networks import OWN, make_backbone
from acclimate.workflow.run_folder import read_json, write_json

FORMAT = 1
JSON, BACKBONE, TOKENIZER = "model.json", "backbone.safetensors", "tokenizer"
Model = TypeVar("Model", bound=AdaptedModel)


def save_model(model: AdaptedModel, folder: Path) -> None:
    """Write a model. ``model.json`` comes last, so that a folder that has it is complete.

    Args:
        model: What to write.
        folder: Where to; what an interrupted run left there is removed.

    Raises:
        InputError: The folder cannot be written.
    """
    shutil.rmtree(folder, ignore_errors=True)
    members = [save_member(member, folder) for member in {m.key: m for m in (*model.members, model.baseline)}.values()]
    extractor = None
    if model.extractor is not None:
        extractor = {**model.extractor.spec, **({} if model.extractor.spec["name"] == OWN else {"weights": "none"})}
        save_weights(model.extractor.backbone, folder / BACKBONE)
    described = {
        "format": FORMAT,
        "name": model.name,
        "chosen_by": model.chosen_by,
        "task": model.task,
        "kind": model.kind,
        "classes": model.classes,
        "shape": model.shape,
        "columns": model.columns,
        "preprocessing": None if model.preprocessing is None else model.preprocessing.to_json(),
        "tokenizer": _saved_tokenizer(model.preprocessing, folder),
        "backbone": extractor,
        "level": model.level,
        "chosen": [member.key for member in model.members],
        "baseline": model.baseline.key,
        "members": members,
        "versions": versions(),
    }
    write_json(folder / JSON, described)


def load_model(cls: type[Model], path: Path, own: nn.Module | None) -> Model:
    """Rebuild a model from its folder.

    Args:
        cls: `AdaptedModel`.
        path: The folder, or the folder of the run around it.
        own: The person's own backbone, where the model stands on one.

    Raises:
        InputError: There is no model, a file is damaged, or it is of a later format.
    """
    folder = _folder(path)
    found = read_json(folder / JSON)
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise InputError(
            f"{folder / JSON} is of a format that this version does not read; use the version that wrote it."
        )
    try:
        return _rebuilt(cls, found, folder, own)
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{folder / JSON} is damaged ({error!r}); run `acclimate adapt` again.") from error


def _rebuilt(cls: type[Model], found: Mapping[str, Any], folder: Path, own: nn.Module | None) -> Model:
    members = {entry["key"]: load_member(entry, folder, own) for entry in found["members"]}
    return cls(
        name=found["name"],
        members=tuple(members[key] for key in found["chosen"]),
        baseline=members[found["baseline"]],
        task=found["task"],
        kind=found["kind"],
        classes=tuple(found["classes"]),
        shape=_tuple(found["shape"]),
        columns=_tuple(found["columns"]),
        preprocessing=_preprocessing(found, folder),
        extractor=_extractor(found["backbone"], folder, own),
        level=found["level"],
        chosen_by=found["chosen_by"],
    )


def _saved_tokenizer(preprocessing: Recipe | None, folder: Path) -> str | None:
    if not isinstance(preprocessing, TextPreprocessing):
        return None
    preprocessing.save(folder / TOKENIZER)
    return TOKENIZER


def _preprocessing(found: Mapping[str, Any], folder: Path) -> Recipe | None:
    values = found["preprocessing"]
    if values is not None and found.get("tokenizer"):
        return text_preprocessing(folder / TOKENIZER, values["max_length"])
    return None if values is None else Preprocessing.from_json(values)


def _extractor(spec: dict[str, Any] | None, folder: Path, own: nn.Module | None) -> Extractor | None:
    if spec is None:
        return None
    backbone = make_backbone(spec, own)
    load_weights(backbone, folder / BACKBONE)
    return Extractor(spec, backbone)


def _folder(path: Path) -> Path:
    if path.is_file():
        raise InputError(
            f"{path} is a file; a model is the folder that `acclimate adapt` wrote. Pickles and .pt files may run code "
            "and are never opened."
        )
    for folder in (path, path / "model"):
        if (folder / JSON).exists():
            return folder
    raise InputError(f"{path} holds no model (there is no {JSON}); give the folder that `acclimate adapt` wrote.")


def _tuple(value: list[Any] | None) -> tuple[Any, ...] | None:
    return None if value is None else tuple(value)
