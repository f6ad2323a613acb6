"""Heads: from what a backbone says of a face to the outputs of a task.

A `Head` is a few dense layers on the embedding, the scores or both.
"""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass
from itertools import pairwise
from numbers import Real
from typing import TYPE_CHECKING, Any, Literal, Self, get_args

import numpy as np

from abawkit.errors import DataError, ModelError
from abawkit.files import write_whole
from abawkit.protocol import MultiLabel
from baselines.card import SCORES, Scores, softmax

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from abawkit.protocol import Challenge
    from baselines.card import Card

Activation = Literal["linear", "relu", "tanh", "sigmoid", "softmax", "clip"]
ACTIVATIONS: tuple[Activation, ...] = get_args(Activation)
Source = Literal["embedding", "scores", "probabilities", "both"]
SOURCES: tuple[Source, ...] = get_args(Source)

HEAD = "head.npz"
"""What the head of a run of training is called in its folder."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Layer:
    """A dense layer: ``activation(x @ weight + bias)``.

    ``weight`` is float32 ``(n_inputs, n_outputs)``, ``bias`` float32 ``(n_outputs,)``.
    """

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]
    activation: Activation

    def __call__(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """Apply the layer.

        Parameters
        ----------
        x : numpy.ndarray of float32, shape (n, n_inputs)
            Inputs.

        Returns
        -------
        numpy.ndarray of float32, shape (n, n_outputs)
            Outputs; a row's do not depend on what else is in the batch, to the last bit, which
            a matrix product does not promise.
        """
        return activate(np.einsum("ni,io->no", x, self.weight) + self.bias, self.activation)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Head:
    """Dense layers from features to the raw outputs of a task.

    Attributes
    ----------
    source : str
        What goes in: ``embedding``; ``scores``, as the backbone gives them; ``probabilities``,
        the same with a softmax over the classes where they are logits; or ``both``, the embedding
        and then the scores.
    outputs : tuple of str
        Names of the outputs, in the order of the task.
    parts : tuple of tuple of Layer
        Stacks of layers side by side on the same input; their outputs are concatenated.
    scores : {"logits", "probabilities"}
        What the backbone gave that the head was trained on.
    thresholds : tuple of float, optional
        For outputs that are labels by themselves: the probability from which on each is there.
    reference : str
        Where the head comes from.
    score_names : tuple of str, optional
        The outputs of the backbone that it was trained on; none where that is not told.
    backbone : str
        The name of that backbone; empty where it is not told.
    """

    source: Source
    outputs: tuple[str, ...]
    parts: tuple[tuple[Layer, ...], ...]
    scores: Scores = "logits"
    thresholds: tuple[float, ...] = ()
    reference: str = ""
    score_names: tuple[str, ...] = ()
    backbone: str = ""

    def __call__(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """Give the raw outputs of a batch.

        Parameters
        ----------
        x : numpy.ndarray of float32, shape (n, n_inputs)
            What `head_input` gives.

        Returns
        -------
        numpy.ndarray of float32, shape (n, len(outputs))
            Raw outputs.

        Raises
        ------
        ModelError
            If the input does not have the size that the head was made for.
        """
        _check_width(self, x.shape[1])
        results = []
        for layers in self.parts:
            result = x
            for layer in layers:
                result = layer(result)
            results.append(result)
        return np.concatenate(results, axis=1)

    @property
    def digest(self) -> str:
        """A hash of all that decides the outputs."""
        return hashlib.sha256(self._bytes()).hexdigest()

    def save(self, path: Path) -> None:
        """Write the head to a file without pickle.

        Parameters
        ----------
        path : Path
            The ``.npz`` file.
        """
        write_whole(path, self._bytes())

    def _bytes(self) -> bytes:
        meta: dict[str, Any] = {
            "source": self.source,
            "scores": self.scores,
            "outputs": self.outputs,
            "activations": [[layer.activation for layer in layers] for layers in self.parts],
            "thresholds": self.thresholds,
            "reference": self.reference,
        }
        # Left out where not told: heads of old keep their digest.
        told = {"score_names": self.score_names, "backbone": self.backbone}
        meta |= {name: value for name, value in told.items() if value}
        arrays = {
            f"{name}_{i}_{j}": getattr(layer, name)
            for i, layers in enumerate(self.parts)
            for j, layer in enumerate(layers)
            for name in ("weight", "bias")
        }
        buffer = io.BytesIO()
        np.savez(buffer, allow_pickle=False, abawkit_head=np.str_(json.dumps(meta)), **arrays)
        return buffer.getvalue()

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a head from a file.

        Parameters
        ----------
        path : Path
            What `save` wrote.

        Returns
        -------
        Head
            The head.

        Raises
        ------
        DataError
            If there is no file.
        ModelError
            If it is another file.
        """
        if not path.exists():
            msg = f"{path}: no such file; expected a trained head, an .npz that abawkit wrote"
            raise DataError(msg)
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                meta = json.loads(str(arrays["abawkit_head"]))
                parts = tuple(
                    tuple(
                        Layer(
                            weight=arrays[f"weight_{i}_{j}"],
                            bias=arrays[f"bias_{i}_{j}"],
                            activation=activation,
                        )
                        for j, activation in enumerate(activations)
                    )
                    for i, activations in enumerate(meta["activations"])
                )
            return cls(
                source=meta["source"],
                scores=meta["scores"],
                outputs=tuple(meta["outputs"]),
                parts=parts,
                thresholds=tuple(meta["thresholds"]),
                reference=meta["reference"],
                score_names=tuple(meta.get("score_names", ())),
                backbone=meta.get("backbone", ""),
            )
        except Exception as error:  # a corrupt archive raises almost anything
            msg = f"{path}: not a head of abawkit; expected an .npz that abawkit wrote"
            raise ModelError(msg) from error

    def __post_init__(self) -> None:
        names = [layer.activation for layers in self.parts for layer in layers]
        if self.source not in SOURCES or self.scores not in SCORES:
            msg = f"unknown source {self.source!r} or kind of scores {self.scores!r}"
            raise ModelError(msg)
        if not set(names) <= set(ACTIVATIONS) or not all(self.parts):
            msg = f"unknown activations {names}"
            raise ModelError(msg)
        if not all(_fit(layers) for layers in self.parts):
            msg = "the sizes of the layers do not follow from one another"
            raise ModelError(msg)
        width = sum(len(layers[-1].bias) for layers in self.parts)
        if width != len(self.outputs):
            msg = f"the layers give {width} outputs, but {len(self.outputs)} are named"
            raise ModelError(msg)


