"""What every ONNX file of abawkit keeps to, checked when it is opened.

Input ``input``, float32 ``(n, 3, size, size)``, normalised as the card says; outputs
``embedding`` ``(n, d)`` and ``scores`` ``(n, outputs)``, and ``outputs`` ``(n, k)`` where a head
was merged in. The batch ``n`` is open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from abawkit.errors import ModelError
from baselines.card import KEY, Card

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from onnxruntime import InferenceSession


def read_card(session: InferenceSession, path: Path) -> Card:
    """Read the card of a network, and check that its inputs and outputs are as it says.

    Parameters
    ----------
    session : onnxruntime.InferenceSession
        The network.
    path : Path
        Its file, for the message.

    Returns
    -------
    Card
        The card.

    Raises
    ------
    ModelError
        If there is none, or the network is not as it says.
    """
    metadata = session.get_modelmeta().custom_metadata_map
    if KEY not in metadata:
        msg = (
            f"{path}: an ONNX file without a card of abawkit; where it is a network of faces, "
            f"make it one with: abawkit models import {path} --out X.onnx"
        )
        raise ModelError(msg)
    try:
        card = Card.of(metadata[KEY])
    except ValueError as error:
        msg = f"{path}: not a network that abawkit made: {error}"
        raise ModelError(msg) from error
    _check(card, session, path)
    return card


def _check(card: Card, session: InferenceSession, path: Path) -> None:
    size = card.preprocessing.size
    expected: dict[str, tuple[str | int, ...]] = {
        "input": ("n", 3, size, size),
        "embedding": ("n", "d"),
        "scores": ("n", len(card.outputs)),
    }
    if card.head is not None:
        expected["outputs"] = ("n", len(card.head.outputs))
    inputs = {entry.name: entry for entry in session.get_inputs()}
    outputs = {entry.name: entry for entry in session.get_outputs()}
    if [*inputs] != ["input"] or not expected.keys() <= {"input", *outputs}:
        msg = (
            f"{path}: expected the inputs and outputs {', '.join(expected)}; "
            f"found {', '.join([*inputs, *outputs])}"
        )
        raise ModelError(msg)
    for name, shape in expected.items():
        entry = inputs[name] if name == "input" else outputs[name]
        if entry.type != "tensor(float)" or not _fits(entry.shape, shape):
            msg = (
                f"{path}: {name} should be tensor(float) of shape {_shown(shape)} by its card; "
                f"found {entry.type} of shape {_shown(entry.shape)}"
            )
            raise ModelError(msg)


def _fits(found: Sequence[str | int | None], expected: Sequence[str | int]) -> bool:
    # A dimension that is open has a name, or None, where a fixed one has a number.
    return (
        len(found) == len(expected)
        and not isinstance(found[0], int)
        and all(
            there == wanted
            for there, wanted in zip(found, expected, strict=True)
            if isinstance(there, int) and isinstance(wanted, int)
        )
    )


def _shown(shape: Sequence[str | int | None]) -> str:
    return f"({', '.join(map(str, shape))})"
