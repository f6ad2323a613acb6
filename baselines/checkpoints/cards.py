"""The card of a model as a page for people, beside its ONNX file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from baselines.card import VA
from baselines.checkpoints.eligibility import summary

if TYPE_CHECKING:
    from pathlib import Path

    from baselines.card import Card


def card_path(path: Path) -> Path:
    """Tell where the page of a model is.

    Parameters
    ----------
    path : Path
        The ONNX file.

    Returns
    -------
    Path
        Beside it, with an ending that other pages do not have.
    """
    return path.with_suffix(".card.md")


def card_as_markdown(card: Card) -> str:
    """Write a card as Markdown.

    Parameters
    ----------
    card : Card
        The card of an ONNX file.

    Returns
    -------
    str
        A page: what goes in, what comes out, where it comes from, where it may be entered.
    """
    images = card.preprocessing
    numbers = {"mean": images.mean, "standard deviation": images.std}
    scale = "; ".join(
        f"{what} {', '.join(f'{value:.6g}' for value in values)}"
        for what, values in numbers.items()
    )
    rows = (
        ("network", card.network or "not one of abawkit's table"),
        ("made from", card.source or "training"),
        ("trained on", ", ".join(card.trained_on) or "not known"),
        ("licence", card.licence or "not known"),
        ("allowed in", summary(card.trained_on) if card.trained_on else "not known"),
    )
    table = "\n".join(f"| {name} | {value} |" for name, value in rows)
    return f"""# {card.name}

| | |
|---|---|
{table}

## Input

`input`, float32 `(n, 3, {images.size}, {images.size})`: the face crop in {images.colour.upper()},
resized to {images.size} x {images.size} ({images.resize}, aspect ratio not kept), divided by 255,
then by channel minus the mean and over the standard deviation: {scale}.

## Outputs

- `embedding`, float32 `(n, d)`.
- `scores`, float32 `(n, {len(card.outputs)})`{_columns(card)}
{_merged(card)}"""


def _columns(card: Card) -> str:
    if not card.outputs:
        return ": none, for the network has no classifier; it predicts with a trained head."
    text = f": {', '.join(card.outputs)}, in this order. The classes are {card.scores}."
    if set(VA) & set(card.outputs):
        text += " Valence and arousal are not bounded; abawkit clips them to [-1, 1]."
    return text


def _merged(card: Card) -> str:
    if card.head is None:
        return ""
    return (
        f"- `outputs`, float32 `(n, {len(card.head.outputs)})`: {', '.join(card.head.outputs)}, "
        f"by the head that was merged in ({card.head.reference or 'of no known origin'}).\n"
    )
