"""NannyML's estimate of accuracy: `python cbpe.py LIST.json`, in NannyML's environment."""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd


def main(source: str, out: str) -> None:
    """CBPE of source-only on the target, one chunk, fitted on the held-out source."""
    import nannyml

    warnings.simplefilter("ignore")
    given = np.load(source)
    sides = [np.exp(given[name][0].astype(np.float64)) for name in ("held_out", "target")]
    frames = [_frame(probs / probs.sum(axis=1, keepdims=True)) for probs in sides]
    frames[0]["y"] = [f"c{label}" for label in given["ys"]]
    c = sides[0].shape[1]
    columns: Any = {f"c{k}": f"p{k}" for k in range(c)}
    kind = "classification_multiclass"
    if c == 2:
        kind, columns = "classification_binary", "p1"
        frames[0]["y"] = given["ys"]
        for frame in frames:
            frame["said"] = (frame["p1"] > 0.5).astype(int)
    estimator = nannyml.CBPE(
        problem_type=kind, metrics=["accuracy"], y_pred_proba=columns, y_pred="said", y_true="y", chunk_number=1
    )
    found = estimator.fit(frames[0]).estimate(frames[1]).to_df(multilevel=False)
    row = found[found["chunk_period"] == "analysis"].iloc[0] if "chunk_period" in found else found.iloc[-1]
    value = float(row["accuracy_value"])
    error = float(row["accuracy_sampling_error"])
    half = Path(out).with_suffix(".part")
    half.write_text(json.dumps({"accuracy": value, "error": error}))
    half.replace(out)


def _frame(probs: Any) -> pd.DataFrame:
    frame = pd.DataFrame(probs, columns=[f"p{k}" for k in range(probs.shape[1])])
    frame["said"] = [f"c{label}" for label in probs.argmax(axis=1)]
    return frame


if __name__ == "__main__":
    for given_at, answer_at in json.loads(Path(sys.argv[1]).read_text()):
        main(given_at, answer_at)
