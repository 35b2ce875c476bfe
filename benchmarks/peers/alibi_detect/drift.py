"""alibi-detect's drift tests: `python drift.py LIST.json`, in alibi-detect's environment."""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path

import numpy as np


def main(source: str, out: str) -> None:
    """Whether each test, with its defaults, says that the target drifted from the source."""
    from alibi_detect.cd import ClassifierDrift, KSDrift, MMDDrift
    from sklearn.linear_model import LogisticRegression

    warnings.simplefilter("ignore")
    np.random.seed(0)  # noqa: NPY002 - the peer draws from it
    given = np.load(source)
    Xs, Xt = (given[name].astype(np.float32) for name in ("Xs", "Xt"))
    tests = {
        "KS": KSDrift(Xs, p_val=0.05),
        "MMD": MMDDrift(Xs, backend="pytorch", p_val=0.05, n_permutations=100),
        "classifier": ClassifierDrift(
            Xs, LogisticRegression(max_iter=300), backend="sklearn", p_val=0.05, n_folds=5, seed=0
        ),
    }
    found = {name: bool(test.predict(Xt)["data"]["is_drift"]) for name, test in tests.items()}
    half = Path(out).with_suffix(".part")
    half.write_text(json.dumps(found))
    half.replace(out)


if __name__ == "__main__":
    for given_at, answer_at in json.loads(Path(sys.argv[1]).read_text()):
        main(given_at, answer_at)
