"""The linear candidates on real shifts: what the baselines and the head are kept for."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
import scipy.io

from acclimate.data import stack_domains
from acclimate.estimators import IMHead, LinearHead


def read(folder: Path, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Row-normalised SURF histograms (n, 800), at most 400 of them, and labels."""
    data = scipy.io.loadmat(folder / f"{name}_SURF_L10.mat")
    X = data["fts"].astype(float)
    keep = np.random.default_rng(0).permutation(len(X))[:400]
    return (X / X.sum(axis=1, keepdims=True))[keep], data["labels"].ravel()[keep]


@pytest.mark.slow
def test_per_domain_scaling_beats_source_only_and_the_im_head_beats_both(data_folder: Path) -> None:
    domains = [read(data_folder / "office_caltech_surf", name) for name in ("amazon", "Caltech10", "dslr", "webcam")]
    scores = []
    for source, (Xt, yt) in itertools.permutations(domains, 2):
        arrays = stack_domains(source, target=Xt)
        baseline = LinearHead().fit(*arrays)
        others = LinearHead("per_domain", C=baseline.C_).fit(*arrays), IMHead(C=baseline.C_).fit(*arrays)
        scores.append([model.score(Xt, yt) for model in (baseline, *others)])
    source_only, per_domain, im_head = np.mean(scores, axis=0)
    assert per_domain > source_only
    assert im_head > source_only + 0.03
