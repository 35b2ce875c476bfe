"""The encoder of a run on texts: its network, its tokenizer, and what is cut off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from acclimate.data import Domain, TextPreprocessing, text_preprocessing, token_counts
from acclimate.nn.text_body import TextBody, text_body
from acclimate.types import Array
from acclimate.workflow.configuration import Configuration

TEXT_MODEL = "sentence-transformers/all-MiniLM-L6-v2"  # the default


@dataclass(frozen=True)
class TextEncoder:
    """A text encoder with its tokenizer.

    Attributes:
        spec: What rebuilds the network: see `acclimate.nn.architecture.build_backbone`.
        body: The network.
        preprocessing: For prediction.
        training: The same with the number of columns that the longest text of both domains needs: rows of source and
            target meet in one batch.
        notes: How many texts are cut off, in words.
    """

    spec: dict[str, Any]
    body: TextBody
    preprocessing: TextPreprocessing
    training: TextPreprocessing
    notes: tuple[str, ...]


def read_text_encoder(settings: Configuration, source: Domain, target: Domain) -> TextEncoder:
    """Load the encoder that the settings name.

    Args:
        settings: Complete.
        source: Texts.
        target: Texts.

    Raises:
        InputError: transformers is not installed, or the model cannot be had.
    """
    name = str(settings.backbone)
    body = text_body(name, str(settings.weights))
    preprocessing = text_preprocessing(name, settings.max_length, body.max_length)
    counts = [token_counts(preprocessing, np.asarray(domain.x)) for domain in (source, target)]
    longest = max(counts, key=lambda found: found.max())
    pairs = zip((source, target), counts, strict=True)
    return TextEncoder(
        spec={
            "name": "text",
            "model": name,
            "weights": settings.weights,
            "config": body.config,
            **({} if settings.lora is None else {"lora": settings.lora}),
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
