"""Contrast between images and the texts that belong to them."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from acclimate.losses._precision import full_precision


@full_precision
def caption_contrast_loss(
    images: Float[Tensor, "n d"], texts: Float[Tensor, "n d"], scale: float | Tensor = 100.0
) -> Float[Tensor, ""]:
    r"""Each image attracts its own text and repels the others of the batch, and each text its image.

    .. math:: -\frac1{2n} \sum_i \Big(\log \frac{e^{s \, u_i \cdot v_i}}{\sum_j e^{s \, u_i \cdot v_j}}
        + \log \frac{e^{s \, u_i \cdot v_i}}{\sum_j e^{s \, u_j \cdot v_i}}\Big)

    with the unit vectors u of images and v of texts. Radford et al. 2021 (CLIP), https://arxiv.org/abs/2103.00020. With
    the captions of the rows' classes it is how Goyal et al. 2023 fine-tune (FLYP, finetune like you pretrain),
    https://arxiv.org/abs/2212.00638; there, too, two rows of one class are each other's negatives.

    Args:
        images: Features of images, (n, d), of any length.
        texts: Features of the texts that belong to them, (n, d).
        scale: s; default 100. A tensor, such as the model's own, may be trained.

    Returns:
        A scalar, >= 0, in at least float32.
    """
    scores = scale * F.normalize(images) @ F.normalize(texts).T
    own = torch.arange(len(scores), device=scores.device)
    return 0.5 * (F.cross_entropy(scores, own) + F.cross_entropy(scores.T, own))
