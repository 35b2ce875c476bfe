"""From texts to what a transformers network reads: the numbers of their tokens, and which of these are real."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
from torch import Tensor

from acclimate.errors import InputError
from acclimate.types import Array

USUAL = 256  # tokens of a text that are read unless told otherwise: as many as sentence-transformers' default model
PROBE = "Ünïcode CASE, 12.5!  don't\n"  # what tokenizers without a description as JSON are told apart by


@dataclass(frozen=True, eq=False)
class TextPreprocessing:
    """How texts become a network's input, the same in training, prediction and in a saved model.

    A text of more than ``max_length`` tokens is cut off behind them; :func:`token_counts` tells how many are.

    Args:
        tokenizer: Of the transformers library.
        max_length: Tokens of a text that are read, special ones included.
        width: Columns of the result. ``None``: as many as the longest of the texts that come together.
    """

    tokenizer: Any
    max_length: int
    width: int | None = None
    augmentation: ClassVar[str] = "none"

    def tokens(self, texts: Sequence[str] | Array) -> Tensor:
        """Numbers of the tokens of n texts, and 1 where a token is real: (n, 2, width) int32."""
        found = self.tokenizer(
            [str(text) for text in texts],
            truncation=True,
            max_length=self.max_length,
            padding="longest" if self.width is None else "max_length",
            return_attention_mask=True,
            return_tensors="np",
        )
        both = np.stack([found["input_ids"], found["attention_mask"]], axis=1)
        return torch.from_numpy(both[:, :, : self.width].astype(np.int32))

    def fitted_to(self, counts: Array) -> Self:
        """The same with as many columns as the longest text needs, for rows that meet in one batch.

        Args:
            counts: Tokens of each text, (n,).
        """
        return replace(self, width=min(int(counts.max(initial=1)), self.max_length))

    def without_augmentation(self) -> Self:
        """Itself: nothing is random."""
        return self

    def to_json(self) -> dict[str, Any]:
        """What the result depends on: how many tokens are read, and a hash of the tokenizer."""
        return {"max_length": self.max_length, "tokenizer": _fingerprint(self.tokenizer)}

    def save(self, folder: Path) -> None:
        """Write the tokenizer's files."""
        self.tokenizer.save_pretrained(folder)


def token_counts(preprocessing: TextPreprocessing, texts: Sequence[str] | Array) -> Array:
    """Tokens of each text before anything is cut off, (n,) int64."""
    found = preprocessing.tokenizer([str(text) for text in texts], verbose=False)["input_ids"]
    return np.array([len(ids) for ids in found], dtype=np.int64)


def text_preprocessing(name: str | Path, max_length: int | None = None, most: int | None = None) -> TextPreprocessing:
    """The tokenizer of a transformers model.

    Args:
        name: The model's name at Hugging Face, or a local folder.
        max_length: Tokens of a text that are read; default: 256, or as many as the model takes if that is less.
        most: Tokens that the network takes, where it has a limit.

    Raises:
        InputError: transformers is not installed, the tokenizer cannot be had, or the model does not take as many
            tokens.
    """
    tokenizer = _tokenizer(str(name))
    tokenizer.padding_side = "right"
    if tokenizer.pad_token is None:  # of models that only ever read one text; padding is masked, so any token will do
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.unk_token
    limit = min(most or int(tokenizer.model_max_length), int(tokenizer.model_max_length))
    if max_length is not None and max_length > limit:
        raise InputError(f"--max-length {max_length} is more than the {limit} tokens that {name} reads; give less.")
    return TextPreprocessing(tokenizer, max_length or min(USUAL, limit))


def _tokenizer(name: str) -> Any:
    try:
        import transformers
    except ImportError:
        raise InputError("Texts need the transformers library; run: pip install 'acclimate[text]'.") from None
    try:
        return transformers.AutoTokenizer.from_pretrained(str(Path(name).expanduser()) if Path(name).is_dir() else name)
    except Exception as error:  # the hub's, the file's, or that of a library for one kind of tokenizer
        why = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(
            f"The tokenizer of '{name}' cannot be had ({why}); give a folder with the tokenizer's files."
        ) from error


def _fingerprint(tokenizer: Any) -> str:
    fast = getattr(tokenizer, "backend_tokenizer", None)
    if fast is None:
        told: Any = [type(tokenizer).__name__, sorted(tokenizer.get_vocab().items()), tokenizer(PROBE)["input_ids"]]
    else:  # truncation and padding are those of the last call
        told = {key: v for key, v in json.loads(fast.to_str()).items() if key not in ("truncation", "padding")}
    return hashlib.blake2b(json.dumps(told, sort_keys=True).encode(), digest_size=16).hexdigest()
