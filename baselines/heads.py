"""Heads: from what a backbone says of a face to the outputs of a task.

A `Head` is a few dense layers on the embedding, the scores or both. The zero-shot heads need no
training: they map the probabilities of eight emotions to each task by published tables.

References
----------
.. [1] S. Du, Y. Tao and A. M. Martinez, "Compound facial expressions of emotion", PNAS
   111(15):E1454-E1462, 2014, table 1.
.. [2] J. A. Russell and A. Mehrabian, "Evidence for a three-factor theory of emotions", Journal
   of Research in Personality 11(3):273-294, 1977.
.. [3] C. E. Izard, "Human Emotions", Plenum, 1977: anger, disgust and contempt as one triad.
.. [4] A. V. Savchenko, code of "Frame-level Prediction of Facial Expressions, Valence, Arousal
   and Action Units for Mobile Devices", CVPR 2022 workshops: contempt in the place of Other.
"""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass
from itertools import pairwise
from numbers import Real
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np

from abawkit.errors import ModelError
from abawkit.files import write_whole
from abawkit.protocol import MultiLabel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from abawkit.protocol import Challenge

Activation = Literal["linear", "relu", "tanh", "sigmoid", "softmax"]
ACTIVATIONS: tuple[Activation, ...] = ("linear", "relu", "tanh", "sigmoid", "softmax")
Source = Literal["embedding", "scores", "probabilities", "both"]
SOURCES: tuple[Source, ...] = ("embedding", "scores", "probabilities", "both")

# Table 1 of [1]_: 1 for the units that most people show, else the share who do.
PROTOTYPES: Mapping[str, Mapping[str, float]] = {
    "Anger": {"AU4": 1, "AU7": 1, "AU24": 1, "AU10": 0.26, "AU17": 0.52, "AU23": 0.29},
    "Disgust": {"AU9": 1, "AU10": 1, "AU17": 1, "AU4": 0.31, "AU24": 0.26},
    "Fear": {"AU1": 1, "AU4": 1, "AU20": 1, "AU25": 1, "AU2": 0.57, "AU5": 0.63, "AU26": 0.33},
    "Happiness": {"AU12": 1, "AU25": 1, "AU6": 0.51},
    "Sadness": {"AU4": 1, "AU15": 1, "AU1": 0.60, "AU6": 0.50, "AU11": 0.26, "AU17": 0.67},
    "Surprise": {"AU1": 1, "AU2": 1, "AU25": 1, "AU26": 1, "AU5": 0.66},
}

