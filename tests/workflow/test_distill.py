"""One network in place of several candidates."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from acclimate.data.rows import TensorRows
from acclimate.nn import Classifier
from acclimate.types import Sample
from acclimate.workflow.adapt import adapt
from acclimate.workflow.adapted_model import AdaptedModel
from acclimate.workflow.distill import Distillation, Taught, kept_back
from acclimate.workflow.members import NetworkMember
from tests.workflow.made_data import clouds

RUN: dict[str, Any] = {"methods": ["per_domain_scaling", "im_head"], "show": False, "accelerator": "cpu"}


def test_the_loss_is_soft_cross_entropy() -> None:
    network = Classifier(torch.nn.Linear(4, 6), torch.nn.Linear(6, 3))
    x, said = torch.randn(5, 4), torch.softmax(torch.randn(5, 3), dim=1)
    step = Distillation(network)(target=Sample(x, said))
    naive = -sum(said[i, k] * torch.log_softmax(network(x)[i], 0)[k] for i in range(5) for k in range(3)) / 5
    assert step.total.item() == pytest.approx(naive.item(), abs=1e-6)


def test_taught_rows_keep_their_inputs() -> None:
    rows = TensorRows(torch.arange(12.0).reshape(6, 2))
    taught = Taught(rows, torch.arange(6.0)[:, None], torch.tensor([4, 1]))
    assert taught.batch(torch.tensor([0]), None).tolist() == [[8.0, 9.0]]
    assert taught.y is not None
    assert taught.y.tolist() == [[4.0], [1.0]]
    learnt, held = kept_back(50, 0)
    assert sorted([*learnt.tolist(), *held.tolist()]) == list(range(50))
    assert len(held) == 5


def test_one_network_says_what_several_say(tmp_path: Path) -> None:
    source, target = clouds(150, 0.0, 0), clouds(300, 3.0, 1)
    several = adapt(source, target, select="ensemble", steps=300, **RUN)
    one = adapt(source, target, select="ensemble", distill=True, steps=300, out=tmp_path / "run", **RUN)
    assert (one.choice["chosen"], one.choice["members"]) == ("distilled", ["distilled"])
    assert len(one.model.members) == 1
    assert isinstance(one.model.members[0], NetworkMember)
    agree = np.mean(one.predictions["label"] == several.predictions["label"])
    assert agree > 0.9
    assert "that it did not learn from" in one.choice["why"]
    assert one.scores["key"].tolist()[-1] == "distilled"
    loaded = AdaptedModel.load(tmp_path / "run")
    assert loaded.predict(target[0]).equals(one.model.predict(target[0]))
    (tmp_path / "run" / "scores.json").unlink()
    again = adapt(source, target, select="ensemble", distill=True, steps=300, out=tmp_path / "run", resume=True, **RUN)
    assert again.predictions.equals(one.predictions)


def test_one_candidate_needs_no_distilling() -> None:
    result = adapt(clouds(120, 0.0, 0), clouds(90, 3.0, 1), select="source_accuracy", distill=True, steps=30, **RUN)
    assert result.choice["chosen"] != "distilled"


def test_values_are_imitated_too() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 4))
    y = 100 + 30 * x[:, 0]
    run = {**RUN, "methods": ["per_domain_scaling"], "task": "regression", "steps": 400}
    result = adapt((x[:150], y[:150]), (x[150:], y[150:]), select="ensemble", distill=True, **run)
    assert json.loads(json.dumps(result.choice["final"]["chosen"])) > 0.9
