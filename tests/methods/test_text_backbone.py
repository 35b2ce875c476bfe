"""Texts through every method: tokens travel as one tensor of whole numbers."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from acclimate.data import text_preprocessing
from acclimate.errors import InputError
from acclimate.methods import METHODS, Method, build
from acclimate.nn import Classifier, TextBody
from acclimate.nn.text_body import text_body
from acclimate.types import Sample
from acclimate.workflow.candidates import CHANGES_INPUTS, NEEDS_BATCH_NORM, views_of
from tests.tiny_text import BOOKS, PANS, reviews, write_model


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def streams(model: Path) -> dict[str, Sample]:
    made = text_preprocessing(model, 12)
    tables = {"source": reviews(8, BOOKS, 0), "target": reviews(6, PANS, 1)}
    tokens = {name: made.tokens(list(table["review"])) for name, table in tables.items()}
    width = max(x.shape[2] for x in tokens.values())
    tokens = {name: nn.functional.pad(x, (0, width - x.shape[2])) for name, x in tokens.items()}
    y = torch.tensor([0, 1] * 4)
    return {
        "source": Sample(tokens["source"], y, torch.ones(8, dtype=torch.int64), torch.arange(8)),
        "target": Sample(tokens["target"], None, None, torch.arange(6)),
    }


def classifier(model: Path, lora: int | None = None) -> Classifier:
    body: TextBody = text_body(model, lora=lora)
    return Classifier(body, nn.Linear(body.num_features, 2))


def test_dann_on_a_lora_encoder_changes_only_adapter_discriminator_and_head(
    model: Path, streams: dict[str, Sample]
) -> None:
    pytest.importorskip("peft")
    method = build("dann", classifier(model, lora=2), 2)
    before: dict[str, Tensor] = {name: p.detach().clone() for name, p in method.named_parameters()}
    optimizer = torch.optim.SGD(method.parameters_of("train"), lr=0.5)
    for _ in range(2):  # an adapter's B is zero at first, so its A moves at the second step
        optimizer.zero_grad()
        method(**streams).total.backward()
        optimizer.step()
    changed = {name for name, p in method.named_parameters() if not torch.equal(p, before[name])}
    expected = {n for n in before if "lora_" in n or n.startswith(("discriminator.", "network.head."))}
    assert any("lora_" in name for name in expected)
    assert changed == expected


@pytest.mark.parametrize("key", sorted(key for key, cls in METHODS.items() if "uda" in cls.settings))
def test_every_method_trains_on_tokens_or_is_refused(key: str, model: Path, streams: dict[str, Sample]) -> None:
    refused = key in CHANGES_INPUTS or views_of(key) > 1
    if key in NEEDS_BATCH_NORM:
        with pytest.raises(InputError, match="batch norm"):
            _step(key, model, streams)
        return
    if refused:
        with pytest.raises((RuntimeError, TypeError, ValueError)):
            _step(key, model, streams)
        return
    bodies = [module for module in _step(key, model, streams).modules() if isinstance(module, TextBody)]
    assert any(all(p.grad is not None and p.grad.isfinite().all() for p in body.parameters()) for body in bodies)


def _step(key: str, model: Path, streams: dict[str, Sample]) -> Method:
    method = build(key, classifier(model), 2)
    given = {name: streams[name] for name in method.stream_names}
    for phase in method.sequence:
        step = method(**given, phase=phase) if len(method.phases) > 1 else method(**given)
        assert step.total.isfinite()
        step.total.backward()
    return method