# Pleasure and arousal of [2]_. Contempt is not in it: our own construction, after the triad of
# [3]_, is the mean of anger and disgust.
CIRCUMPLEX: Mapping[str, Mapping[str, float]] = {
    "Anger": {"valence": -0.51, "arousal": 0.59},
    "Contempt": {"valence": -0.555, "arousal": 0.47},
    "Disgust": {"valence": -0.60, "arousal": 0.35},
    "Fear": {"valence": -0.64, "arousal": 0.60},
    "Happiness": {"valence": 0.81, "arousal": 0.51},
    "Neutral": {"valence": 0.0, "arousal": 0.0},
    "Sadness": {"valence": -0.63, "arousal": -0.27},
    "Surprise": {"valence": 0.40, "arousal": 0.67},
}


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
        their softmax; or ``both``, the embedding and then the scores.
    outputs : tuple of str
        Names of the outputs, in the order of the task.
    parts : tuple of tuple of Layer
        Stacks of layers side by side on the same input; their outputs are concatenated.
    thresholds : tuple of float, optional
        For outputs that are labels by themselves: the probability from which on each is there.
    reference : str
        Where the head comes from.
    """

    source: Source
    outputs: tuple[str, ...]
    parts: tuple[tuple[Layer, ...], ...]
    thresholds: tuple[float, ...] = ()
    reference: str = ""

    def __call__(
        self, embedding: NDArray[np.float32], scores: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Give the raw outputs of a batch.

        Parameters
        ----------
        embedding : numpy.ndarray of float32, shape (n, n_embedding)
            From the backbone.
        scores : numpy.ndarray of float32, shape (n, n_classes)
            From the backbone.

        Returns
        -------
        numpy.ndarray of float32, shape (n, len(outputs))
            Raw outputs.

        Raises
        ------
        ModelError
            If the features do not have the size that the head was made for.
        """
        x = self._input(embedding, scores)
        results = []
        for layers in self.parts:
            if x.shape[1] != len(layers[0].weight):
                msg = (
                    f"the head takes {len(layers[0].weight)} inputs ({self.source}), the backbone "
                    f"gives {x.shape[1]}; use the backbone that the head was trained on"
                )
                raise ModelError(msg)
            result = x
            for layer in layers:
                result = layer(result)
            results.append(result)
        return np.concatenate(results, axis=1)

    def _input(
        self, embedding: NDArray[np.float32], scores: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        match self.source:
            case "embedding":
                return embedding
            case "scores":
                return scores
            case "probabilities":
                return activate(scores, "softmax")
            case "both":
                return np.concatenate([embedding, scores], axis=1)

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
        meta = {
            "source": self.source,
            "outputs": self.outputs,
            "activations": [[layer.activation for layer in layers] for layers in self.parts],
            "thresholds": self.thresholds,
            "reference": self.reference,
        }
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
        ModelError
            If it is no such file.
        """
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
                outputs=tuple(meta["outputs"]),
                parts=parts,
                thresholds=tuple(meta["thresholds"]),
                reference=meta["reference"],
            )
        except Exception as error:  # a corrupt archive raises almost anything
            msg = f"{path}: not a head of abawkit; expected an .npz that abawkit wrote"
            raise ModelError(msg) from error

    def __post_init__(self) -> None:
        names = [layer.activation for layers in self.parts for layer in layers]
        if self.source not in SOURCES or not set(names) <= set(ACTIVATIONS) or not all(self.parts):
            msg = f"unknown source {self.source!r} or activations {names}"
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
    """Apply an activation, row by row for the softmax.

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
            powers = np.exp(x - x.max(axis=1, keepdims=True))
            return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)


def zero_shot_head(challenge: Challenge, classes: Sequence[str]) -> Head:
    """Map the probabilities of emotions to the outputs of a task, without training.

    Each output is the expectation of a published table over the emotions: expressions by name,
    contempt standing in for Other [4]_; valence and arousal by the coordinates of the emotions
    [2]_; an action unit by the share of people who show it with the emotion [1]_, where contempt
    and Neutral have none. One pair of coordinates is published nowhere: contempt is put at the
    mean of anger and disgust, our own construction, for Izard [3]_ has the three as one triad.

    Parameters
    ----------
    challenge : Challenge
        The task.
    classes : sequence of str
        Names of the backbone's scores.

    Returns
    -------
    Head
        On ``probabilities``, one linear layer.

    Raises
    ------
    ModelError
        If there is no table for an output of the task, or for a class of the backbone.
    """
    names = [name for target in challenge.targets for name in target.names]
    table = np.zeros((len(classes), len(names)), np.float32)
    stands_for = {"Contempt": "Other"}
    units = {f"AU{number}" for number in range(1, 65)}
    unknown = set(names).difference(classes, stands_for.values(), ("valence", "arousal"), units)
    if unknown:
        listed = ", ".join(sorted(unknown))
        msg = f"{challenge.name}: no zero-shot table for {listed}; train a head and give --head"
        raise ModelError(msg)
    foreign = [name for name in classes if name not in CIRCUMPLEX]
    if foreign:
        msg = (
            f"no zero-shot table for the backbone's classes {', '.join(foreign)}, only for "
            f"{', '.join(CIRCUMPLEX)}; train a head and give --head"
        )
        raise ModelError(msg)
    for row, emotion in enumerate(classes):
        values = {emotion: 1.0, stands_for.get(emotion, emotion): 1.0}
        values |= CIRCUMPLEX.get(emotion, {})
        values |= PROTOTYPES.get(emotion, {})
        table[row] = [values.get(name, 0.0) for name in names]
    layer = Layer(weight=table, bias=np.zeros(len(names), np.float32), activation="linear")
    return Head(
        source="probabilities",
        outputs=tuple(names),
        parts=((layer,),),
        reference=(
            "zero-shot: Du et al. 2014, Russell and Mehrabian 1977, "
            "contempt between anger and disgust"
        ),
    )


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
