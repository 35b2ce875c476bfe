"""ETA: entropy minimisation on sure and new rows."""

from __future__ import annotations

from torch import nn

from acclimate.methods.entropy_filter import EntropyFilter


class ETA(EntropyFilter):
    r"""Efficient test-time adaptation: EATA without its anchor, and so without source data.

    .. math:: L = \frac1{|K|} \sum_{i \in K} e^{E_0 - H_i} H_i, \quad
        K = \{i : H_i < E_0, \; |\cos(\bar p, p_i)| < d\}

    Steady on long streams where Tent is not; on ordered ones it collapses later, but does.

    Args:
        network: A trained network with norm layers; it is copied.
        margin: Rows with an entropy below margin * log c are kept; default 0.4.
        redundancy: d, the largest cosine with the mean prediction; default: 0.4 up to 10 classes, 0.1 below 1000, 0.05
            from there, as the published runs have it.

    Notes:
        The mean is over the kept rows. A batch without any moves nothing, momentum included.

    Reference:
        Niu et al. 2022, Efficient Test-Time Model Adaptation without Forgetting, ICML, https://arxiv.org/abs/2204.02610.

    Example:
        >>> import torch
        >>> from acclimate.types import Sample
        >>> method = ETA(nn.Sequential(nn.Linear(8, 4), nn.BatchNorm1d(4), nn.Linear(4, 3)))
        >>> sorted(method(target=Sample(torch.randn(5, 8))).losses)
        ['entropy']
    """

    key = "eta"
    title = "ETA"
    paper = "Niu et al., ICML 2022"
    url = "https://arxiv.org/abs/2204.02610"

    def __init__(self, network: nn.Module, margin: float = 0.4, redundancy: float | None = None) -> None:
        super().__init__(network, margin, redundancy)
