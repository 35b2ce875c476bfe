"""Values and gradient norms of two reference libraries, to one part in a million in float64."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from acclimate.losses import (
    batch_nuclear_norm_loss,
    batch_spectral_loss,
    class_balance_loss,
    classifier_discrepancy_loss,
    confusion_consistency_loss,
    consistency_loss,
    coral_loss,
    diversity_loss,
    domain_adversarial_loss,
    domain_information_loss,
    entropy_loss,
    feature_norm_loss,
    head_domain_loss,
    information_maximisation_loss,
    joint_entropy_loss,
    joint_mmd_loss,
    margin_disparity_loss,
    mcc_loss,
    mmd_loss,
    pseudo_label_loss,
)
from acclimate.methods import build
from acclimate.methods.base import Encoded
from acclimate.nn import Classifier, MultilinearMap, gradient_reversal, reversal_scale
from tests.golden.fourier import swap_low_amplitudes
from tests.golden.oracles import TLLIB, features, logits, pytorch_adapt, pytorch_adapt_inputs, random_state

TOLERANCE = 1e-6


class Golden(NamedTuple):
    """One entry of TLlib's file: our loss of `inputs`, with the reference's departures added."""

    name: str
    loss: Callable[..., Tensor]
    inputs: Callable[[], tuple[Tensor, ...]]


def discriminate(width: int, x: Tensor) -> Tensor:
    return x @ random_state(10, width, scale=0.1).detach()


def dann(iteration: int, source: Tensor, target: Tensor) -> Tensor:
    scale = reversal_scale(torch.tensor(iteration / 1000, dtype=torch.float64), gain=1.0)
    reversed_features = gradient_reversal(torch.cat([source, target]), scale)
    return domain_adversarial_loss(*discriminate(16, reversed_features).split([len(source), len(target)]))


def tllib_mkmmd(source: Tensor, target: Tensor, **settings: object) -> Tensor:
    return mmd_loss(source, target, estimator="unbiased", **settings) + 2 / (len(source) - 1)


def tllib_jmmd(source: Tensor, target: Tensor, source_logits: Tensor, target_logits: Tensor) -> Tensor:
    probs = (source_logits.softmax(1), target_logits.softmax(1))
    return joint_mmd_loss(source, target, *probs, unbiased=True) + 2 / (len(source) - 1)


def entropy_with_tllib_epsilon(z: Tensor) -> Tensor:
    p = z.softmax(1)
    return entropy_loss(z) - (p * ((p + 1e-5).log() - p.log())).sum(1).mean()


def restated_confusion(z: Tensor, temperature: float, epsilon: float) -> Tensor:
    p = (z / temperature).softmax(1)
    certainty = 1 + torch.exp((p * (p + epsilon).log()).sum(1)).detach()
    confusion = (p * (len(p) * certainty / certainty.sum())[:, None]).T @ p
    return confusion / confusion.sum(1)


def restated_mcc(z: Tensor, temperature: float, epsilon: float) -> Tensor:
    confusion = restated_confusion(z, temperature, epsilon)
    return (confusion.sum() - confusion.trace()) / len(confusion)


def mcc_with_tllib_epsilon(z: Tensor, temperature: float = 2.5) -> Tensor:
    epsilon = restated_mcc(z, temperature, 1e-5) - restated_mcc(z, temperature, 0.0)
    return mcc_loss(z, temperature) + epsilon


def cdan(source: Tensor, target: Tensor) -> Tensor:
    """At iteration 1000; the predictions are constants."""
    scale = reversal_scale(torch.tensor(1.0, dtype=torch.float64), gain=1.0)
    probs = torch.cat(logits()).detach().softmax(1)
    joined = gradient_reversal(MultilinearMap(16, 5)(torch.cat([source, target]), probs), scale)
    return domain_adversarial_loss(*discriminate(80, joined).split([len(source), len(target)]))


def adversarial_logits() -> tuple[Tensor, Tensor]:
    """Of the adversarial head on source and target, (8, 5) each."""
    return random_state(4, 8, 5, scale=2), random_state(5, 8, 5, scale=2)


def tllib_mdd(source: Tensor, target: Tensor) -> Tensor:
    """TLlib's is what features minimise, with 1e-6 in the logarithm."""
    ys, yt = (z.argmax(1) for z in logits())
    contradicted = 1 - target.softmax(1).gather(1, yt[:, None])
    epsilon = ((contradicted + 1e-6).log() - contradicted.log()).mean()
    return epsilon - margin_disparity_loss(source, target, ys, yt)


def consistency_with_target(z: Tensor) -> Tensor:
    return consistency_loss(z, logits()[1])


def pseudo_label_with_target(z: Tensor) -> Tensor:
    return pseudo_label_loss(z, logits()[1], threshold=0.6)


