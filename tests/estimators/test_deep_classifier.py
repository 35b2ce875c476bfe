"""The estimator over deep methods."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import sklearn
import torch
from sklearn.model_selection import StratifiedKFold, cross_validate
from torch import nn

from acclimate.data import stack_domains
from acclimate.data.random_state import seeded
from acclimate.data.rows import TensorRows
from acclimate.data.streams import Stream, Streams
from acclimate.errors import InputError
from acclimate.estimators import DeepClassifier, deep_estimator
from acclimate.methods import build
from acclimate.nn import MLP, Classifier
from acclimate.training import fit, predict
from acclimate.training.optimizers import default_optimizer

quick = partial(DeepClassifier, steps=10, device="cpu")


def turned_classes(degrees: float = 35, seed: int = 0, n: int = 200) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Xs, y, Xt: four classes on a circle, turned in the target, labels the same row by row."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 4
    angles = np.pi / 2 * y[:, None] + np.radians([0, degrees])
    Xs, Xt = (2 * np.stack([np.cos(a), np.sin(a)], axis=1) + 0.5 * rng.normal(size=(n, 2)) for a in angles.T)
    return Xs.astype(np.float32), y, Xt.astype(np.float32)


def rows_of(*shape: int, n: int = 24) -> tuple[np.ndarray, np.ndarray]:
    """Two classes that differ in their mean."""
    y = np.arange(n) % 2
    return np.random.default_rng(0).normal(size=(n, *shape)) + 2 * y.reshape(-1, *[1] * len(shape)), y


def test_it_is_the_fit_loop_with_the_same_seed() -> None:
    Xs, ys, Xt = turned_classes()
    model = quick(lr=0.02, steps=20, random_state=3).fit(*stack_domains((Xs, ys), target=Xt))
    with seeded(3):
        method = build("dann", Classifier(MLP(2), nn.Linear(256, 4)), 4)
    source = TensorRows(torch.from_numpy(Xs), torch.from_numpy(ys))
    streams = Streams(source=Stream(source, 32, seed=3), target=Stream(TensorRows(torch.from_numpy(Xt)), 32, seed=3))
    optimizer = partial(default_optimizer, lr=0.02)
    fit(method, streams, steps=20, optimizer=optimizer, accelerator="cpu", seed=3, progress_bar=False)
    expected = predict(method, TensorRows(torch.from_numpy(Xt))).probs
    np.testing.assert_allclose(model.predict_proba(Xt), expected, rtol=1e-6)


def test_adaptation_helps_where_classes_turn() -> None:
    Xs, y, Xt = turned_classes()
    arrays = stack_domains((Xs, y), target=Xt)
    plain, adapted = (
        DeepClassifier(m, steps=200, device="cpu").fit(*arrays).score(Xt, y) for m in ("source_only", "mcc")
    )
    assert adapted > plain + 0.05


def test_without_domains_it_is_source_only() -> None:
    Xs, ys, _ = turned_classes()
    a, b = quick("dann").fit(Xs, ys), quick("source_only").fit(Xs, ys)
    assert type(a.method_).key == "source_only"
    np.testing.assert_array_equal(a.predict_proba(Xs), b.predict_proba(Xs))


@pytest.mark.parametrize("shape", [(5,), (3, 24), (1, 8, 8), (3, 12, 12)])
def test_features_signals_and_images(shape: tuple[int, ...]) -> None:
    X, y = rows_of(*shape)
    model = quick("deep_coral", batch_size=16, steps=40).fit(*stack_domains((X, y), target=X + 0.1))
    assert model.score(X, y) > 0.9
    assert model.predict_proba(X[:3]).shape == (3, 2)


def test_global_generators_go_on_as_if_nothing_had_happened() -> None:
    X, y = rows_of(3)
    torch.manual_seed(5)
    np.random.seed(5)  # noqa: NPY002
    before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    quick().fit(*stack_domains((X, y), target=X)).predict(X)
    assert torch.equal(torch.get_rng_state(), before[0])
    np.testing.assert_array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002


def test_random_state_decides() -> None:
    X, y = rows_of(3)
    a, b, c = (quick(random_state=seed).fit(X, y).predict_proba(X) for seed in (0, 0, 1))
    np.testing.assert_array_equal(a, b)
    assert not np.array_equal(a, c)
    fresh = [quick(random_state=None).fit(X, y).predict_proba(X) for _ in range(2)]
    assert not np.array_equal(*fresh)


def test_float64_in_is_float32_in() -> None:
    X, y = rows_of(3)
    a, b = (quick().fit(X.astype(dtype), y).predict_proba(X) for dtype in (np.float64, np.float32))
    np.testing.assert_array_equal(a, b)


def test_domain_ids_reach_the_method(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = {}

    def spy(method, streams, **options):
        seen.update(next(streams.batches()))
        return fit(method, streams, **options)

    monkeypatch.setattr(deep_estimator, "fit", spy)
    X, y = rows_of(3)
    quick(batch_size=48, steps=1).fit(*stack_domains((X, y), (X, y), target=X))
    assert sorted(seen["source"].domain.tolist()) == [1] * 24 + [2] * 24
    assert seen["target"].y is None


def test_a_module_is_copied_with_its_weights_and_its_width_is_found() -> None:
    X, y = rows_of(3)
    body = nn.Sequential(nn.Linear(3, 7), nn.BatchNorm1d(7), nn.ReLU())
    before = {name: value.clone() for name, value in body.state_dict().items()}
    model = quick(backbone=body, lr=1e-9).fit(*stack_domains((X, y), target=X))
    assert model.method_.network.num_features == 7
    assert body.training
    for name, value in body.state_dict().items():
        torch.testing.assert_close(value, before[name], rtol=0, atol=0)
    torch.testing.assert_close(model.method_.network.backbone[0].weight, before["0.weight"], rtol=0, atol=1e-5)


def test_a_combination_by_name_and_method_params() -> None:
    X, y = rows_of(3)
    model = quick("dann+mcc").fit(*stack_domains((X, y), target=X))
    assert {"domain", "mcc"} <= set(model.history_[-1])
    heavier = quick("dann", method_params={"weight": 2.0}).fit(*stack_domains((X, y), target=X))
    assert heavier.method_.weight == 2.0


def test_frames_give_feature_names() -> None:
    X, y = rows_of(2)
    frame = pd.DataFrame(X, columns=["height", "width"])
    model = quick().fit(frame, y)
    assert list(model.feature_names_in_) == ["height", "width"]
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame[["width", "height"]])


def test_metadata_routing_carries_the_domain_through_cross_validation() -> None:
    X, y = rows_of(3)
    X, y, domain = stack_domains((X, y), target=X)
    folds = StratifiedKFold(2, shuffle=True, random_state=0)
    with sklearn.config_context(enable_metadata_routing=True):
        result = cross_validate(
            quick(), X, y, cv=folds, params={"sample_domain": domain}, return_estimator=True, error_score="raise"
        )
    assert [model.method_.key for model in result["estimator"]] == ["dann", "dann"]


def test_a_target_smaller_than_a_batch_is_taken_whole() -> None:
    X, y = rows_of(3)
    assert quick(batch_size=20).fit(*stack_domains((X, y), target=X[:3])).predict(X).shape == (24,)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"method": "dan n"}, "Unknown method"),
        ({"method": "dann+nothing"}, "Unknown method"),
        ({"method_params": {"wieght": 1}}, "wieght"),
        ({"backbone": "small_cnn"}, "does not fit rows of shape"),
        ({"backbone": "mlp", "weights": "default"}, "no pretrained weights"),
        ({"backbone": nn.Unflatten(1, (1, 3))}, "must be flat"),
        ({"steps": 0}, "steps"),
        ({"device": "abacus"}, "abacus"),
    ],
)
def test_bad_arguments_are_named_with_or_without_a_target(arguments: dict, message: str) -> None:
    X, y = rows_of(3)
    model = DeepClassifier(**{"steps": 5, "device": "cpu"} | arguments)
    with pytest.raises(InputError, match=message):
        model.fit(X, y)
    with pytest.raises(InputError, match=message):
        model.fit(*stack_domains((X, y), target=X))


def test_sparse_and_nan_and_single_rows_are_refused_in_words() -> None:
    X, y = rows_of(3)
    with pytest.raises(TypeError, match="dense data is required"):
        quick().fit(scipy.sparse.csr_array(X), y)
    with pytest.raises(ValueError, match="NaN"):
        quick().fit(np.where(X[3, 1] == X, np.nan, X), y)
    with pytest.raises(InputError, match="The target has 1 sample"):
        quick().fit(*stack_domains((X, y), target=X[:1]))


def test_a_library_backbone_by_name() -> None:
    X, y = rows_of(3, 32, 32, n=8)
    model = quick("source_only", backbone="torchvision:resnet18", steps=1, batch_size=8).fit(X, y)
    assert model.method_.network.num_features == 512
    assert model.predict_proba(X).shape == (8, 2)
    with pytest.raises(InputError, match="resnet18"):
        quick(backbone="resnet_18").fit(X, y)


@pytest.mark.parametrize("flip", [False, True])
def test_methods_of_two_views_are_given_changed_images(flip: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    from acclimate.methods import FixMatch

    seen, forward = [], FixMatch.forward
    monkeypatch.setattr(
        FixMatch,
        "forward",
        lambda self, source, target: (seen.append((source, target)), forward(self, source, target))[1],
    )
    ramp = np.linspace(0, 9, 16, dtype=np.float32) * np.ones((24, 2, 16, 1), np.float32)
    ramp[:, 1] = 5.0  # a channel without contrast
    y = np.arange(24) % 2
    model = quick("fixmatch", flip=flip, batch_size=24).fit(
        *stack_domains((ramp + y[:, None, None, None], y), target=ramp)
    )
    assert model.get_params()["flip"] is flip
    source, (weak, strong) = seen[0][0].x, seen[0][1].x
    assert source.shape == weak.shape == strong.shape == (24, 2, 16, 16)
    assert not torch.allclose(weak, strong)
    assert (weak[:, 0, 0, -1] < weak[:, 0, 0, 0]).any() == flip
    assert 0 <= strong[:, 0].min() <= strong[:, 0].max() <= 9


@pytest.mark.parametrize("shape", [(6,), (2, 40)])
def test_rows_that_are_no_images_stay_in_one_view(shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deep_estimator, "ViewedRows", lambda *_, **__: pytest.fail("views were made"))
    X, y = rows_of(*shape)
    quick("fixmatch").fit(*stack_domains((X, y), target=X))
