"""Heads that need no training: published tables from the classes of emotion to each task.

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

from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from abawkit.errors import ModelError
from baselines.card import VA
from baselines.heads import Head, Layer
from submissions.decide import output_names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from abawkit.protocol import Challenge
    from baselines.card import Card

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

_STANDS_FOR = {"Contempt": "Other"}
_UNITS = {f"AU{number}" for number in range(1, 65)}


def zero_shot_head(challenge: Challenge, card: Card) -> Head:
    """Map what a network says of emotions to the outputs of a task, without training.

    Valence and arousal are the network's own, if it gives them, clipped to [-1, 1]. Every other
    output is the expectation of a published table over the probabilities of the classes, which
    are found by name: expressions by name, contempt standing in for Other [4]_ unless the network
    has a class for each of the task's, whatever else it has; valence and
    arousal by the coordinates of the emotions [2]_; an action unit by the share of people who
    show it with the emotion [1]_, where contempt and Neutral have none. One pair of coordinates
    is published nowhere: contempt is put at the mean of anger and disgust, our own construction,
    for Izard [3]_ has the three as one triad. Without a class of contempt, Other is 0.

    Parameters
    ----------
    challenge : Challenge
        The task.
    card : Card
        Of the backbone.

    Returns
    -------
    Head
        On ``probabilities``, linear, with valence and arousal clipped.

    Raises
    ------
    ModelError
        If there is no table for an output of the task, or for a class of the backbone.
    """
    names = output_names(challenge)
    own = [name for name in VA if name in names and name in card.outputs]
    # Units are left out: of classes there is one at a time.
    same = not _UNITS.union(VA).intersection(names) and set(names) <= set(card.classes)
    if len(own) < len(names) and not same:
        _check_classes(challenge, names, card)
    rows = [{name: 1.0} if same else _row(name, own) for name in card.outputs]
    parts = []
    for is_va, group in groupby(names, lambda name: name in VA):
        columns = [*group]
        weight = [[row.get(name, 0.0) for name in columns] for row in rows]
        layer = Layer(
            weight=np.array(weight, np.float32),
            bias=np.zeros(len(columns), np.float32),
            activation="clip" if is_va else "linear",
        )
        parts.append((layer,))
    return Head(
        source="probabilities",
        outputs=names,
        parts=tuple(parts),
        reference=_reference(names, own, card),
    )


def _row(output: str, own: Sequence[str]) -> dict[str, float]:
    # What one output of the network adds to each output of the task.
    if output in VA:
        return {output: 1.0} if output in own else {}
    coordinates = {name: v for name, v in CIRCUMPLEX.get(output, {}).items() if name not in own}
    named = {output: 1.0, _STANDS_FOR.get(output, output): 1.0}
    return {**named, **coordinates, **PROTOTYPES.get(output, {})}


def _check_classes(challenge: Challenge, names: Sequence[str], card: Card) -> None:
    if not card.classes:
        gives = " and ".join(card.outputs) or "an embedding"
        msg = f"{card.name} gives {gives} only; train a head and give --head"
        raise ModelError(msg)
    unknown = set(names).difference(CIRCUMPLEX, _STANDS_FOR.values(), VA, _UNITS)
    if unknown:
        listed = ", ".join(sorted(unknown))
        msg = f"{challenge.name}: no zero-shot table for {listed}; train a head and give --head"
        raise ModelError(msg)
    foreign = [name for name in card.classes if name not in CIRCUMPLEX]
    # Other may be lacking: it is 0 then.
    lacking = set(names).intersection(CIRCUMPLEX).difference(card.classes)
    if foreign or lacking:
        wrong = (
            f"there is no zero-shot table for {', '.join(foreign)}, only for "
            f"{', '.join(CIRCUMPLEX)}"
            if foreign
            else f"{challenge.name} needs {', '.join(sorted(lacking))} too"
        )
        msg = (
            f"{card.name} has the classes {', '.join(card.classes)}; {wrong}. If they have other "
            "names, give these with --outputs at import, else train a head and give --head"
        )
        raise ModelError(msg)


def _reference(names: Sequence[str], own: Sequence[str], card: Card) -> str:
    if set(_STANDS_FOR.values()) & set(card.classes) & set(names):
        return "classes of the network, by their names"
    if not own:
        return (
            "zero-shot: Du et al. 2014, Russell and Mehrabian 1977, "
            "contempt between anger and disgust"
        )
    text = f"{' and '.join(own)} of the network, clipped to [-1, 1]"
    return text if len(own) == len(names) else f"{text}; zero-shot: Du et al. 2014"
