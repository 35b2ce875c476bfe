"""mCE and its kin, against published numbers and by hand."""

from __future__ import annotations

import numpy as np
import pytest

from acclimate.testtime import (
    ALEXNETS,
    Shift,
    corruption_errors,
    error_at,
    mean_accuracy,
    mean_corruption_error,
    relative_mean_corruption_error,
)
from acclimate.testtime.alexnet import CORRUPTIONS

# Errors of RobustBench's "Standard_R50" on its 5000 images of ImageNet-C, severities 1 to 5, as published there:
# https://github.com/RobustBench/robustbench/blob/78fcc9e/model_info/imagenet/corruptions/unaggregated_results.csv
RESNET50 = {
    "gaussian_noise": (0.398, 0.5122, 0.6876, 0.8578, 0.9712),
    "shot_noise": (0.4172, 0.5514, 0.7144, 0.8974, 0.9648),
    "impulse_noise": (0.5146, 0.6138, 0.7096, 0.887, 0.9756),
    "defocus_blur": (0.4086, 0.4846, 0.6192, 0.7248, 0.8176),
    "glass_blur": (0.4638, 0.6026, 0.8292, 0.8694, 0.8966),
    "motion_blur": (0.364, 0.4658, 0.6246, 0.7842, 0.8548),
    "zoom_blur": (0.4742, 0.5698, 0.644, 0.7156, 0.7806),
    "snow": (0.4532, 0.688, 0.6506, 0.7656, 0.835),
    "frost": (0.3894, 0.5634, 0.6936, 0.7136, 0.7742),
    "fog": (0.3908, 0.44, 0.5326, 0.5976, 0.764),
    "brightness": (0.264, 0.2778, 0.3042, 0.3504, 0.4114),
    "contrast": (0.3572, 0.4176, 0.534, 0.7902, 0.9458),
    "elastic_transform": (0.3316, 0.5486, 0.4544, 0.5878, 0.8298),
    "pixelate": (0.362, 0.3566, 0.5402, 0.707, 0.7912),
    "jpeg_compression": (0.3356, 0.3766, 0.3996, 0.5214, 0.6746),
}
# CE of ResNet-50 in percent as printed by Hendrycks and Dietterich 2019, table 1.
PRINTED = (80, 82, 83, 75, 89, 78, 80, 78, 75, 66, 57, 71, 85, 77, 77)


@pytest.fixture
def resnet50() -> dict[Shift, float]:
    return {Shift(name, s): error for name, errors in RESNET50.items() for s, error in enumerate(errors, start=1)}


@pytest.mark.parametrize(("alexnet", "published"), [("robustbench", 76.38), ("hendrycks", 76.37)])
def test_mce_of_resnet50_is_the_published_one(resnet50: dict[Shift, float], alexnet: str, published: float) -> None:
    found = mean_corruption_error(resnet50, alexnet)
    assert found is not None
    assert round(100 * found, 2) == published


def test_robustbench_table_of_resnet50(resnet50: dict[Shift, float]) -> None:
    assert round(100 * mean_accuracy(resnet50), 2) == pytest.approx(39.48, abs=0.0101)  # from rounded cells
    assert round(100 * (error_at(resnet50, 5) or 0), 2) == 81.91
    assert error_at({Shift("fog", 1): 0.5}, 5) is None


def test_the_two_alexnets_differ_by_the_published_little() -> None:
    small = {Shift(c, s): e for c, e in ALEXNETS["robustbench"].errors.items() for s in range(1, 6)}
    assert mean_corruption_error(small, "robustbench") == pytest.approx(1.0)
    assert round(100 * (mean_corruption_error(small, "hendrycks") or 0), 2) == 99.97
    assert round(100 * mean_accuracy(small), 2) == 21.12


def test_relative_mce_is_the_printed_one() -> None:
    hendrycks = ALEXNETS["hendrycks"]
    pairs = zip(CORRUPTIONS, PRINTED, strict=True)
    errors = {Shift(c, s): ce / 100 * hendrycks.errors[c] for c, ce in pairs for s in range(1, 6)}
    assert 100 * (mean_corruption_error(errors) or 0) == pytest.approx(76.7, abs=0.5)  # printed CEs are rounded
    assert 100 * (relative_mean_corruption_error(errors, clean=0.239) or 0) == pytest.approx(105.0, abs=1.0)


def test_it_is_the_ratio_of_means_not_the_mean_of_ratios(resnet50: dict[Shift, float]) -> None:
    by_hand = [np.mean(RESNET50[c]) / ALEXNETS["hendrycks"].errors[c] for c in CORRUPTIONS]
    assert list(corruption_errors(resnet50).values()) == pytest.approx(by_hand)
    assert mean_corruption_error(resnet50) == pytest.approx(np.mean(by_hand))


def test_an_incomplete_table_has_no_mce(resnet50: dict[Shift, float]) -> None:
    del resnet50[Shift("fog", 3)]
    assert mean_corruption_error(resnet50) is None
    assert relative_mean_corruption_error(resnet50, 0.24) is None
    assert "fog" not in corruption_errors(resnet50)
    assert len(corruption_errors(resnet50)) == 14


def test_other_corruptions_are_not_looked_at(resnet50: dict[Shift, float]) -> None:
    before = mean_corruption_error(resnet50)
    assert mean_corruption_error(resnet50 | {Shift("spatter", s): 1.0 for s in range(1, 6)}) == before