def strong_logits() -> tuple[Tensor]:
    return (random_state(6, 8, 5, scale=6),)


def confusion_consistency_with_tllib_epsilon(strong: Tensor) -> Tensor:
    weak = random_state(3, 8, 5, scale=6).detach()
    sure = (weak / 2.5).softmax(1).amax(1) >= 0.7

    def restated(epsilon: float) -> Tensor:
        gap = restated_confusion(strong[sure], 2.5, epsilon) - restated_confusion(weak[sure], 2.5, epsilon)
        return gap.square().sum() / 5 * sure.double().mean()

    return confusion_consistency_loss(strong, weak, threshold=0.7) + restated(1e-5) - restated(0.0)


def target_logits() -> tuple[Tensor]:
    return (logits()[1],)


def source_logits() -> tuple[Tensor]:
    return (logits()[0],)


def tllib_cases() -> Iterator[Golden]:
    yield Golden("mkmmd_linear=False", tllib_mkmmd, features)
    yield Golden("mkmmd_fixed_sigma1", partial(tllib_mkmmd, bandwidths=(1.0,), scale=1.0), features)
    for iteration in (0, 500, 1000, 5000):
        yield Golden(f"dann_iter{iteration}", partial(dann, iteration), features)
    yield Golden("mcc_T1.0", partial(mcc_with_tllib_epsilon, temperature=1.0), target_logits)
    yield Golden("mcc_T2.5", mcc_with_tllib_epsilon, target_logits)
    yield Golden("cdan_entropy=False_iter1000", cdan, features)
    yield Golden("entropy_mean", entropy_with_tllib_epsilon, source_logits)
    yield Golden("mcd_discrepancy", classifier_discrepancy_loss, logits)
    yield Golden("mdd_cls_margin4", tllib_mdd, adversarial_logits)
    yield Golden("jmmd_linear=False", tllib_jmmd, lambda: (*features(), *logits()))
    yield Golden("l2_consistency", consistency_with_target, source_logits)
    yield Golden("pseudo_label_thr.6", pseudo_label_with_target, source_logits)
    yield Golden("class_balance", class_balance_loss, target_logits)
    yield Golden("cc_consistency_T2.5_thr.7", confusion_consistency_with_tllib_epsilon, strong_logits)
    yield Golden("bsp", lambda s, t: batch_spectral_loss(s) + batch_spectral_loss(t), features)
    yield Golden("afn_delta1", feature_norm_loss, lambda: features()[:1])


@pytest.mark.parametrize("case", list(tllib_cases()), ids=lambda case: case.name)
def test_value_and_gradients_equal_tllib(case: Golden) -> None:
    inputs = case.inputs()
    value = case.loss(*inputs)
    norms = [float(g.norm()) for g in torch.autograd.grad(value, inputs)]
    assert float(value.detach()) == pytest.approx(TLLIB[case.name]["value"], rel=TOLERANCE)
    assert norms == pytest.approx(TLLIB[case.name]["grad_l2"], rel=TOLERANCE)


def test_multilinear_map_equals_tllib_class_by_class() -> None:
    row = MultilinearMap(16, 5)(features()[0], logits()[0].softmax(1))[0]
    assert row[:16].tolist() == pytest.approx(TLLIB["multilinear_map_row0"]["value"], rel=TOLERANCE, abs=1e-10)


def schedules() -> list[str]:
    return [name for name in TLLIB if name.startswith("grl_coeff")]


@pytest.mark.parametrize("name", schedules())
def test_reversal_schedule_equals_tllib(name: str) -> None:
    """grl_coeff_alphaA_loL_hiH_N.._i..: with lo 0 the coefficient is hi times ours at progress i / N."""
    _, _, alpha, low, high, total, iteration = name.split("_")
    gain, low, high = float(alpha[5:]), float(low[2:]), float(high[2:])
    progress = torch.tensor(int(iteration[1:]) / int(total[1:]), dtype=torch.float64)
    assert low == 0
    assert high * float(reversal_scale(progress, gain=gain)) == pytest.approx(TLLIB[name]["value"], rel=TOLERANCE)


def lower_median_bandwidth(x: Tensor) -> float:
    """pytorch-adapt's: the lower median of all n * n squared distances of x, the zero diagonal included."""
    return float((x[:, None] - x[None]).square().sum(2).median())


def adapt_mmd(x: Tensor, y: Tensor, scales: tuple[float, ...] = (1.0,), estimator: str = "unbiased") -> Tensor:
    """exp(-s d^2 / bandwidth) is our kernel of bandwidth 1 / 2s; theirs are averaged, ours are summed."""
    bandwidths = tuple(0.5 / s for s in scales)
    scale = lower_median_bandwidth(x)
    return mmd_loss(x, y, bandwidths, estimator=estimator, scale=scale) / len(scales)


