"""From the bytes of many fields to numbers, all at once.

A field of up to 15 digits is an integer over a power of ten, both of which are exact as float64,
so that their quotient is the number that Python reads, to the last bit. Of other fields, such as
``1e-3`` or ``0.1234567890123456``, Python reads many in one go.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import compress
from typing import TYPE_CHECKING, Final, Self

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_DIGITS = 15
"""So many decimal digits fit into the 53 bits of a float64."""
_BASE = np.uint8(10)
_ZERO = np.uint8(ord("0"))
_POWERS = 10.0 ** np.arange(_DIGITS + 1)
_COMMA = np.uint8(ord(","))
_ALWAYS, _NOT_PLAIN, _NEVER = range(3)
_WRITTEN_OUT = b"0123456789+-.eE"
_BYTES = np.full(256, _NEVER, np.uint8)
"""Whether a byte stands in plain numbers, in others, or in none."""
_BYTES[list(_WRITTEN_OUT + b",")] = _ALWAYS
_BYTES[list(b"+eE")] = _NOT_PLAIN
_NOT_FINITE = (b"nan", b"inf", b"infinity")
NUMBER, EMPTY, NOT_FINITE, TEXT = range(4)
CODES: Final = ("", "empty-value", "nan", "text")
"""What kind of fault a field is, by its kind."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Numerals:
    """What some fields say.

    Attributes
    ----------
    value : numpy.ndarray of float64
        NaN where a field is no number; infinite where it is too large for one.
    kind : numpy.ndarray of uint8
        `NUMBER`, or what the field is instead.
    plain : numpy.ndarray of bool
        Whether a number has neither a plus sign nor an exponent.
    integral : numpy.ndarray of bool
        Whether it is written as an integer should be: no point, no leading zero, no ``-0``.
    """

    value: NDArray[np.float64]
    kind: NDArray[np.uint8]
    plain: NDArray[np.bool_]
    integral: NDArray[np.bool_]

    def row(self, row: int) -> Self:
        """Take one row of the fields.

        Parameters
        ----------
        row : int
            Which.

        Returns
        -------
        Numerals
            Of one dimension less.
        """
        return type(self)(
            value=self.value[row],
            kind=self.kind[row],
            plain=self.plain[row],
            integral=self.integral[row],
        )


def read_numerals(
    data: NDArray[np.uint8], start: NDArray[np.intp], stop: NDArray[np.intp]
) -> Numerals:
    """Read fields as numbers.

    Parameters
    ----------
    data : numpy.ndarray of uint8
        The bytes; where a field ends stands a comma or a newline.
    start, stop : numpy.ndarray of int, shape (n_fields,) or (columns, rows)
        Where the fields are, in the order of the text.

    Returns
    -------
    Numerals
        Arrays of that shape.
    """
    length = stop - start
    single = data[start] - _ZERO
    if np.all((length == 1) & (single < _BASE)):
        yes = np.ones(start.shape, bool)
        return Numerals(
            value=single.astype(np.float64),
            kind=np.zeros(start.shape, np.uint8),
            plain=yes,
            integral=yes,
        )
    found = Numerals(
        value=np.full(start.shape, np.nan),
        kind=np.where(start == stop, EMPTY, NUMBER).astype(np.uint8),
        plain=np.ones(start.shape, bool),
        integral=np.zeros(start.shape, bool),
    )
    # A sign and a point, too.
    short = stop - start <= _DIGITS + 2
    _read_shortly(data, start, stop, slice(None) if short.all() else short, found)
    slow = np.isnan(found.value) & (found.kind == NUMBER)
    if slow.any():
        _read_slowly(data, start, stop, slow, found)
    return found


