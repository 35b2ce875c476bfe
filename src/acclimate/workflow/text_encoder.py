"""The encoder of a run on texts: its network, its tokenizer, and what is cut off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from acclimate.data import Domain, TextPreprocessing, text_preprocessing, token_counts
from acclimate.errors import InputError
from acclimate.nn.text_body import TextBody, check_text_model, text_body
from acclimate.types import Array

TEXT_MODEL = "sentence-transformers/all-MiniLM-L6-v2"  # the default


@dataclass(frozen=True)
class TextEncoder:
    """A text encoder with its tokenizer.

    Attributes:
        spec: What rebuilds the network: see `acclimate.nn.architecture.build_backbone`.
        body: The network.
        preprocessing: For prediction.
        training: The same with the number of columns that the longest text of all domains needs: rows of source and
            target meet in one batch.
        notes: How many texts are cut off, in words.
    """

    spec: dict[str, Any]
    body: TextBody
    preprocessing: TextPreprocessing
    training: TextPreprocessing
    notes: tuple[str, ...]


def check_texts(text: str | None, backbone: str | None, max_length: int | None) -> None:
    """Refuse, before anything is read, a model of texts that is not there, or a length of texts where there are none.

    Raises:
        InputError: By what is missing.
    """
    check_max_length(text, max_length)
    if text is not None:
        check_text_model(backbone or TEXT_MODEL)


def check_max_length(text: str | None, max_length: int | None) -> None:
    """Refuse a length of texts that makes no sense, or where there are none.

    Raises:
        InputError: It does.
    """
    if max_length is not None and (text is None or max_length < 1):
        raise InputError(f"--max-length {max_length} is how much of a text is read; give --text too, and 1 or more.")


def read_text_encoder(
    name: str, weights: str, max_length: int | None, domains: Sequence[Domain], lora: int | None = None
) -> TextEncoder:
    """Load an encoder by name.

    Args:
        name: Of a transformers model at Hugging Face, or a local folder.
        weights: ``"default"`` or ``"none"``, which are random.
        max_length: Tokens of a text that are read; ``None``: 256, or as many as the model takes if that is less.
        domains: The texts.
        lora: Rank of low-rank adapters.

    Raises:
        InputError: transformers is not installed, or the model cannot be had.
    """
    body = text_body(name, weights)
    preprocessing = text_preprocessing(name, max_length, body.max_length)
    counts = [token_counts(preprocessing, np.asarray(domain.x)) for domain in domains]
    longest = max(counts, key=lambda found: found.max())
    pairs = zip(domains, counts, strict=True)
    return TextEncoder(
        spec={
            "name": "text",
            "model": name,
            "weights": weights,
            "config": body.config,
            **({} if lora is None else {"lora": lora}),
        },
        body=body,
        preprocessing=preprocessing,
        training=preprocessing.fitted_to(longest),
        notes=tuple(note for domain, found in pairs if (note := cut_off(domain, found, preprocessing.max_length))),
    )


def cut_off(domain: Domain, counts: Array, most: int) -> str:
    """How many texts are longer than what is read, in words; empty where none is.

    Args:
        domain: Texts.
        counts: Tokens of each, (n,).
        most: Tokens that are read.
    """
    longer = int((counts > most).sum())
    if not longer:
        return ""
    return (
        f"{longer} of {len(counts)} texts of {domain.name} have more than {most} tokens (up to {int(counts.max())}); "
        "what follows is not read (--max-length)."
    )