def adapt_jmmd(x: Tensor, y: Tensor, p: Tensor, q: Tensor) -> Tensor:
    """Both kernels of theirs have a median for bandwidth; ours of predictions is fixed, so they are stretched."""
    bandwidth = 0.5 * lower_median_bandwidth(x) / float(mean_squared_distance(torch.cat([x, y])))
    stretch = (2 * 0.92**2 / lower_median_bandwidth(p)) ** 0.5
    return joint_mmd_loss(x, y, stretch * p, stretch * q, (bandwidth,), unbiased=True)


def mean_squared_distance(z: Tensor) -> Tensor:
    return (z[:, None] - z[None]).square().sum(2).mean()


def uniform_distribution(z: Tensor) -> Tensor:
    """Cross-entropy with even odds, of two ways or more: domain confusion's loss."""
    return -z.log_softmax(1).mean()


def test_domain_confusion_is_the_uniform_distribution_loss_of_two_ways() -> None:
    """pytorch-adapt's has two logits for each row, ours one: their difference."""
    two_ways = [z[:, :2] for z in logits()]
    ours = [z[:, 0] - z[:, 1] for z in two_ways]
    method = build("domain_confusion", Classifier(nn.Identity(), nn.Identity(), num_features=1), 1, weight=1.0)
    method.discriminator = nn.Identity()
    encoded = [Encoded(z[:, None], z[:, None]) for z in ours]
    confusion = method.alignment(*encoded)["confusion"]
    expected = sum(uniform_distribution(z) for z in two_ways) / 2
    assert float(confusion.detach()) == pytest.approx(float(expected.detach()), rel=TOLERANCE)


def test_swapped_amplitudes_equal_tllib() -> None:
    """Which frequencies FDA swaps; tests/nn/test_fourier.py swaps the same ones in pictures."""
    drawn = np.random.RandomState(0)
    source, target = (torch.from_numpy(np.abs(drawn.randn(3, 8, 10))) for _ in range(2))
    swapped = swap_low_amplitudes(source, target, radius=1)
    assert float(swapped.sum()) == pytest.approx(TLLIB["fda_low_freq_mutate_beta1_sum"]["value"], rel=TOLERANCE)


PYTORCH_ADAPT_CASES: dict[str, Callable[..., Tensor]] = {
    "entropy(logits)": lambda i: entropy_loss(i["logits"]),
    "diversity": lambda i: diversity_loss(i["logits"]),
    "mcc(logits), temperature 1": lambda i: mcc_loss(i["logits"], temperature=1.0),
    "mcc(logits), temperature 2.5": lambda i: mcc_loss(i["logits"], temperature=2.5),
    "coral(x, y)": lambda i: coral_loss(i["x"], i["y"]),
    "mmd^2(x, y), unbiased quadratic, 1 kernel": lambda i: adapt_mmd(i["x"], i["y"]),
    "mmd^2(x, y), linear-time": lambda i: adapt_mmd(i["x"], i["y"], estimator="linear"),
    "mmd^2(x, y), unbiased quadratic, mean of 7": lambda i: adapt_mmd(
        i["x"], i["y"], scales=tuple(2.0**k for k in range(-3, 4))
    ),
    "mmd^2(x, y[:9])": lambda i: mmd_loss(i["x"], i["y"][:9], (1.0,), estimator="unbiased", scale=1.0),
    "jmmd^2([x, softmax(logits)], [y, softmax(logits2)])": lambda i: adapt_jmmd(
        i["x"], i["y"], i["logits"].softmax(1), i["logits2"].softmax(1)
    ),
    "uniform distribution loss": lambda i: uniform_distribution(i["logits"]),
    "classifier discrepancy": lambda i: classifier_discrepancy_loss(i["logits"], i["logits2"]),
    "SymNets domain loss": lambda i: head_domain_loss(i["logits"], i["logits2"]),
    "SymNets entropy loss": lambda i: joint_entropy_loss(i["logits"], i["logits2"]),
    "bsp_sum_of_top2": lambda i: batch_spectral_loss(i["x"], k=2),
    "bnm_loss": lambda i: batch_nuclear_norm_loss(i["logits"]),
    "mutual information between row and domain": lambda i: domain_information_loss(i["x"], i["y"]),
    "information maximisation score": lambda i: -information_maximisation_loss(i["logits2"]),
}


@pytest.mark.parametrize("name", PYTORCH_ADAPT_CASES)
def test_value_equals_pytorch_adapt(name: str) -> None:
    ours = float(PYTORCH_ADAPT_CASES[name](pytorch_adapt_inputs()))
    # The file holds ten decimals, which is what the absolute part allows for.
    assert ours == pytest.approx(pytorch_adapt(name), rel=TOLERANCE, abs=5e-11)