def _fit(layers: Sequence[Layer]) -> bool:
    # Whether each layer takes what the one before it gives.
    sizes = [layer.weight.shape for layer in layers]
    return (
        all(len(size) == 2 for size in sizes)  # noqa: PLR2004 - inputs and outputs
        and all(layer.bias.shape == layer.weight.shape[1:] for layer in layers)
        and all(before[1] == after[0] for before, after in pairwise(sizes))
    )


def activate(x: NDArray[np.float32], activation: Activation) -> NDArray[np.float32]:
    """Apply an activation, row by row for the softmax; ``clip`` is to [-1, 1].

    Parameters
    ----------
    x : numpy.ndarray of float32, shape (n, n_outputs)
        Sums.
    activation : str
        One of `ACTIVATIONS`.

    Returns
    -------
    numpy.ndarray of float32, of that shape
        The activation.
    """
    match activation:
        case "linear":
            return x
        case "relu":
            return np.maximum(x, 0)
        case "tanh":
            return np.tanh(x)
        case "sigmoid":
            # Of the negative magnitude, so that nothing overflows.
            small = np.exp(-np.abs(x))
            return np.asarray(np.where(x >= 0, 1, small) / (1 + small), np.float32)
        case "softmax":
            return softmax(x)
        case "clip":
            return np.clip(x, -1, 1)


def head_input(
    source: Source, card: Card, embedding: NDArray[np.float32], scores: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Prepare what a head takes of what a backbone gives.

    Parameters
    ----------
    source : str
        One of `SOURCES`.
    card : Card
        Of the backbone.
    embedding : numpy.ndarray of float32, shape (n, n_embedding)
        From the backbone.
    scores : numpy.ndarray of float32, shape (n, len(card.outputs))
        From the backbone.

    Returns
    -------
    numpy.ndarray of float32, shape (n, n_inputs)
        The input of the head.
    """
    match source:
        case "embedding":
            return embedding
        case "scores":
            return scores
        case "probabilities":
            return card.probabilities(scores)
        case "both":
            return np.concatenate([embedding, scores], axis=1)


def check_head(head: Head, card: Card, *, n_embedding: int | None) -> None:
    """Check that a head can be put on a backbone.

    Parameters
    ----------
    head : Head
        The head.
    card : Card
        Of the backbone.
    n_embedding : int, optional
        Values of its embedding, if known.

    Raises
    ------
    ModelError
        If the head was trained on another backbone, on other scores or on the other kind of
        them, or on another number of values. Versions of a backbone in half precision or in 8
        bits share its name, and its heads.
    """
    if head.backbone and head.backbone != card.name:
        msg = (
            f"the head was trained on {head.backbone}, not on {card.name}; "
            "use the backbone that the head was trained on"
        )
        raise ModelError(msg)
    if head.source in {"scores", "both"} and head.scores != card.scores:
        msg = (
            f"the head was trained on {head.scores}, {card.name} gives {card.scores}; "
            "use the backbone that the head was trained on"
        )
        raise ModelError(msg)
    if head.source != "embedding" and head.score_names not in {(), card.outputs}:
        msg = (
            f"the head was trained on the scores {', '.join(head.score_names)}; {card.name} gives "
            f"{', '.join(card.outputs)}; use the backbone that the head was trained on"
        )
        raise ModelError(msg)
    n_scores = len(card.outputs)
    given = {
        "embedding": n_embedding,
        "scores": n_scores,
        "probabilities": n_scores,
        "both": None if n_embedding is None else n_embedding + n_scores,
    }[head.source]
    if given is not None:
        _check_width(head, given)


def _check_width(head: Head, given: int) -> None:
    for layers in head.parts:
        if given != len(layers[0].weight):
            msg = (
                f"the head takes {len(layers[0].weight)} inputs ({head.source}), the backbone "
                f"gives {given}; use the backbone that the head was trained on"
            )
            raise ModelError(msg)


def check_thresholds(
    source: str, thresholds: Sequence[Any], challenge: Challenge
) -> tuple[float, ...]:
    """Check that thresholds are those of a challenge's action units.

    Parameters
    ----------
    source : str
        Whose they are, for the message.
    thresholds : sequence
        None at all, or a probability a unit.
    challenge : Challenge
        The challenge.

    Returns
    -------
    tuple of float
        The thresholds.

    Raises
    ------
    ModelError
        If there are more or fewer, or one is no probability.
    """
    units = sum(len(row.names) for row in challenge.targets if isinstance(row, MultiLabel))
    if thresholds and len(thresholds) != units:
        msg = f"{source} has {len(thresholds)} thresholds, {challenge.name} {units} units"
        raise ModelError(msg)
    wrong = [
        value for value in thresholds if not (isinstance(value, Real) and 0 <= float(value) <= 1)
    ]
    if wrong:
        msg = f"{source} has the threshold {wrong[0]!r}; expected numbers from 0 to 1"
        raise ModelError(msg)
    return tuple(float(value) for value in thresholds)
