"""Any deep method as a scikit-learn classifier."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import torch
from scipy.special import log_softmax
from sklearn.base import ClassifierMixin

from acclimate.classical.domain_aware import encode_labels
from acclimate.estimators.deep_estimator import DeepEstimator
from acclimate.types import Array


class DeepClassifier(ClassifierMixin, DeepEstimator):  # type: ignore[misc]
    """A network trained by a domain adaptation method, with scikit-learn's surface.

    It is `training.fit` on the arrays, nothing else: the same seed gives the same numbers there. Inputs are not scaled:
    standardise features first, and bring images to the range the backbone expects.

    Args:
        method: Key of the method, or several joined by "+" ("dann+mcc"); see `acclimate.methods.METHODS`.
        backbone: None: an MLP for features (n, d), a small convolutional network for signals (n, channels, time) or
            images (n, channels, size, size). Or "mlp", "identity" (a linear model), "small_cnn", "signal_cnn", a timm
            or torchvision name, or a module from (n, ...) to (n, features), which is copied, never changed.
        weights: For timm and torchvision names: "none" (random), "default" (pretrained) or a file.
        steps: Optimizer steps.
        batch_size: Rows of each domain per step; a domain with fewer rows gives all of them.
        lr: Initial rate of SGD with Nesterov momentum 0.9, weight decay 0.001 and inverse decay.
        method_params: Further arguments of the method, such as {"weight": 0.5}.
        fit_params: Further arguments of `acclimate.training.fit`, such as {"precision": "bf16-mixed"} or
            {"backbone_lr_factor": 0.1}.
        flip: Methods of two views (FixMatch, self-ensembling) are given images (n, channels, size, size) moved a little
            and strongly changed, see `acclimate.data.ViewedRows`; this also mirrors them, from left to right, at
            random. Not for digits or letters. Other rows get their second view from the method, by noise.
        random_state: Seeds initialisation, order and dropout; the global generators are left as they were. None draws
            a new seed at each fit.
        device: "auto", "cpu", "cuda" or "mps".
        progress_bar: Show progress on standard error.

    Attributes:
        classes_: (c,) labels of the source, sorted.
        method_: The trained `acclimate.methods.Method`; `method_.network` is the network.
        history_: The records of the training.
        n_features_in_: Second axis of X.

    Example:
        >>> import numpy as np
        >>> from acclimate.data import stack_domains
        >>> rng = np.random.default_rng(0)
        >>> ys = np.array(["cat", "dog"] * 20)
        >>> Xs = rng.normal(size=(40, 3)) + 3 * (ys == "dog")[:, None]
        >>> X, y, sample_domain = stack_domains((Xs, ys), target=Xs + 0.5)
        >>> model = DeepClassifier("deep_coral", steps=50, device="cpu").fit(X, y, sample_domain)
        >>> bool(model.score(Xs + 0.5, ys) > 0.9)
        True
    """

    _task = "classification"

    def fit(self, X: Any, y: Any, sample_domain: Any = None) -> Self:
        """Train on labelled source and unlabelled target rows.

        Args:
            X: (n, ...) numbers of all domains; used as float32.
            y: (n,) labels of any type; those of target rows are never read.
            sample_domain: (n,) integers, positive for source rows (one id for each source) and negative for target
                rows; None: all source, and the method is source-only.

        Returns:
            Itself.

        Raises:
            InputError: If an argument is malformed or unknown, the source has only one class, or a domain one row.
            ValueError: If `X` is not a finite dense array.
        """
        domains = self._split(X, y, sample_domain)
        self.classes_, ys = encode_labels(domains.ys)
        self._train(domains, torch.from_numpy(ys), len(self.classes_))
        return self

    def predict(self, X: Any) -> Array:
        """Most probable label of each row, (n,)."""
        best = self.predict_log_proba(X).argmax(axis=1)
        return np.asarray(self.classes_[best])

    def predict_proba(self, X: Any) -> Array:
        """Class probabilities, (n, c)."""
        return np.exp(self.predict_log_proba(X))

    def predict_log_proba(self, X: Any) -> Array:
        """Log-probabilities, (n, c)."""
        return np.asarray(log_softmax(self._predictions(X).logits, axis=1))
