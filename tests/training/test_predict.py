from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from torch import nn

from acclimate.data.rows import TensorRows
from acclimate.errors import InputError
from acclimate.training import predict
from tests.training.problem import NoisyRows, make_method, same_weights


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("batch_size", [4, 10, 256])
def test_predictions_are_the_networks_on_clean_rows_in_order(batch_size, workers):
    method, rows = make_method(), NoisyRows(10)
    result = predict(method, rows, batch_size=batch_size, workers=workers)
    method.eval()
    with torch.no_grad():
        features = method.network.features(rows.clean)
        np.testing.assert_allclose(result.features, features, atol=1e-6)
        np.testing.assert_allclose(result.logits, method.network.head(features), atol=1e-6)
    assert result.y.tolist() == rows.y.tolist()
    assert result.domain is None
    assert result.index.tolist() == list(range(10))


def test_the_method_is_left_as_it_was():
    method = make_method()
    method.network.head.eval()
    before = copy.deepcopy(method)
    predict(method, NoisyRows(10))
    assert same_weights(method, before)
    assert [m.training for m in method.modules()] == [m.training for m in before.modules()]


def test_one_pass_of_the_backbone_for_each_batch():
    method, calls = make_method(), []
    method.network.backbone.register_forward_hook(lambda *_: calls.append(1))
    predict(method, NoisyRows(10), batch_size=4)
    assert len(calls) == 3


def test_types_follow_the_network_and_half_types_become_float32():
    x = torch.randn(6, 8)
    method = make_method()
    assert predict(method.double(), TensorRows(x.double())).logits.dtype == np.float64
    assert predict(method.bfloat16(), TensorRows(x.bfloat16())).logits.dtype == np.float32


def test_domain_and_missing_labels_pass_through():
    result = predict(make_method(), TensorRows(torch.randn(3, 8), None, torch.tensor([1, 2, 1])))
    assert result.y is None
    assert result.domain.tolist() == [1, 2, 1]


def test_no_rows_are_refused():
    with pytest.raises(InputError, match="no rows to predict"):
        predict(make_method(), TensorRows(torch.zeros(0, 8)))


def test_a_failure_puts_the_modes_back():
    method = make_method()
    method.network.head = nn.Linear(5, 2)
    with pytest.raises(RuntimeError):
        predict(method, NoisyRows(4))
    assert method.training


def test_a_device_is_where_the_method_goes():
    method = make_method()
    with pytest.raises(NotImplementedError):  # nothing can be read back from there
        predict(method, NoisyRows(4), device="meta")
    assert next(method.parameters()).device.type == "meta"
