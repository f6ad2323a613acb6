"""Smooth the traces of one video along time.

Conventions
-----------
Widths are full widths in frames: ``box:101`` reaches 50 frames to either side. The published code
of the ABAW3 baseline and its successors counts half widths, ``delta``, so a width is
``2 * delta + 1``: delta 50 is ``box:101``, delta 7 is ``median:15``. Only ``exponential`` is
causal; the others are symmetric, and so have odd widths.

Windows shrink at the ends of a video. Nothing is padded: a filter there is the same filter over
the frames that exist.

Frames that are not known never contribute and stay unknown. Windows count real frames, not known
ones: in a sparse list, a box of 101 is the mean of the known frames at most 50 frames away. (The
published ABAW7 code counts its ``delta`` in rows of the list and its weights in real frames.)

===============  ===========================================================================
``none``         the identity, bit for bit, as is every filter of width 1
``box:W``        mean of the window; O(n)
``median:W``     median of the window, the mean of the middle two if the number of known
                 frames is even; O(n log W)
``gaussian:W``   weighted mean, standard deviation W / 6, cut off at the window; O(n log n)
``savgol:W:P``   value of the least-squares polynomial of order P, 2 unless given, that is
                 fitted to the window (Savitzky-Golay); O(n log n), and O(W P) for each frame
                 with a gap or an end in its window. Where a window knows too few frames for
                 that order, the highest order they determine passes through them all, so the
                 frame keeps its value.
``exponential``  (``:W``) causal weighted mean, ``(1 - 2 / (W + 1)) ** age``, with ages in real
                 frames; in the long run their mean is that of a box over the last W frames; O(n)
===============  ===========================================================================

The published ABAW7 code writes its Gaussian as ``exp(-(dj - di) ** 2 / sigma)``: its ``sigma`` is
not a standard deviation, which is ``sqrt(sigma / 2)`` frames. Its sigma 1000 is ``gaussian:135``;
its best, sigma 100000 within delta 50, has all weights above 0.97 and is ``box:101`` in practice.

Rounding errors are a few 1e-15 of the greatest value of a trace (``savgol``: 1e-12 at order 10),
and a constant trace stays constant.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self, assert_never, cast, get_args

import numpy as np

from abawkit.errors import UsageError
from abawkit.track import Track

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Mask = NDArray[np.bool_]

Kernel = Literal["box", "median", "gaussian", "savgol", "exponential"]
Kind = Literal["none", Kernel]
FILTERS: tuple[str, ...] = get_args(Kind)

_SYMMETRIC = ("box", "median", "gaussian", "savgol")
_FORMS = (
    "none, box:WIDTH, median:WIDTH, gaussian:WIDTH, savgol:WIDTH, savgol:WIDTH:ORDER, "
    "exponential:WIDTH"
)
_INTEGER = re.compile("-?[0-9]{1,9}")
_DEFAULT_ORDER = 2
_STANDARD_DEVIATIONS = 6  # to the full width of a Gaussian's window
_BLOCK = 1 << 18  # values in a block of windows: small enough for a processor's cache


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """One filter along time; ``str()`` is its canonical text.

    Attributes
    ----------
    kind : {"none", "box", "median", "gaussian", "savgol", "exponential"}
        Which filter.
    width : int
        Full width in frames, the span of ``exponential``; 1 for ``none``.
    order : int
        Order of the polynomial of ``savgol``; no other kind takes one.

    Raises
    ------
    UsageError
        If the width or the order does not fit the kind.
    """

    kind: Kind
    width: int
    order: int = _DEFAULT_ORDER

    def __post_init__(self) -> None:
        fault = self._fault()
        if fault:
            msg = f"filter {self}: {fault}"
            raise UsageError(msg)

    def _fault(self) -> str | None:
        kind, width, order = self.kind, self.width, self.order
        savgol = kind == "savgol"
        faults = (
            (kind not in FILTERS, f"unknown kind; there are {', '.join(FILTERS)}"),
            (kind == "none" and width != 1, f"it takes no width, found {width}"),
            (width < 1, f"expected a width of at least 1 frame, found {width}"),
            (
                kind in _SYMMETRIC and width % 2 == 0,
                f"expected an odd width; the nearest to {width} are {width - 1} and {width + 1}",
            ),
            (not savgol and order != _DEFAULT_ORDER, f"only savgol takes an order, found {order}"),
            (
                savgol and not 0 <= order < width,
                f"expected an order of at least 0 and less than the width, found {order}",
            ),
        )
        return next((message for wrong, message in faults if wrong), None)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a filter from its text.

        Parameters
        ----------
        text : str
            A kind, a full width in frames and, for ``savgol``, an order.

        Returns
        -------
        Filter
            The filter; ``str()`` gives its text back.

        Raises
        ------
        UsageError
            If the text has another form, or the width or the order does not fit the kind.

        Examples
        --------
        >>> Filter.parse("box:101")
        Filter(kind='box', width=101, order=2)
        >>> print(Filter.parse("savgol:15:3"))
        savgol:15:3
        """
        kind, *numbers = text.split(":")
        takes = {"none": (0,), "savgol": (1, 2)}.get(kind, (1,))
        readable = kind in FILTERS and all(map(_INTEGER.fullmatch, numbers))
        if not readable or len(numbers) not in takes:
            msg = f"filter {text!r} cannot be read; expected one of {_FORMS}, such as box:101"
            raise UsageError(msg)
        fields = dict(zip(("width", "order"), map(int, numbers), strict=False))
        return cls(kind=cast("Kind", kind), **{"width": 1, **fields})

    def __str__(self) -> str:
        if self.kind == "none":
            return "none"
        order = f":{self.order}" if self.order != _DEFAULT_ORDER else ""
        return f"{self.kind}:{self.width}{order}"


