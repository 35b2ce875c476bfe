"""Encoders of texts from the transformers library, as backbones; it is imported when one is asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from acclimate.errors import InputError
from acclimate.nn.hub import check_reachable
from acclimate.nn.lora import add_lora

CONFIG = "config.json"


class TextBody(nn.Module):
    """A text encoder that ends in the mean of its last hidden states over the real tokens of each text.

    Its input is one tensor of whole numbers, token numbers and mask stacked, so that texts travel like any other rows;
    see `acclimate.data.TextPreprocessing`.

    Args:
        model: A transformers model that is called with ``input_ids`` and ``attention_mask``. A pooler behind the last
            layer is dropped: its weights are seldom trained, and the mean does not use them.

    Attributes:
        num_features: d, the width of the hidden states.
        max_length: Tokens that it takes; ``None`` where it knows no limit.
        config: The model's configuration, JSON types, which rebuilds it without weights.

    Example:
        >>> from transformers import BertConfig, BertModel
        >>> config = BertConfig(vocab_size=9, hidden_size=8, num_hidden_layers=1, num_attention_heads=2)
        >>> ids = torch.tensor([[2, 5, 6, 3], [2, 7, 3, 0]])
        >>> TextBody(BertModel(config))(torch.stack([ids, ids.sign()], dim=1)).shape
        torch.Size([2, 8])
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.config: dict[str, Any] = json.loads(model.config.to_json_string())  # type: ignore[union-attr, operator]
        if self.config.get("is_encoder_decoder"):
            model = model.get_encoder()  # type: ignore[operator]
        if getattr(model, "pooler", None) is not None:
            model.pooler = None  # type: ignore[assignment]
        self.model = model
        self.num_features = int(model.config.hidden_size)  # type: ignore[union-attr, arg-type]
        self.max_length = _most_tokens(model)

    def forward(self, x: Tensor) -> Tensor:
        """Features (n, d) of texts (n, 2, length): the numbers of their tokens, and 1 where a token is real, else 0."""
        ids, mask = x.long().unbind(1)
        hidden: Tensor = self.model(input_ids=ids, attention_mask=mask).last_hidden_state
        real = mask[..., None].to(hidden.dtype)
        return (hidden * real).sum(1) / real.sum(1).clamp(min=1)


def text_body(
    model: str | Path, weights: str = "default", config: Mapping[str, Any] | None = None, lora: int | None = None
) -> TextBody:
    """A text encoder by name.

    Args:
        model: Its name at Hugging Face, or a local folder with ``config.json`` and its weights.
        weights: ``"default"``: those that belong to it; ``"none"``: random.
        config: What it was configured like, where it is rebuilt without the hub or the folder; with ``"none"`` only.
        lora: Rank of low-rank adapters in all linear layers, which are then all that is trained
            (`acclimate.nn.add_lora`); ``None``: the whole encoder is.

    Returns:
        It, in training mode.

    Raises:
        InputError: transformers is not installed, or there is no such model, or it cannot be had.
    """
    transformers, name = import_transformers(), str(model)
    if weights not in ("default", "none"):
        raise InputError(f"The weights {weights} of {name}: give a folder of a transformers model as the name instead.")
    with _quietly(transformers):
        if weights == "none" and config is not None:
            body = TextBody(_random(transformers, transformers.AutoConfig.for_model(**config)))
        else:
            body = TextBody(_loaded(transformers, name, weights))
    if lora is not None:
        add_lora(body.model, rank=lora)
    return body.train()


def import_transformers() -> Any:
    """The library.

    Raises:
        InputError: It is not installed.
    """
    try:
        import transformers
    except ImportError:
        raise InputError("Texts need the transformers library; run: pip install 'acclimate[text]'.") from None
    return transformers


def check_text_model(name: str) -> None:
    """Refuse, before anything is loaded, a folder that is not there or holds no model.

    Raises:
        InputError: By what is missing.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        if not (folder / CONFIG).is_file():
            raise InputError(f"The folder {name} holds no transformers model (no {CONFIG}); give one that does.")
    elif name.startswith((".", "/", "~")) or name.count("/") > 1 or "\\" in name:
        raise InputError(f"The model folder {name} does not exist; correct the path, or give a name at Hugging Face.")


def _loaded(transformers: Any, name: str, weights: str) -> Any:
    check_text_model(name)
    folder = Path(name).expanduser()
    place = str(folder) if folder.is_dir() else name
    if not folder.is_dir():
        check_reachable(name, (CONFIG,), name)
    try:
        if weights == "none":
            return _random(transformers, transformers.AutoConfig.from_pretrained(place))
        return transformers.AutoModel.from_pretrained(place, dtype=torch.float32)
    except Exception as error:  # the hub's, a damaged file's, or that of a configuration nobody knows
        why = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise InputError(
            f"The text model '{name}' cannot be loaded ({why}); give a local folder of a transformers model, or its "
            "name at Hugging Face."
        ) from error


def _random(transformers: Any, config: Any) -> Any:
    return transformers.AutoModel.from_config(config, dtype=torch.float32)


def _most_tokens(model: Any) -> int | None:
    """Positions that the model has, less those that some keep for padding (RoBERTa, MPNet)."""
    most = getattr(model.config, "max_position_embeddings", None)
    for name, module in model.named_modules():
        if name.endswith("position_embeddings") and isinstance(module, nn.Embedding):
            return module.num_embeddings - (0 if module.padding_idx is None else module.padding_idx + 1)
    return most if isinstance(most, int) and most > 0 else None


@contextmanager
def _quietly(transformers: Any) -> Iterator[None]:
    """Without the library's progress bars and its table of weights that were left out, such as the pooler's."""
    logging = transformers.utils.logging
    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
