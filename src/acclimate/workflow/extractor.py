"""A frozen backbone: run once over the images of a domain, whose features are kept on disk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from acclimate.data import Domain, Preprocessing
from acclimate.data.batches import OrderedBatches, read_batches
from acclimate.data.rows import TensorRows
from acclimate.training.progress import ProgressBar

BATCH = 64  # images in one pass


@dataclass(frozen=True)
class Extractor:
    """A backbone that is not trained.

    Attributes:
        spec: What rebuilds it: see `acclimate.nn.architecture.build_backbone`.
        backbone: From images to features (n, d).
    """

    spec: dict[str, Any]
    backbone: nn.Module

    def features(self, domain: Domain, preprocessing: Preprocessing, *, show: bool = False) -> TensorRows:
        """Features of all images of a domain, (n, d), with their labels.

        Args:
            domain: Images.
            preprocessing: What the backbone expects.
            show: Show progress.
        """
        rows = domain.rows(preprocessing)
        return TensorRows(self._run(rows, domain.name, show), rows.y, rows.domain)

    @torch.inference_mode()
    def _run(self, rows: Any, name: str, show: bool) -> torch.Tensor:
        batches = OrderedBatches(rows, BATCH)
        device = next(self.backbone.parameters()).device
        self.backbone.eval()
        found = []
        with ProgressBar(f"Features of {name}", len(batches), visible=show) as bar:
            for done, sample in enumerate(read_batches(batches, stop=len(batches)), start=1):
                assert isinstance(sample.x, torch.Tensor)
                found.append(self.backbone(sample.x.to(device)).float().cpu())
                bar.reach(done)
        return torch.cat(found).clone()