def smooth(track: Track, filter: Filter) -> Track:  # noqa: A002 - the word of the field
    """Filter every output of a video along time.

    Parameters
    ----------
    track : Track
        Probabilities, or other values before any decision. Values that are not known never
        contribute.
    filter : Filter
        Kind and full width.

    Returns
    -------
    Track
        The same frames known and listed, with new values; the same track for a filter of width 1,
        ``none`` among them, and for a video of fewer than two frames.

    Examples
    --------
    >>> track = Track.of("video1", [[0.0], [3.0], [np.nan], [6.0], [9.0]])
    >>> smooth(track, Filter.parse("box:3")).values.ravel().tolist()
    [1.5, 1.5, nan, 7.5, 7.5]
    """
    # No window need reach beyond the video.
    reach = min(filter.width // 2, track.n_frames - 1)
    if filter.kind == "none" or reach < 1:
        return track
    known = track.known
    holed = np.where(known, track.values, np.nan)
    values = _filtered(holed, known, filter.kind, filter, reach)
    return Track.of(track.video, values, known, track.listed)


def _filtered(holed: Array, known: Mask, kernel: Kernel, asked: Filter, reach: int) -> Array:
    import pandas as pd  # noqa: PLC0415 - half a second, which no command's help should take

    frame = pd.DataFrame(holed)
    window = frame.rolling(2 * reach + 1, center=True, min_periods=1)
    match kernel:
        case "box":
            return window.mean().to_numpy()
        case "median":
            return window.median().to_numpy()
        case "gaussian":
            deviation = asked.width / _STANDARD_DEVIATIONS
            return _gaussian(holed, known, reach, deviation)
        case "savgol":
            return _savgol(holed, known, reach, asked.order)
        case "exponential":
            return frame.ewm(span=asked.width, ignore_na=False).mean().to_numpy()
        case _:
            assert_never(kernel)


def _gaussian(holed: Array, known: Mask, reach: int, deviation: float) -> Array:
    weights = np.exp(-0.5 * (_offsets(reach) / deviation) ** 2)
    start, change = _changes(holed, known)
    # A known frame is in its own window, with weight 1; what is not known is not divided.
    total = np.where(known, _weighted_sums(known.astype(np.float64), weights), 1.0)
    return start + _weighted_sums(change, weights) / total


def _savgol(holed: Array, known: Mask, reach: int, order: int) -> Array:
    width = 2 * reach + 1
    offsets = _offsets(reach) / reach
    start, change = _changes(holed, known)
    ends = ((reach, reach), (0, 0))
    inside, window = (
        np.lib.stride_tricks.sliding_window_view(np.pad(array, ends), width, axis=0)
        for array in (known.astype(np.float64), change)
    )
    count = _counts(known, reach)
    fitted = known & (count > order + 1)
    regular = fitted & (count == width)
    smoothed = change.copy()
    if regular.any():
        weights = _fit_weights(np.ones((1, width)), offsets, order)[0]
        smoothed[regular] = _weighted_sums(change, weights)[regular]
    rows, columns = np.nonzero(fitted & ~regular)
    for block in np.array_split(np.arange(rows.size), 1 + rows.size * width // _BLOCK):
        at = rows[block], columns[block]
        weights = _fit_weights(inside[at], offsets, order)
        smoothed[at] = np.einsum("mw,mw->m", weights, window[at])
    return start + smoothed


def _fit_weights(inside: Array, offsets: Array, order: int) -> Array:
    """Weigh the frames of windows so that the sum is the fitted polynomial's value in the middle.

    The polynomials orthonormal over the frames inside are built by their three-term recurrence,
    which needs no linear system and stays accurate where the normal equations do not.

    Parameters
    ----------
    inside : numpy.ndarray of float64, shape (n_windows, width)
        1 for the frames to fit, the middle one among them, more than `order` of them; else 0.
    offsets : numpy.ndarray of float64, shape (width,)
        Positions, from -1 to 1.
    order : int
        Order of the polynomial.

    Returns
    -------
    numpy.ndarray of float64, shape (n_windows, width)
        Weights, 0 outside.
    """
    middle = len(offsets) // 2
    weights = np.zeros_like(inside)
    previous, current = weights, inside
    for _ in range(order + 1):
        norm = np.sqrt(np.einsum("mw,mw->m", current, current))[:, None]
        basis = current / norm
        weights = weights + basis * basis[:, middle, None]
        centre = np.einsum("mw,mw,w->m", basis, basis, offsets)[:, None]
        previous, current = basis, (offsets - centre) * basis - norm * previous
    return weights


def _offsets(reach: int) -> Array:
    return np.arange(-reach, reach + 1, dtype=np.float64)


def _changes(holed: Array, known: Mask) -> tuple[Array, Array]:
    # Measured from its first known value, a constant trace is exactly 0, as are the gaps.
    first = np.take_along_axis(holed, known.argmax(axis=0)[None], axis=0)
    start = np.where(known.any(axis=0), first, 0.0)
    return start, np.where(known, holed - start, 0.0)


def _counts(known: Mask, reach: int) -> NDArray[np.int64]:
    until = np.cumsum(np.pad(known, ((reach + 1, reach), (0, 0))), axis=0, dtype=np.int64)
    width = 2 * reach + 1
    return until[width:] - until[:-width]


def _weighted_sums(columns: Array, weights: Array) -> Array:
    # The weights are symmetric, so that convolving is correlating. Past the ends are zeros, which
    # add nothing: whoever divides, divides by the weights of the frames that exist.
    reach = len(weights) // 2
    size = 1 << (len(columns) + len(weights) - 2).bit_length()
    spectrum = np.fft.rfft(columns, size, axis=0) * np.fft.rfft(weights, size)[:, None]
    return np.fft.irfft(spectrum, size, axis=0)[reach : reach + len(columns)]
