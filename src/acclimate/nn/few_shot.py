"""Heads made of a few labelled features or of words, without training: each is a module from features to logits."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def prototypes(features: Tensor, y: Tensor, num_classes: int) -> Tensor:
    """The mean of each class's rows, (c, d).

    Raises:
        ValueError: A class has no row.
    """
    members = F.one_hot(y, num_classes).to(features)
    if bool((members.sum(0) == 0).any()):
        raise ValueError("a class has no row in y; give at least one labelled row of every class")
    return members.T @ features / members.sum(0)[:, None]


def nearest_mean_head(features: Tensor, y: Tensor, num_classes: int) -> nn.Linear:
    r"""The negative squared distance to each class's mean, up to what all classes share: a linear layer.

    .. math:: z_k(x) = 2 \mu_k \cdot x - \|\mu_k\|^2

    Snell et al. 2017 (prototypical networks), section 2.4, https://arxiv.org/abs/1703.05175.

    Args:
        features: Labelled features, (n, d).
        y: Their classes, (n,); each has a row.
        num_classes: c.

    Example:
        >>> head = nearest_mean_head(torch.tensor([[0.0], [4.0]]), torch.tensor([0, 1]), 2)
        >>> head(torch.tensor([[1.0], [3.0]])).argmax(1)
        tensor([0, 1])
    """
    means = prototypes(features, y, num_classes)
    return _linear(2 * means, -means.square().sum(1))


class SimpleShot(nn.Module):
    """The nearest mean of features that are centred and scaled to unit length (CL2N).

    Wang et al. 2019, https://arxiv.org/abs/1911.04623.

    Args:
        features: Labelled features, (n, d).
        y: Their classes, (n,); each has a row.
        num_classes: c.
        center: What is taken off first, (d,), the mean of the features of the classes that the encoder was trained on;
            default: the mean of the labelled features, where those are not at hand.
    """

    center: Tensor

    def __init__(self, features: Tensor, y: Tensor, num_classes: int, center: Tensor | None = None) -> None:
        super().__init__()
        self.register_buffer("center", features.mean(0) if center is None else center)
        self.nearest = nearest_mean_head(self._unit(features), y, num_classes)

    def forward(self, features: Tensor) -> Tensor:
        """Logits (n, c) of features (n, d)."""
        logits: Tensor = self.nearest(self._unit(features))
        return logits

    def _unit(self, features: Tensor) -> Tensor:
        return F.normalize(features - self.center)


def ridge_head(features: Tensor, y: Tensor, num_classes: int, strengths: Sequence[float] | None = None) -> nn.Linear:
    r"""Ridge regression to one-hot labels, in closed form, its strength chosen by leaving each row out once.

    One decomposition serves every strength: the error of a left-out row is :math:`e_i / (1 - h_{ii})`. The intercept is
    not shrunk.

    Args:
        features: Labelled features, (n, d).
        y: Their classes, (n,).
        num_classes: c.
        strengths: What is added to the squared singular values; default: 1e-6 to 1e3 times their mean, ten a decade
            apart.

    Example:
        >>> head = ridge_head(torch.tensor([[0.0], [1.0], [4.0], [5.0]]), torch.tensor([0, 0, 1, 1]), 2)
        >>> head(torch.tensor([[0.5], [4.5]])).argmax(1)
        tensor([0, 1])
    """
    targets = F.one_hot(y, num_classes).double()
    x = features.detach().double()
    mean, middle = x.mean(0), targets.mean(0)
    u, s, vt = torch.linalg.svd(x - mean, full_matrices=False)
    scale = float(s.square().mean().clamp_min(1e-30))
    tried = [scale * 10.0**k for k in range(-6, 4)] if strengths is None else list(strengths)
    best = min(tried, key=lambda strength: _left_out_error(u, s, targets - middle, strength))
    weight = ((vt.T * (s / (s.square() + best))) @ (u.T @ (targets - middle))).T
    return _linear(weight.to(features), (middle - weight @ mean).to(features))


def _left_out_error(u: Tensor, s: Tensor, targets: Tensor, strength: float) -> float:
    """Mean squared error of rows that were left out, the intercept learned without them as well."""
    shrunk = s.square() / (s.square() + strength)
    fitted, leverage = (u * shrunk) @ (u.T @ targets), (u.square() @ shrunk) + 1 / len(u)
    return float(((targets - fitted) / (1 - leverage).clamp_min(1e-12)[:, None]).square().mean())


class CosineHead(nn.Module):
    """The cosine of features to a vector for each class, times a scale.

    Args:
        vectors: (c, d); scaled to unit length here.
        scale: Of the logits; default 100, CLIP's.
    """

    def __init__(self, vectors: Tensor, scale: float = 100.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(F.normalize(vectors.detach()).clone())
        self.scale = scale

    def forward(self, features: Tensor) -> Tensor:
        """Logits (n, c) of features (n, d)."""
        return self.scale * F.normalize(features) @ F.normalize(self.weight).T


@torch.no_grad()
def zero_shot_head(
    encode_text: Callable[[list[str]], Tensor],
    classes: Sequence[str],
    templates: Sequence[str] = ("a photo of a {}.",),
    scale: float = 100.0,
) -> CosineHead:
    """A head made of words, for an encoder of images that shares its space with one of texts (CLIP, SigLIP).

    Each class's vector is the mean of its prompts' unit vectors. Radford et al. 2021, section 3.1.4,
    https://arxiv.org/abs/2103.00020.

    Args:
        encode_text: From k texts to (k, d), such as ``lambda texts: model.encode_text(tokenizer(texts))``.
        classes: Their names, as a person would write them.
        templates: With ``{}`` for the name; default: one.
        scale: Of the logits; default 100, CLIP's.

    Raises:
        ValueError: There is no class, or a template has no place for the name.
    """
    if not classes or not templates:
        raise ValueError("classes and templates need at least one entry each")
    if lacking := [template for template in templates if "{}" not in template]:
        raise ValueError(f"the template {lacking[0]!r} has no {{}} for the name of the class")
    vectors = [F.normalize(encode_text([template.format(name) for template in templates])).mean(0) for name in classes]
    return CosineHead(torch.stack(vectors), scale)


class TipAdapter(nn.Module):
    r"""A head corrected by the labelled rows it remembers.

    .. math:: z(x) = z_0(x) + a \sum_i e^{-b (1 - x \cdot k_i)}\, \mathrm{onehot}(y_i)

    with features of unit length. Tip-Adapter is it as made; Tip-Adapter-F trains the keys :math:`k_i` (``trainable``)
    with cross-entropy for a few epochs. Zhang et al. 2022, https://arxiv.org/abs/2207.09519.

    Args:
        head: :math:`z_0`: a zero-shot head, or any other of logits on its scale.
        features: Labelled features, (n, d).
        y: Their classes, (n,).
        num_classes: c.
        weight: a; default 1.
        sharpness: b; default 5.5.
        trainable: Whether the keys are trained (Tip-Adapter-F); default False. The head is not.
    """

    values: Tensor

    def __init__(
        self,
        head: nn.Module,
        features: Tensor,
        y: Tensor,
        num_classes: int,
        weight: float = 1.0,
        sharpness: float = 5.5,
        trainable: bool = False,
    ) -> None:
        super().__init__()
        self.head = head.requires_grad_(False)
        self.keys = nn.Parameter(F.normalize(features.detach()).clone(), requires_grad=trainable)
        self.register_buffer("values", F.one_hot(y, num_classes).to(features))
        self.weight = weight
        self.sharpness = sharpness

    def forward(self, features: Tensor) -> Tensor:
        """Logits (n, c) of features (n, d)."""
        affinity = F.normalize(features) @ self.keys.T
        remembered = torch.exp(-self.sharpness * (1 - affinity)) @ self.values
        logits: Tensor = self.head(features) + self.weight * remembered
        return logits


class NearestRows(nn.Module):
    """The weighted vote of the k nearest labelled rows by cosine, as a probe without training.

    Weights are exp(similarity / temperature). Caron et al. 2021 (DINO), https://arxiv.org/abs/2104.14294.

    Args:
        features: Labelled features, (n, d).
        y: Their classes, (n,).
        num_classes: c.
        k: How many vote; default 20, or all where there are fewer.
        temperature: Default 0.07.
    """

    rows: Tensor
    values: Tensor

    def __init__(self, features: Tensor, y: Tensor, num_classes: int, k: int = 20, temperature: float = 0.07) -> None:
        super().__init__()
        self.register_buffer("rows", F.normalize(features.detach()))
        self.register_buffer("values", F.one_hot(y, num_classes).to(features))
        self.k = min(k, len(features))
        self.temperature = temperature

    def forward(self, features: Tensor) -> Tensor:
        """Logarithms of the shares of votes (n, c) of features (n, d)."""
        similarity, nearest = (F.normalize(features) @ self.rows.T).topk(self.k, 1)
        shares = (similarity / self.temperature).softmax(1)
        votes = torch.einsum("nk,nkc->nc", shares, self.values[nearest])
        return votes.clamp_min(torch.finfo(votes.dtype).tiny).log()


def _linear(weight: Tensor, bias: Tensor) -> nn.Linear:
    layer = nn.Linear(weight.shape[1], weight.shape[0], device=weight.device, dtype=weight.dtype)
    with torch.no_grad():
        layer.weight.copy_(weight)
        layer.bias.copy_(bias)
    return layer
