"""Prompts whose words are learned: the classifier, and TPT against a loop."""

from __future__ import annotations

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import BertTokenizerFast

from acclimate import InputError, Online
from acclimate.nn.prompted_classifier import prompted_classifier
from tests.online.networks import NUM_CLASSES, clip, cnn, stream
from tests.online.test_steps_by_hand import entropy


def test_at_first_it_is_zero_shot_classification() -> None:
    network, x = clip(), stream(1)[0]
    model = network.model
    images = model.get_image_features(pixel_values=x).pooler_output
    texts = model.get_text_features(input_ids=network.tokens, attention_mask=network.mask).pooler_output
    want = model.logit_scale.exp() * F.normalize(images) @ F.normalize(texts).T
    assert torch.allclose(network(x), want, atol=1e-5)


def test_the_gradient_reaches_the_context_and_a_context_of_each_class_is_its_own() -> None:
    network = clip()
    network(stream(1)[0]).square().sum().backward()
    assert network.context.grad is not None
    assert bool(network.context.grad.abs().sum() > 0)
    both = network.text_features(network.context.detach().expand(NUM_CLASSES, -1, -1))
    assert torch.allclose(both, network.text_features(network.context), atol=1e-6)
    other = network.context.detach().repeat(NUM_CLASSES, 1, 1)
    other[2] += torch.randn(other[2].shape)
    changed = (network.text_features(other) - both).abs().sum(1) > 1e-4
    assert changed.tolist() == [False, False, True, False, False]


def test_names_and_a_template_make_one(tmp_path) -> None:  # type: ignore[no-untyped-def]
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "photo", "of", "cat", "dog", "."]
    (tmp_path / "vocab.txt").write_text("\n".join(words))
    tokenizer = BertTokenizerFast(str(tmp_path / "vocab.txt"))
    made = prompted_classifier(clip().model, tokenizer, ["cat", "dog"])
    assert made.tokens.tolist() == [[2, 5, 6, 7, 5, 8, 10, 3], [2, 5, 6, 7, 5, 9, 10, 3]]
    assert made.context.shape == (4, 16)
    assert made(stream(1)[0]).shape == (12, 2)
    for classes, template in (([], "a {}"), (["cat"], "{}"), (["cat"], "a photo")):
        with pytest.raises(InputError, match="in front of"):
            prompted_classifier(clip().model, tokenizer, classes, template)
    with pytest.raises(InputError, match="token embeddings"):
        prompted_classifier(cnn(), tokenizer, ["cat", "dog"])


def test_tpt() -> None:
    network, x = clip(), stream(1, 4)[0]
    levels = torch.linspace(0.5, 1.5, 19)[:, None, None, None]
    model = Online("tpt", network, views=20, share=0.2, view=lambda rows: rows * levels)
    for row, got in zip(x, model(x), strict=True):
        twin = copy.deepcopy(network).requires_grad_(False)
        twin.context.requires_grad_(True)
        optimizer = torch.optim.AdamW([twin.context], 5e-3, weight_decay=0.01)
        z = twin(torch.cat([row[None], row * levels]))
        chosen: list[Tensor] = sorted(z, key=lambda one: float(entropy(one.detach()[None])))[:4]
        mean = torch.stack([one.softmax(0) for one in chosen]).mean(0)
        (-(mean * mean.log()).sum()).backward()
        optimizer.step()
        assert torch.allclose(got, twin(row[None])[0], atol=1e-5)
    assert torch.equal(model.method.network.context, network.context)