def _read_shortly(
    data: NDArray[np.uint8],
    start: NDArray[np.intp],
    stop: NDArray[np.intp],
    picked: NDArray[np.bool_] | slice,
    found: Numerals,
) -> None:
    """Read fields that are an integer over a power of ten, and put it in their place.

    Parameters
    ----------
    data, start, stop
        As `read_numerals` takes them.
    picked : numpy.ndarray of bool, of the shape of start, or slice
        Which fields to try.
    found : Numerals
        Where the result goes.
    """
    start, stop = start[picked], stop[picked]
    first = data[start]
    negative, plus = first == ord("-"), first == ord("+")
    place = start + (negative | plus)
    length = stop - place
    mantissa = np.zeros(start.shape, np.int64)
    digits, dots, decimals = (np.zeros(start.shape, np.uint8) for _ in range(3))
    # Beyond the end of a field its mark is read over and over, which is no digit.
    for offset in range(min(int(length.max(initial=0)), _DIGITS + 1)):
        byte = data[np.minimum(place + offset, stop)]
        digit = byte - _ZERO
        is_digit = digit < _BASE
        np.copyto(mantissa, 10 * mantissa + digit, where=is_digit)
        digits += is_digit
        decimals += is_digit & (dots > 0)
        dots += byte == ord(".")
    read = (digits > 0) & (digits <= _DIGITS) & (dots <= 1) & (digits + dots == length)
    value = np.where(read, mantissa / _POWERS[np.minimum(decimals, _DIGITS)], np.nan)
    np.negative(value, out=value, where=negative)
    padded = (digits > 1) & (data[place] == ord("0")) | negative & (mantissa == 0)
    found.value[picked] = value
    found.plain[picked] = ~plus
    found.integral[picked] = read & (dots == 0) & ~plus & ~padded


def _read_slowly(
    data: NDArray[np.uint8],
    start: NDArray[np.intp],
    stop: NDArray[np.intp],
    picked: NDArray[np.bool_],
    found: Numerals,
) -> None:
    """Read fields as Python does, and put what they say in their place.

    Parameters
    ----------
    data, start, stop
        As `read_numerals` takes them.
    picked : numpy.ndarray of bool, of the shape of start
        Which fields to read; at least one.
    found : Numerals
        Where the result goes.
    """
    # Row by row, as they stand in the text.
    text, first = _gathered(data, start.T[picked.T], stop.T[picked.T])
    worst = np.maximum.reduceat(_BYTES[text], first)
    fields = text[:-1].tobytes().split(b",")
    value = np.full(len(fields), np.nan)
    kind = np.full(len(fields), NUMBER, np.uint8)
    # Python reads more than is meant here, such as 1_000.
    odd = worst == _NEVER
    try:
        value[~odd] = [*map(float, compress(fields, (~odd).tolist()))]
    except ValueError:
        odd[:] = True
    for place in np.flatnonzero(odd).tolist():
        kind[place], value[place] = _read_one(fields[place])
    found.kind.T[picked.T] = kind
    found.value.T[picked.T] = value
    found.plain.T[picked.T] = worst == _ALWAYS


def _gathered(
    data: NDArray[np.uint8], begin: NDArray[np.intp], end: NDArray[np.intp]
) -> tuple[NDArray[np.uint8], NDArray[np.intp]]:
    """Put fields next to each other.

    Parameters
    ----------
    data : numpy.ndarray of uint8
        The bytes.
    begin, end : numpy.ndarray of int, shape (n_fields,)
        Where the fields are, ascending.

    Returns
    -------
    text : numpy.ndarray of uint8
        The fields, with a comma after each.
    first : numpy.ndarray of int, shape (n_fields,)
        Where they begin there.
    """
    origin = int(begin[0])
    steps = np.zeros(int(end[-1]) - origin + 2, np.int8)
    steps[begin - origin] = 1
    steps[end - origin + 1] -= 1
    text = data[origin:][: len(steps) - 1][np.cumsum(steps[:-1], dtype=np.int8).view(bool)]
    after = np.cumsum(end - begin + 1)
    text[after - 1] = _COMMA
    return text, np.concatenate([[0], after[:-1]])


def _read_one(field: bytes) -> tuple[int, float]:
    if field.translate(None, _WRITTEN_OUT):
        spelled = field.lstrip(b"+-").lower()
        return (NOT_FINITE if spelled in _NOT_FINITE else TEXT), np.nan
    try:
        return NUMBER, float(field)
    except ValueError:
        return TEXT, np.nan
