"""TPT: the words of a prompt, learned for each image until its surest views agree."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

from acclimate.errors import InputError
from acclimate.losses import diversity_loss, row_entropies
from acclimate.methods.base import inputs_of
from acclimate.methods.descent import descend, forget
from acclimate.methods.online import OnlineMethod
from acclimate.nn.image_views import changed_view
from acclimate.nn.prompted_classifier import PromptedClassifier
from acclimate.types import Sample, Step


class TPT(OnlineMethod):
    r"""Test-time prompt tuning.

    .. math:: L = H\Big(\frac1{|S|} \sum_{k \in S} p(a_k(x))\Big)

    over the views S of one image, itself among them, with the least entropy. Only the vectors in place of the prompt's
    words are trained; they begin anew with every image, take one step, and the image is predicted with the outcome.

    Args:
        network: A `acclimate.nn.prompted_classifier.PromptedClassifier`; it is copied.
        views: Of each image, itself included; default 64.
        share: Of them that count; default 0.1.
        view: Makes a random view of each row of a batch; default: a small change of place, level and contrast.

    Notes:
        The views are ours, not random crops.

    Reference:
        Shu et al. 2022, Test-Time Prompt Tuning for Zero-Shot Generalization in Vision-Language Models, NeurIPS,
        https://arxiv.org/abs/2209.07511.

    Example:
        >>> from transformers import CLIPConfig, CLIPModel
        >>> text = {"vocab_size": 20, "hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1,
        ...         "num_attention_heads": 2, "eos_token_id": 19}
        >>> vision = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2,
        ...           "image_size": 16, "patch_size": 8}
        >>> model = CLIPModel(CLIPConfig(text_config=text, vision_config=vision, projection_dim=8))
        >>> tokens = torch.tensor([[1, 4, 5, 8, 19], [1, 4, 5, 9, 19]])
        >>> method = TPT(PromptedClassifier(model, tokens, torch.ones_like(tokens), words=2), views=20)
        >>> sorted(method(target=Sample(torch.randn(1, 3, 16, 16))).losses), list(method.adapted)
        (['marginal_entropy'], ['context'])
    """

    key = "tpt"
    title = "TPT"
    paper = "Shu et al., NeurIPS 2022"
    url = "https://arxiv.org/abs/2209.07511"
    family = "entropy"
    passes = 65 / 3
    statistics = None

    def __init__(
        self,
        network: nn.Module,
        views: int = 64,
        share: float = 0.1,
        view: Callable[[Tensor], Tensor] = changed_view,
    ) -> None:
        super().__init__(network)
        if int(views * share) < 1 or share > 1:
            raise InputError(f"views={views} and share={share} leave no view to learn from; give more of them.")
        self.num_views, self.kept, self.view = views, int(views * share), view

    def choose(self) -> dict[str, nn.Parameter]:
        """The context."""
        if not isinstance(self.network, PromptedClassifier):
            raise InputError(
                "TPT learns the words of a prompt, and this network has none; make it one by "
                "acclimate.nn.prompted_classifier.prompted_classifier(model, tokenizer, classes)."
            )
        return {"context": self.network.context}

    def make_optimizer(self, parameters: list[nn.Parameter]) -> Optimizer:
        """AdamW, rate 0.005, weight decay 0.01."""
        return AdamW(parameters, lr=5e-3, weight_decay=0.01, fused=True)

    def forward(self, target: Sample) -> Step:  # type: ignore[override]
        """The entropy of the mean over the surest views of the rows given, which are to be one."""
        x = inputs_of(target, "target")
        views = torch.cat([x, self.view(x.repeat_interleave(self.num_views - 1, 0))])
        network: PromptedClassifier = self.network  # type: ignore[assignment]
        with torch.no_grad():
            images = network.image_features(views)
        logits = (network.scale * images @ network.text_features(network.context).T).float()
        surest = logits[row_entropies(logits.detach()).topk(self.kept, largest=False).indices]
        mean = surest.detach().log_softmax(1).logsumexp(0, keepdim=True)
        return Step({"marginal_entropy": -diversity_loss(surest)}, mean.expand(len(x), -1))

    def adapt(self, x: Tensor, optimizer: Optimizer | None) -> Tensor:
        """Adapt to each row and predict it."""
        assert optimizer is not None
        logits = []
        for row in x.split(1):  # type: ignore[no-untyped-call]
            self.source.restore()
            forget(optimizer)
            descend(self(target=Sample(row)).total, optimizer)
            with torch.no_grad():
                logits.append(self.predict(row).float())
        self.source.restore()  # nothing is carried from row to row, nor from batch to batch
        return torch.cat(logits)
