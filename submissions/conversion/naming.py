"""Which columns of a table are meant by the names that people give them.

Case, spaces, ``-`` and ``_`` in a name do not count, nor does the 0 of ``AU01``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from abawkit.errors import DataError
from abawkit.protocol import CHALLENGES, Categorical

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from abawkit.protocol import Target


def plain(name: str) -> str:
    """Reduce a name to what counts.

    Parameters
    ----------
    name : str
        The name of a column, a class or an output.

    Returns
    -------
    str
        The same for names that mean the same.

    Examples
    --------
    >>> plain("Empathic-Pain"), plain("AU01"), plain("Image_Location")
    ('empathicpain', 'au1', 'imagelocation')
    """
    text = re.sub(r"[\s_-]", "", name).lower()
    return re.sub(r"^au0+(?=[0-9])", "au", text)


_KEYS = [
    layout.key
    for row in CHALLENGES.values()
    for layout in row.protocol.layouts
    if layout.key is not None and layout.key.column is not None
]
VIDEO = ("video", "video_name")
FRAME = tuple(
    dict.fromkeys(["frame", *(str(key.column) for key in _KEYS if "video" not in key.fields)])
)
PATH = tuple(dict.fromkeys([str(key.column) for key in _KEYS if "video" in key.fields] + ["path"]))
"""The names of the columns that tell of which frame a row is."""
_LABEL = ("expression", "label", "class", "predicted_label")
ROW_NAMES = frozenset(map(plain, (*VIDEO, *FRAME, *PATH)))


def label_names(target: Categorical) -> tuple[str, ...]:
    """Give the names of a column of class labels.

    Parameters
    ----------
    target : Categorical
        The target.

    Returns
    -------
    tuple of str
        The names, any of which will do.
    """
    return tuple(dict.fromkeys((target.name, *_LABEL)))


def output_names(target: Target, *, numbered: bool) -> list[tuple[str, ...]]:
    """Give the names of the columns of a target's outputs.

    Parameters
    ----------
    target : Target
        The target.
    numbered : bool
        Whether probabilities of its classes are submitted, and so called by their index too.

    Returns
    -------
    list of tuple of str
        For each output the names, any of which will do.

    Examples
    --------
    >>> from abawkit.protocol import find_challenge
    >>> output_names(find_challenge("abaw11-ah").targets[0], numbered=True)[1]
    ('A/H', 'p1', 'p(1)', 'p(A/H)')
    """
    if not (numbered and isinstance(target, Categorical)):
        return [(name,) for name in target.names]
    return [(name, f"p{i}", f"p({i})", f"p({name})") for i, name in enumerate(target.names)]


def find_name(names: Iterable[str], wanted: Sequence[str], *, source: str) -> str | None:
    """Find the one column that has one of several names.

    Parameters
    ----------
    names : iterable of str
        The names of the columns.
    wanted : sequence of str
        The names that will do.
    source : str
        Where the columns are, for the message.

    Returns
    -------
    str or None
        The column's name as it stands there; None if there is none.

    Raises
    ------
    DataError
        If there are several.
    """
    keys = set(map(plain, wanted))
    found = [name for name in names if plain(name) in keys]
    if len(found) > 1:
        msg = (
            f"{source}: the columns {' and '.join(map(repr, found))} mean the same; expected one "
            f"of {', '.join(wanted)}; leave the others out"
        )
        raise DataError(msg)
    return found[0] if found else None


def expected_names(targets: Sequence[Target], *, numbered: bool) -> str:
    """Say which columns a table of some targets has.

    Parameters
    ----------
    targets : sequence of Target
        The targets.
    numbered : bool
        As `output_names` takes it.

    Returns
    -------
    str
        For example ``va: valence, arousal``.
    """
    parts = []
    for target in targets:
        names = ", ".join(" or ".join(row[:2]) for row in output_names(target, numbered=numbered))
        if isinstance(target, Categorical):
            names = f"{' or '.join(label_names(target))}; or a probability a class: {names}"
        parts.append(f"{target.name}: {names}")
    return "; ".join(parts)
