"""The head as a network that learns, and as the `Head` that predicts."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, assert_never

import numpy as np
import torch
from torch import nn

from abawkit.errors import ModelError
from abawkit.protocol import Categorical, Continuous, MultiLabel
from baselines.heads import Head, Layer
from submissions.decide import output_names

if TYPE_CHECKING:
    from torch import Tensor

    from abawkit.protocol import Challenge, Target
    from baselines.card import Card
    from baselines.heads import Activation, Source
    from baselines.training.heads.recipe import HeadRecipe
    from baselines.training.heads.scaling import Scaling


class HeadNetwork(nn.Module):
    """A stack of dense layers for each target, side by side on one input.

    Weights are drawn uniformly as Glorot and Bengio (2010) propose and biases are 0, as Keras
    does, which the paper used; the seed of the recipe decides them.

    Parameters
    ----------
    recipe : HeadRecipe
        Layers, and what each part takes.
    challenge : Challenge
        Whose targets the parts give.
    n_embedding, n_scores : int
        Values of the embedding and of the scores.
    scaling : Scaling, optional
        How scores are standardised on their way in; it is no part of the state, for it follows
        from the training rows.

    Raises
    ------
    ModelError
        If a part takes scores, and there are none.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        recipe: HeadRecipe,
        challenge: Challenge,
        *,
        n_embedding: int,
        n_scores: int,
        scaling: Scaling | None = None,
    ) -> None:
        super().__init__()
        self.recipe, self.challenge, self.scaling = recipe, challenge, scaling
        widths = {"embedding": n_embedding, "both": n_embedding + n_scores}
        self.n_inputs = widths.get(recipe.source, n_scores)
        self.columns = tuple(
            _columns(part.source, recipe.source, n_embedding) for part in recipe.parts
        )
        generator = torch.Generator().manual_seed(recipe.seed)
        self.layers: list[list[nn.Linear]] = []
        for part, target in zip(recipe.parts, challenge.targets, strict=True):
            width = widths.get(part.source, n_scores)
            if not width:
                msg = (
                    f"{part.target} is to be learned from {part.source}, of which the backbone "
                    "gives none; choose the embedding as the source"
                )
                raise ModelError(msg)
            hidden = (part.hidden,) if part.hidden else ()
            sizes = (width, *hidden, len(target.names))
            layers = [_dense(*size, generator) for size in pairwise(sizes)]
            if recipe.shared and self.layers:
                layers[0] = self.layers[0][0]
            self.layers.append(layers)
        # So that torch knows them.
        self.parts = nn.ModuleList(nn.ModuleList(layers) for layers in self.layers)
        for name in ("mean", "std"):
            values = None if scaling is None else torch.from_numpy(getattr(scaling, name)).float()
            self.register_buffer(name, values, persistent=False)

    def groups(self) -> list[dict[str, Any]]:
        """Group the parameters by their penalty, as an optimiser of torch takes them.

        The gradient of ``l2 * sum(w ** 2)`` is ``2 * l2 * w``, hence the factor; biases have none.

        Returns
        -------
        list of dict
            ``params`` and ``weight_decay`` of each group.
        """
        penalties = {
            layer: part.l2
            for part, layers in zip(self.recipe.parts, self.layers, strict=True)
            for layer in layers
        }
        kernels = [
            {
                "params": [layer.weight for layer in penalties if penalties[layer] == l2],
                "weight_decay": 2 * l2,
            }
            for l2 in sorted(set(penalties.values()))
        ]
        return [*kernels, {"params": [layer.bias for layer in penalties], "weight_decay": 0.0}]

    def forward(self, x: Tensor) -> list[Tensor]:
        """Say something of each row.

        Parameters
        ----------
        x : Tensor of float32, shape (n, n_inputs)
            What the source of the recipe names.

        Returns
        -------
        list of Tensor of float32, shape (n, len(target.names))
            One a target, before the activation.
        """
        if self.scaling is not None:
            # Scores stand last.
            n_embedding = self.n_inputs - len(self.scaling.mean)
            scores = (x[:, n_embedding:] - self.mean) / self.std
            x = torch.cat([x[:, :n_embedding], scores], dim=1)
        sums, hidden = [], {}
        for columns, layers in zip(self.columns, self.layers, strict=True):
            result = x[:, columns]
            for layer in layers[:-1]:
                if layer not in hidden:
                    hidden[layer] = torch.relu(layer(result))
                result = hidden[layer]
            sums.append(layers[-1](result))
        return sums

    def to_head(self, card: Card, *, reference: str = "") -> Head:
        """Give the head that predicts what the network says.

        A part that takes a share of the input has zeros for the rest. How scores are standardised
        becomes part of the first layers, so the head takes them as the backbone gives them.

        Parameters
        ----------
        card : Card
            Of the backbone whose features it was trained on.
        reference : str
            Where the head comes from.

        Returns
        -------
        Head
            With the same outputs, up to rounding.
        """
        parts = []
        for columns, layers, target in zip(
            self.columns, self.layers, self.challenge.targets, strict=True
        ):
            *hidden, last = layers
            dense = [*(_layer(layer, "relu") for layer in hidden), _layer(last, _final(target))]
            whole = np.zeros((self.n_inputs, len(dense[0].bias)), np.float32)
            whole[columns] = dense[0].weight
            first = replace(dense[0], weight=whole)
            parts.append((_unscaled(first, self.scaling), *dense[1:]))
        return Head(
            source=self.recipe.source,
            outputs=output_names(self.challenge),
            parts=tuple(parts),
            scores=card.scores,
            score_names=card.outputs,
            backbone=card.name,
            reference=reference,
        )


def _unscaled(layer: Layer, scaling: Scaling | None) -> Layer:
    # The layer that gives for inputs as they are what this one does for standardised scores.
    if scaling is None:
        return layer
    weight, n_scores = layer.weight.astype(np.float64), len(scaling.mean)
    # Weights that have grown without end may overflow; the outputs tell.
    with np.errstate(over="ignore", invalid="ignore"):
        weight[-n_scores:] /= scaling.std[:, None]
        bias = layer.bias - scaling.mean @ weight[-n_scores:]
        return replace(layer, weight=weight.astype(np.float32), bias=bias.astype(np.float32))


def _columns(source: Source, whole: Source, n_embedding: int) -> slice:
    # Where a part finds its input in that of the whole head: the embedding, then the scores.
    if source == whole:
        return slice(None)
    return slice(0, n_embedding) if source == "embedding" else slice(n_embedding, None)


def _dense(n_inputs: int, n_outputs: int, generator: torch.Generator) -> nn.Linear:
    layer = nn.Linear(n_inputs, n_outputs)
    nn.init.xavier_uniform_(layer.weight, generator=generator)
    nn.init.zeros_(layer.bias)
    return layer


def _final(target: Target) -> Activation:
    match target:
        case Continuous():
            return "tanh"
        case Categorical():
            return "softmax"
        case MultiLabel():
            return "sigmoid"
        case _:
            assert_never(target)


def _layer(layer: nn.Linear, activation: Activation) -> Layer:
    weight, bias = (tensor.detach().cpu().numpy() for tensor in (layer.weight, layer.bias))
    return Layer(weight=np.ascontiguousarray(weight.T), bias=bias.copy(), activation=activation)
