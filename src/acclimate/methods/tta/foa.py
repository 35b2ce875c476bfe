"""FOA: prompts found without gradients, and features shifted back to the source's."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from acclimate.errors import InputError
from acclimate.losses import row_entropies
from acclimate.methods.evolution import CMAES
from acclimate.methods.online import OnlineMethod
from acclimate.nn import features_and_logits, output_layer
from acclimate.nn.tokens import class_tokens, prompted, token_blocks, token_norm

USUAL_BATCH = 64  # rows for which the weight of the statistics is meant


class FOA(OnlineMethod):
    r"""Forward-optimisation adaptation.

    .. math:: L(p) = \sum_i H\big(f(x_i; p)\big)
        + w \frac{n}{64} \sum_l \big(\|\mu_l - \mu_l^s\|^2 + \|\sigma_l - \sigma_l^s\|^2\big), \quad
        z_i = h\big(f_i + \mu_N^s - \bar\mu_N\big)

    with the mean and deviation over the batch of the class token behind each block l, those of source rows, and prompts
    p behind the class token, of which CMA-ES draws some in every batch and keeps the best; the head h sees features f
    that are moved back by the moving mean of the batches before. No gradient is taken: for quantised and very large
    networks.

    Args:
        network: A vision transformer with a class token; it is copied.
        source: Batches of source inputs, (n, ...) each, for the statistics; 32 rows are enough.
        weight: w; default 0.4 (ImageNet-R 0.2).
        prompts: How many; default 3.
        candidates: Drawn in each batch; default: 4 + 3 log of the numbers in all prompts, 27 for a ViT-B.

    Notes:
        As in the authors' code norms are squared, where the paper's equation 5 has them plain, and the prompts of the
        batch before are a candidate. CMA-ES is ours and has no negative weights. A reset brings back the first prompts
        rather than others.

    Reference:
        Niu et al. 2024, Test-Time Model Adaptation with Only Forward Passes, ICML, https://arxiv.org/abs/2404.01650.

    Example:
        >>> import timm
        >>> size = {"img_size": 16, "patch_size": 8, "embed_dim": 16, "depth": 2, "num_heads": 2, "num_classes": 3}
        >>> network = timm.create_model("vit_tiny_patch16_224", **size)
        >>> FOA(network, source=[torch.randn(8, 3, 16, 16)]).adapt(torch.randn(4, 3, 16, 16), None).shape
        torch.Size([4, 3])
    """

    key = "foa"
    title = "FOA"
    paper = "Niu et al., ICML 2024"
    url = "https://arxiv.org/abs/2404.01650"
    family = "source"
    passes = 28 / 3
    choice = "none"
    statistics = None
    best: Tensor
    moving: Tensor
    seen: Tensor
    means: Tensor
    deviations: Tensor

    def __init__(
        self,
        network: nn.Module,
        source: Iterable[Tensor],
        weight: float = 0.4,
        prompts: int = 3,
        candidates: int | None = None,
    ) -> None:
        super().__init__(network)
        if prompts < 1 or (candidates is not None and candidates < 2):
            raise InputError(f"prompts={prompts} and candidates={candidates} must be at least 1 and 2.")
        self.weight = weight
        self.blocks = [token_norm(block) for block in token_blocks(self.network)[1:]]
        width = token_norm(token_blocks(self.network)[0]).normalized_shape[0]
        self.search = CMAES(prompts * width, candidates).to(self.device)
        deviations, means = self._source_statistics(source)
        state = {"best": self._first(prompts, width), "moving": torch.zeros(output_layer(self.network).in_features)}
        state |= {"seen": torch.zeros((), dtype=torch.bool), "means": means, "deviations": deviations}
        for name, value in state.items():
            self.register_buffer(name, value.to(self.device))

    def _first(self, prompts: int, width: int) -> Tensor:
        """As those of visual prompt tuning begin: by the fan-in of the patches' embedding."""
        conv = next((m for m in self.network.modules() if isinstance(m, nn.Conv2d)), None)
        bound = math.sqrt(6 / ((conv.weight[0].numel() if conv is not None else width) + width))
        return torch.empty(prompts, width).uniform_(-bound, bound)

    @torch.no_grad()
    def _source_statistics(self, source: Iterable[Tensor]) -> tuple[Tensor, Tensor]:
        rows = [self._seen(x)[0] for x in source]
        if sum(map(len, rows)) < 2:
            raise InputError("source holds fewer than two rows; give batches of source inputs.")
        return torch.std_mean(torch.cat(rows), 0)

    def _seen(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The class token in front of every block but the first and of the head, side by side; features; logits."""
        with class_tokens(self.blocks) as tokens:
            features, logits = (part.float() for part in features_and_logits(self.network, x))
        return torch.cat([*tokens, features], 1), features, logits

    def own_state(self) -> list[tuple[nn.Module, str]]:
        """The search too."""
        return [*super().own_state(), *((self.search, name) for name in self.search._buffers if name != "weights")]

    @torch.no_grad()
    def adapt(self, x: Tensor, optimizer: Optimizer | None) -> Tensor:
        """Try the candidates, predict with the best, move the search."""
        if len(x) < 2:
            raise InputError("FOA compares the spread of a batch with the source's; give batches of two rows or more.")
        shift = torch.where(self.seen, self.means[-len(self.moving) :] - self.moving, 0)
        tried = torch.cat([self.search.ask(), self.best.flatten()[None].to(self.search.mean)])
        found = [self._fitness(x, prompts.view_as(self.best), shift) for prompts in tried]
        losses, means, logits = (torch.stack(parts) for parts in zip(*found, strict=True))
        first = losses.argmin()
        sound = losses.isfinite().all()
        self.best.copy_(torch.where(sound, tried[first].view_as(self.best).to(self.best), self.best))
        self.search.tell(tried, losses)
        mean = means.mean(0)
        self.moving.copy_(
            torch.where(sound, torch.where(self.seen, torch.lerp(self.moving, mean, 0.1), mean), self.moving)
        )
        self.seen |= sound
        return logits[first]

    def _fitness(self, x: Tensor, prompts: Tensor, shift: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Of one candidate: its loss, the mean feature, and the logits of shifted features."""
        with prompted(self.network, prompts):
            tokens, features, logits = self._seen(x)
        deviations, means = torch.std_mean(tokens, 0)
        off = (deviations - self.deviations).square().sum() + (means - self.means).square().sum()
        loss = row_entropies(logits).sum() + self.weight * len(x) / USUAL_BATCH * off
        return loss, features.mean(0), output_layer(self.network)(features + shift).float()

    def reset(self) -> None:
        """The search begins anew."""
        super().reset()
        self.search.generation = 0
