"""Logistic regression on scaled features: the two baselines that every adaptation is compared with."""

from __future__ import annotations

from typing import Any, Literal, Self

from acclimate.errors import InputError
from acclimate.estimators.softmax_head import SoftmaxHead


class LinearHead(SoftmaxHead):
    """Logistic regression, trained on source rows, on features scaled by the source or domain by domain.

    With `scaling="source"` it is the source-only baseline: all rows are standardised by the statistics of the source.
    With `scaling="per_domain"` every source and the target are standardised each by its own (see `PerDomainScaler`),
    a second baseline that alone is often half of what adaptation gains. The head is the same in both.

    Args:
        scaling: "source" or "per_domain".
        C: Inverse strength of the L2 penalty, as in LogisticRegression, > 0. None chooses among 1e-4, 1e-3, ..., 1 by
            3-fold accuracy on the source; the choice is `C_`, to be passed to further heads on the same source.
        random_state: Seeds the folds of that choice.

    Attributes:
        classes_: (c,) labels, sorted.
        coef_: (c, d), in scaled features; with two classes two rows of opposite sign.
        intercept_: (c,).
        scaler_: The fitted `PerDomainScaler`.
        C_: The C used.
        n_features_in_: d.
    """

    def __init__(
        self,
        scaling: Literal["source", "per_domain"] = "source",
        *,
        C: float | None = None,
        random_state: int | None = 0,
    ) -> None:
        self.scaling = scaling
        self.C = C
        self.random_state = random_state

    def fit(self, X: Any, y: Any, sample_domain: Any = None) -> Self:
        """Train on the source rows.

        Args:
            X: (n, d) features of all domains.
            y: (n,) labels of any type; those of target rows are never read.
            sample_domain: (n,) integers, positive for source and negative for target rows; None: all source.

        Returns:
            Itself.

        Raises:
            InputError: If an argument is malformed, or the source has only one class.
            ValueError: If `X` is not a finite dense matrix.
        """
        if self.scaling not in ("source", "per_domain"):
            raise InputError(f"scaling must be 'source' or 'per_domain', not {self.scaling!r}.")
        return self._fit_scaled(self._split(X, y, sample_domain, dtype="float64"), self.scaling)
