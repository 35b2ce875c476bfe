"""A frozen backbone: run once over the images or texts of a domain, whose features are kept on disk."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor, nn

from acclimate.data import Domain, cached_features
from acclimate.data.domain import Recipe
from acclimate.nn.backbones import weights_fingerprint


@dataclass(frozen=True)
class Extractor:
    """A backbone that is not trained.

    Attributes:
        spec: What rebuilds it: see `acclimate.nn.architecture.build_backbone`.
        backbone: From images or tokens to features (n, d).
        device: Where it runs.
    """

    spec: dict[str, Any]
    backbone: nn.Module
    device: str = "cpu"

    def features(self, domain: Domain, preprocessing: Recipe, *, show: bool = False) -> Domain:
        """The domain with features (n, d) in the place of its rows, from the cache where they were taken before.

        Args:
            domain: Images or texts.
            preprocessing: What the backbone expects.
            show: Show progress.
        """
        self.backbone.eval().to(self.device)
        network = weights_fingerprint(self.backbone)
        features = cached_features(self._extract, domain, preprocessing, network=network, progress_bar=show)
        return replace(domain, kind="features", x=features)

    def _extract(self, x: Tensor) -> Tensor:
        features: Tensor = self.backbone(without_padding(x).to(self.device))
        return features


def without_padding(x: Tensor) -> Tensor:
    """Tokens (n, 2, length) without the columns that hold none of these texts; anything else as it is."""
    if x.is_floating_point() or x.ndim != 3:
        return x
    return x[:, :, : max(int(x[:, 1].sum(1).max()), 1)]
