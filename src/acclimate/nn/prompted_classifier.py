"""A classifier from a dual encoder of images and texts, whose prompt's words are vectors that can be learned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from acclimate.errors import InputError


class PromptedClassifier(nn.Module):
    """The cosine of an image to each class's text, times a scale; the words in front of the name are ``context``.

    Args:
        model: A CLIP-like model of transformers, with ``get_image_features`` and ``get_text_features``. It is held, not
            copied.
        tokens: What its tokenizer makes of the texts, (c, length) integers.
        mask: 1 where a token is real, (c, length).
        words: How many tokens, behind the first of a text, are replaced by the context.
        scale: Of the logits; default: the model's own ``logit_scale``, or 100 where it has none.

    Attributes:
        context: The vectors in place of the first words, (words, d); at first those of the words themselves.

    Raises:
        InputError: There is no table of token embeddings in the model, or no word to replace.
    """

    tokens: Tensor
    mask: Tensor
    scale: Tensor

    def __init__(self, model: nn.Module, tokens: Tensor, mask: Tensor, words: int, scale: float | None = None) -> None:
        super().__init__()
        if not 1 <= words < tokens.shape[1] - 1:
            raise InputError(f"words={words} of texts of {tokens.shape[1]} tokens cannot be learned; give a template.")
        self.model = model
        own = getattr(model, "logit_scale", None)
        with torch.no_grad():
            known = torch.tensor(scale) if scale is not None else torch.tensor(100.0) if own is None else own.exp()
            first = _embedding(model)(tokens[:1, 1 : words + 1])[0]
        self.register_buffer("tokens", tokens)
        self.register_buffer("mask", mask)
        self.register_buffer("scale", known.detach().clone())
        self.context = nn.Parameter(first.detach().clone())

    def forward(self, x: Tensor) -> Tensor:
        """Logits (n, c) of images (n, ...)."""
        return self.scale * self.image_features(x) @ self.text_features(self.context).T

    def image_features(self, x: Tensor) -> Tensor:
        """Unit vectors, (n, e)."""
        return F.normalize(_tensor(self.model.get_image_features(pixel_values=x)), dim=1)  # type: ignore[operator]

    def text_features(self, context: Tensor) -> Tensor:
        """Unit vectors of the classes, (c, e), for a context (words, d), or (c, words, d) with one for each class."""

        def replace(layer: nn.Module, inputs: Any, found: Tensor) -> Tensor:
            words = context.to(found).expand(len(found), -1, -1)
            return torch.cat([found[:, :1], words, found[:, 1 + words.shape[1] :]], 1)

        hook = _embedding(self.model).register_forward_hook(replace)
        try:
            found = self.model.get_text_features(input_ids=self.tokens, attention_mask=self.mask)  # type: ignore[operator]
        finally:
            hook.remove()
        return F.normalize(_tensor(found), dim=1)


def prompted_classifier(
    model: nn.Module, tokenizer: Any, classes: Sequence[str], template: str = "a photo of a {}."
) -> PromptedClassifier:
    """One from names of classes.

    Args:
        model: A CLIP-like model of transformers.
        tokenizer: Its own.
        classes: Their names, as a person would write them.
        template: Words in front of ``{}`` are what can be learned; default "a photo of a {}.", four words.

    Raises:
        InputError: There is no class, or no word in front of the name.
    """
    words = _words(tokenizer, template.partition("{}")[0].strip()) if "{}" in template else 0
    if not classes or not words:
        raise InputError(
            f"{len(classes)} classes and the template {template!r}; give names, and words in front of {{}}."
        )
    found = tokenizer([template.format(name) for name in classes], padding=True, return_tensors="pt")
    return PromptedClassifier(model, found["input_ids"], found["attention_mask"], words)


def _words(tokenizer: Any, text: str) -> int:
    """How many tokens a text has without those that stand around every text."""
    return len(tokenizer(text, add_special_tokens=False)["input_ids"])


def _embedding(model: nn.Module) -> nn.Embedding:
    tables = {name: m for name, m in model.named_modules() if isinstance(m, nn.Embedding) and "position" not in name}
    for name, table in tables.items():
        if name.endswith(("token_embedding", "word_embeddings")):
            return table
    raise InputError("There is no table of token embeddings in this network; give a CLIP-like model of transformers.")


def _tensor(found: Any) -> Tensor:
    """Of what transformers gives, which is a tensor in some versions and holds one in others."""
    features: Tensor = found if isinstance(found, Tensor) else found.pooler_output
    return features
