"""A tiny text model with its tokenizer, made here, and tables of reviews that it can tell apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
GOOD, BAD = ("good", "fine", "great", "lovely"), ("bad", "poor", "awful", "dull")
BOOKS, PANS = ("book", "author", "plot", "page"), ("pan", "handle", "lid", "stove")
OTHERS = ("the", "is", "and", "so", "very")


def write_model(folder: Path, *, width: int = 16, positions: int = 40) -> Path:
    """A BERT of two layers with random weights, and a WordPiece tokenizer of the words of these reviews."""
    import torch
    from transformers import BertConfig, BertModel, BertTokenizerFast
    from transformers.utils import logging

    logging.disable_progress_bar()
    folder.mkdir(parents=True, exist_ok=True)
    words = (*SPECIAL, *GOOD, *BAD, *BOOKS, *PANS, *OTHERS)
    (folder / "vocab.txt").write_text("\n".join(words))
    BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=width,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=2 * width,
        max_position_embeddings=positions,
        initializer_range=0.5,  # so that words differ by more than rounding
    )
    torch.manual_seed(0)
    BertModel(config).save_pretrained(folder)
    return folder


def reviews(rows: int, things: tuple[str, ...], seed: int) -> pd.DataFrame:
    """Reviews of 3 to 9 words and what they say."""
    rng = np.random.default_rng(seed)
    says = [("good", "bad")[row % 2] for row in range(rows)]
    texts = []
    for said in says:
        words = [*rng.choice(GOOD if said == "good" else BAD, 2), *rng.choice(things, 1), *rng.choice(OTHERS, 6)]
        texts.append(" ".join(rng.permutation(words[: rng.integers(3, 10)])))
    return pd.DataFrame({"number": range(rows), "review": texts, "sentiment": says})


def write_reviews(path: Path, rows: int, things: tuple[str, ...], seed: int) -> Path:
    """The same as a table."""
    reviews(rows, things, seed).to_csv(path, index=False)
    return path
