"""What an ONNX file of abawkit says of itself, in its metadata under the key ``abawkit``."""

from __future__ import annotations

import json
from dataclasses import MISSING, asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Literal, Self, get_args

import numpy as np

from baselines.preprocessing import Preprocessing

if TYPE_CHECKING:
    from numpy.typing import NDArray

KEY = "abawkit"
VA = ("valence", "arousal")
# Stands among training data where a part of them is documented nowhere.
UNKNOWN = "?"
EMOTIONS_8 = (
    "Anger", "Contempt", "Disgust", "Fear", "Happiness", "Neutral", "Sadness", "Surprise",
)  # fmt: skip
EMOTIONS_7 = tuple(name for name in EMOTIONS_8 if name != "Contempt")

Scores = Literal["logits", "probabilities"]
SCORES: tuple[Scores, ...] = get_args(Scores)


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedHead:
    """A head that is part of the file: its result is the third output, ``outputs``.

    ``outputs`` names its columns; ``thresholds`` and ``reference`` are those of the head.
    """

    outputs: tuple[str, ...]
    thresholds: tuple[float, ...] = ()
    reference: str = ""

    def __post_init__(self) -> None:
        _check_names(self, "outputs")
        _check_text(self, "reference")
        if not self.outputs:
            msg = "expected the merged head to have outputs, found none"
            raise ValueError(msg)
        given: object = self.thresholds
        if not isinstance(given, tuple) or not all(map(_is_share, given)):
            msg = f"expected thresholds to be numbers from 0 to 1, found {given!r:.60}"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """How a network is used, and where it comes from.

    A value that is not as described is a `ValueError`.

    Attributes
    ----------
    name : str
        What the model is called.
    outputs : tuple of str
        Names of the columns of ``scores``: classes, and ``valence`` and ``arousal`` if it has
        them; none if the network gives an embedding only.
    scores : {"logits", "probabilities"}
        What the columns of classes hold; valence and arousal are given as they are in both.
    preprocessing : Preprocessing
        What is done to an image before.
    network : str
        The row of the table of networks; empty if it is none of them.
    source : str
        The file that it was made from, with its git blob id.
    trained_on : tuple of str
        Data sets that the weights have seen, `UNKNOWN` for those that nobody names.
    licence : str
        Of the weights.
    head : MergedHead, optional
        The head that was merged in.
    """

    name: str
    outputs: tuple[str, ...]
    scores: Scores
    preprocessing: Preprocessing
    network: str = ""
    source: str = ""
    trained_on: tuple[str, ...] = ()
    licence: str = ""
    head: MergedHead | None = None

    def __post_init__(self) -> None:
        _check_text(self, "name", "network", "source", "licence")
        _check_names(self, "outputs", "trained_on")
        if not self.name:
            msg = "expected the model to have a name, found none"
            raise ValueError(msg)
        if self.scores not in SCORES:
            msg = f"expected scores to be {' or '.join(SCORES)}, found {self.scores!r}"
            raise ValueError(msg)

    @property
    def classes(self) -> tuple[str, ...]:
        """The outputs that are classes, in their order."""
        return tuple(name for name in self.outputs if name not in VA)

    def to_json(self) -> str:
        """Write the card as the metadata holds it.

        Returns
        -------
        str
            A JSON object.
        """
        return json.dumps(asdict(self))

    @classmethod
    def of(cls, text: str) -> Self:
        """Read the card from the metadata of a model file.

        Parameters
        ----------
        text : str
            What `to_json` gave.

        Returns
        -------
        Card
            The card.

        Raises
        ------
        ValueError
            If it is no card, or says what abawkit does not know.
        """
        try:
            values = json.loads(text)
        except (ValueError, RecursionError) as error:
            msg = f"the card is no JSON: {error}"
            raise ValueError(msg) from error
        card = _fields(cls, "the card", values)
        images = _fields(Preprocessing, "preprocessing", card.pop("preprocessing"))
        head = card.pop("head", None)
        merged = None if head is None else MergedHead(**_fields(MergedHead, "head", head))
        return cls(preprocessing=Preprocessing(**images), head=merged, **card)

    def probabilities(self, scores: NDArray[np.float32]) -> NDArray[np.float32]:
        """Turn the scores of classes into probabilities; leave valence and arousal alone.

        Parameters
        ----------
        scores : numpy.ndarray of float32, shape (n, len(outputs))
            As the network gives them.

        Returns
        -------
        numpy.ndarray of float32, of that shape
            Each row's classes sum to 1; `scores` itself if they are probabilities already.
        """
        columns = [at for at, name in enumerate(self.outputs) if name not in VA]
        if self.scores == "probabilities" or not columns:
            return scores
        result = scores.copy()
        # Not scores[:, columns], of which the layout, hence the rounding, varies.
        result[:, columns] = softmax(np.take(scores, columns, axis=1))
        return result


def softmax(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Turn each row of logits into probabilities.

    Parameters
    ----------
    x : numpy.ndarray of float32, shape (n, n_classes)
        Finite numbers, however large.

    Returns
    -------
    numpy.ndarray of float32, of that shape
        Each row sums to 1.
    """
    with np.errstate(over="ignore"):
        # A difference beyond the largest number is minus infinity, whose power is the right 0.
        powers = np.exp(x - x.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)


def _fields(kind: type, what: str, values: object) -> dict[str, Any]:
    # The fields of a dataclass as JSON gives them, with tuples for lists.
    if not isinstance(values, dict):
        msg = f"expected {what} to be a JSON object, found {values!r:.60}"
        raise ValueError(msg)  # noqa: TRY004 - all that is wrong with a card is a ValueError
    known = {field.name: field.default is MISSING for field in fields(kind)}
    lacking = [name for name, required in known.items() if required and name not in values]
    unknown = [name for name in values if name not in known]
    if lacking or unknown:
        wrong = [f"{name!r} is missing" for name in lacking]
        wrong += [f"{name!r} is unknown" for name in unknown]
        msg = f"{what} is not as expected: {', '.join(wrong)}"
        raise ValueError(msg)
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
    }


def _check_text(values: object, *names: str) -> None:
    for name in names:
        value = getattr(values, name)
        if not isinstance(value, str):
            msg = f"expected {name} to be text, found {value!r:.60}"
            raise ValueError(msg)  # noqa: TRY004 - all that is wrong with a card is a ValueError


def _check_names(values: object, *names: str) -> None:
    for name in names:
        value = getattr(values, name)
        if not isinstance(value, tuple) or not all(isinstance(e, str) and e for e in value):
            msg = f"expected {name} to be a list of names, found {value!r:.60}"
            raise ValueError(msg)
        if len(set(value)) < len(value):
            msg = f"expected {name} to be different names, found {', '.join(value)}"
            raise ValueError(msg)


def _is_share(value: object) -> bool:
    return type(value) in {int, float} and 0 <= value <= 1  # type: ignore[operator]
