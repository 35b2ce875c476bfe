"""Write validators.md from the docstrings: `python docs/validator_page.py`."""

from __future__ import annotations

import inspect
from pathlib import Path

from acclimate.validators import VALIDATORS, PanelValidator, Reweightable, Validator

PAGE = Path(__file__).parent / "validators.md"
HEAD = """# Validators

A validator scores a trained model without target labels, so that candidates or checkpoints can be compared. None is
right always; each paragraph says when it fails, and [Choosing without labels](choosing.md) what was measured. All have
one call, `validator(source=..., target=..., train=...)`, with what they need as `Predictions`, and take NumPy arrays or
tensors. Where pairs of rows are compared this is done in blocks; memory grows with the number of rows, never with its
square.

```python
import numpy as np

from acclimate import Predictions
from acclimate.validators import Consensus, find_validator

rng = np.random.default_rng(0)
y = np.arange(300) % 3
features = 3 * np.eye(3)[y] + rng.normal(size=(300, 3))
good, bad = (Predictions(features + noise * rng.normal(size=(300, 3)), features, y) for noise in (0.1, 4.0))
mmd = find_validator("mmd")
print(mmd.needs, mmd.higher_is_better, round(mmd(source=good, target=good), 3))
print(Consensus().of({"good": {"source": good, "target": good}, "bad": {"source": good, "target": bad}}))
```

`acclimate adapt --select KEY` takes every key below. Scores of rows give standard errors by a paired bootstrap, others
by leaving out groups of rows. `validator_scorer(KEY)` for scikit-learn takes those that read the logits of one side. A
panel validator judges among candidates: `EnsV().among(candidates)(target=one)`. `ScoreHistory` keeps the scores of
checkpoints. `--select consensus` takes the mean rank by five of them; `cluster_nmi`, `cluster_ami` and `relearn` judge
all candidates in source-only's standardised features as `KEY@source_only` (from Python: `space=`).
"""


def page() -> str:
    """The whole page."""
    rows = [_row(validator) for validator in VALIDATORS.values()]
    table = ["| key | what | better | reads | error by |", "|---|---|---|---|---|", *rows]
    paragraphs = [_paragraph(validator) for validator in VALIDATORS.values()]
    return "\n".join([HEAD, *table, "", *paragraphs]).rstrip() + "\n"


def _row(validator: type[Validator]) -> str:
    better = "higher" if validator.higher_is_better else "lower"
    error = "bootstrap" if issubclass(validator, Reweightable) else "jackknife"
    return f"| `{validator.key}` | {validator.title} | {better} | {_reads(validator)} | {error} |"


def _reads(validator: type[Validator]) -> str:
    words = [*validator.needs, *(["features"] if validator.needs_features else [])]
    return ", ".join([*words, *(["all candidates"] if issubclass(validator, PanelValidator) else [])])


def _paragraph(validator: type[Validator]) -> str:
    text = (inspect.getdoc(validator) or "").split("\nArgs:")[0].split("\nSource:")[0].split("\nExample:")[0].rstrip()
    source = (inspect.getdoc(validator) or "").partition("\nSource:")[2].split("\n\n")[0].replace("\n", " ").strip()
    cited = f"\n\nSource: {' '.join(source.split())}" if source else ""
    return f"## `{validator.key}`: {validator.title}\n\n{text}{cited}\n"


if __name__ == "__main__":
    PAGE.write_text(page())
