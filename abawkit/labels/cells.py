"""From the fields of rows to the values in them, with every fault named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from abawkit.labels.numerals import CODES, NUMBER, read_numerals
from abawkit.labels.text import quoted
from abawkit.labels.values import allowed, expectation, shown
from abawkit.protocol import Continuous, column_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from abawkit.labels.faults import Teller
    from abawkit.labels.lines import Lines
    from abawkit.labels.numerals import Numerals
    from abawkit.protocol import FileFormat, Key, Target

    Mask = NDArray[np.bool_]
    Places = NDArray[np.intp]
    Span = tuple[Places, Places]
    Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is taken besides rows of labels to the letter.

    Attributes
    ----------
    bare : bool
        Whether labels may stand alone in a layout that has probabilities before them.
    sentinels : bool
        Whether values may be marked as not annotated; where they may not, such a value is told,
        as ``sentinel``, and read all the same.
    overshoot : float
        How far beyond its range a continuous value may be, as a share of the range. It is read
        as it stands.
    """

    bare: bool = True
    sentinels: bool = True
    overshoot: float = 0.0


ANNOTATIONS = Terms()
"""What annotations are read with."""


def value_names(layout: FileFormat, targets: Sequence[Target]) -> tuple[str, ...]:
    """Name what each field of a row holds, but for the key.

    Parameters
    ----------
    layout : FileFormat
        The file's layout.
    targets : sequence of Target
        What its columns hold.

    Returns
    -------
    tuple of str
        The label columns in the file's order, after the probabilities where it has them.
    """
    names = column_names(targets)
    names = tuple(names[column] for column in layout.order) or names
    if layout.probabilities:
        names = (*(f"p({name})" for name in targets[0].names), *names)
    return names


def field_names(layout: FileFormat, targets: Sequence[Target]) -> tuple[str, ...]:
    """Name what each field of a row holds.

    Parameters
    ----------
    layout : FileFormat
        The file's layout.
    targets : sequence of Target
        What its columns hold.

    Returns
    -------
    tuple of str
        The key's column, if there is one, and the values'.
    """
    names = value_names(layout, targets)
    return names if layout.key is None else (layout.key.column or "name", *names)


def read_rows(  # noqa: PLR0913 - how a file is laid out, and how it is read
    lines: Lines,
    named: Mask,
    layout: FileFormat,
    targets: Sequence[Target],
    teller: Teller,
    *,
    terms: Terms = ANNOTATIONS,
) -> Values:
    """Read the values of some rows.

    Parameters
    ----------
    lines : Lines
        The rows, without outer spaces.
    named : numpy.ndarray of bool, shape (n_rows,)
        Which of them have a key as it should be, where the layout has one.
    layout : FileFormat
        The file's layout.
    targets : sequence of Target
        What its columns hold.
    teller : Teller
        Takes up what is wrong.
    terms : Terms
        Which values are taken that are no labels.

    Returns
    -------
    numpy.ndarray of float64, shape (n_rows, n_values)
        Probabilities, if there are any, and labels in the task's order; NaN where a value is
        wrong.
    """
    names = value_names(layout, targets)
    regular = _regular(lines, field_names(layout, targets), teller)
    rows = np.flatnonzero(regular)
    # Column by column, for that is how they are checked.
    start, stop = lines.fields(regular, len(names) + (layout.key is not None))
    start, stop = np.ascontiguousarray(start.T), np.ascontiguousarray(stop.T)
    if layout.key is not None:
        _tell_keys(rows, (start[0], stop[0]), ~named[rows], layout.key, teller)
        start, stop = start[1:], stop[1:]
    found = read_numerals(lines.data, start, stop)
    values = np.full((len(lines), len(names)), np.nan, order="F")
    for column, (name, place, target) in enumerate(_columns(layout, targets)):
        fields = _Column(name=name, target=target, rows=rows, span=(start[column], stop[column]))
        values[rows, place] = fields.check(found.row(column), teller, terms)
    if layout.probabilities:
        _tell_probabilities(values[rows], rows, (start[0], stop[-1]), teller)
    return values


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Column:
    """One column of some rows: what it holds and where its fields are.

    ``target`` is None for a probability.
    """

    name: str
    target: Target | None
    rows: Places
    span: Span

    def check(self, found: Numerals, teller: Teller, terms: Terms) -> Values:
        """Tell what is wrong with the values.

        Parameters
        ----------
        found : Numerals
            What the fields say.
        teller : Teller
            Takes up what is wrong.
        terms : Terms
            Which values are taken that are no labels.

        Returns
        -------
        numpy.ndarray of float64, shape (n_rows,)
            The values; NaN where one is wrong.
        """
        if found.kind.any():
            for kind, code in enumerate(CODES[1:], NUMBER + 1):
                self._tell(found.kind == kind, "a number", quoted, teller, code=code)
        self._tell_format(found, teller)
        wrong, wanted = _beyond(self.target, found.value, terms)
        self._tell(wrong, wanted, lambda text: shown(float(text)), teller, code="range")
        if self.target is not None and not terms.sentinels:
            self._tell_sentinels(found.value == self.target.unannotated, self.target, teller)
        return np.where(wrong, np.nan, found.value) if wrong.any() else found.value

    def _tell_sentinels(self, marked: Mask, target: Target, teller: Teller) -> None:
        if marked.any():
            said = (
                f"{self.name}: {target.unannotated:g} marks what is not annotated; "
                f"expected {expectation(target)}"
            )
            span = self.span[0][marked], self.span[1][marked]
            teller.tell(self.rows[marked], span, lambda _: said, code="sentinel")

    def _tell_format(self, found: Numerals, teller: Teller) -> None:
        real = self.target is None or isinstance(self.target, Continuous)
        odd = ~(found.plain if real else found.integral)
        if odd.any():
            # What is no integer at all is out of range, and told as that.
            odd &= (found.kind == NUMBER) & (real | (found.value == np.floor(found.value)))
            form, code = "an integer written as one", "number-format"
            if real:
                # Every reader of numbers takes these.
                form, code = "a number without plus sign and exponent", "number-notation"
            self._tell(odd, form, quoted, teller, code=code)

    def _tell(
        self, wrong: Mask, wanted: str, show: Callable[[str], str], teller: Teller, *, code: str
    ) -> None:
        if wrong.any():
            span = self.span[0][wrong], self.span[1][wrong]

            def say(text: str) -> str:
                return f"{self.name}: expected {wanted}, found {show(text)}"

            teller.tell(self.rows[wrong], span, say, code=code)


def _columns(
    layout: FileFormat, targets: Sequence[Target]
) -> Iterator[tuple[str, int, Target | None]]:
    """Go through the columns of values.

    Parameters
    ----------
    layout : FileFormat
        The file's layout.
    targets : sequence of Target
        What its columns hold.

    Yields
    ------
    tuple of str, int and Target
        The column's name, its place in the task's order, and what it holds; None for a
        probability.
    """
    names = value_names(layout, targets)
    owners = [target for target in targets for _ in range(target.columns)]
    n_classes = len(names) - len(owners)
    for place in range(n_classes):
        yield names[place], place, None
    for place, name in zip(layout.order or range(len(owners)), names[n_classes:], strict=True):
        yield name, n_classes + place, owners[place]


def _beyond(target: Target | None, values: Values, terms: Terms) -> tuple[Mask, str]:
    """Find the values that are no labels, nor the sentinel, nor close enough to a label.

    Parameters
    ----------
    target : Target or None
        What they are labels of; None for a probability.
    values : numpy.ndarray of float64, shape (n_rows,)
        The values; NaN is known to be wrong already.
    terms : Terms
        How close that is.

    Returns
    -------
    wrong : numpy.ndarray of bool, shape (n_rows,)
        Which they are.
    wanted : str
        What they should have been.
    """
    if target is None:
        return (values < 0) | (values > 1), "0 to 1"
    wrong = ~(allowed(target, values) | np.isnan(values) | (values == target.unannotated))
    if terms.overshoot and isinstance(target, Continuous):
        margin = terms.overshoot * (target.high - target.low)
        wrong &= (values < target.low - margin) | (values > target.high + margin)
    marked = f", or {target.unannotated:g} if not annotated" if terms.sentinels else ""
    return wrong, expectation(target) + marked


def _tell_probabilities(values: Values, rows: Places, span: Span, teller: Teller) -> None:
    """Tell of probabilities that do not add up to 1 and of labels that are not the likeliest.

    Parameters
    ----------
    values : numpy.ndarray of float64, shape (n_rows, n_classes + 1)
        Probabilities and labels.
    rows : numpy.ndarray of int, shape (n_rows,)
        Where they stand.
    span : tuple of numpy.ndarray of int, each of shape (n_rows,)
        Where the text of each begins and ends.
    teller : Teller
        Takes up what is wrong.
    """
    whole = np.flatnonzero(~np.isnan(values).any(axis=1))
    share, label = values[whole, :-1], values[whole, -1:]
    of_label = np.take_along_axis(share, np.maximum(label, 0).astype(np.intp), axis=1)
    unlikely = (label[:, 0] >= 0) & (of_label[:, 0] < share.max(axis=1, initial=0))
    for wrong, wanted, code in (
        (share.sum(axis=1) != 1, "probabilities that add up to 1", "probability"),
        (unlikely, "the label of the most probable class", "label-probability"),
    ):
        picked = whole[wrong]
        wrong_span = span[0][picked], span[1][picked]

        def say(text: str, wanted: str = wanted) -> str:
            return f"expected {wanted}, found {quoted(text)}"

        teller.tell(rows[picked], wrong_span, say, code=code)


def _regular(lines: Lines, names: Sequence[str], teller: Teller) -> Mask:
    """Find the rows that have as many values as they should, and name the others.

    Parameters
    ----------
    lines : Lines
        The rows.
    names : sequence of str
        The name of each field of a row.
    teller : Teller
        Takes up the others.

    Returns
    -------
    numpy.ndarray of bool, shape (n_rows,)
        Where there are as many, or one more that is empty.
    """
    expected = f"expected {len(names)} values ({','.join(names)}), found"
    blank = lines.start == lines.stop
    fits = (lines.n_fields == len(names)) & ~blank
    in_comma = lines.data[np.maximum(lines.stop - 1, 0)] == ord(",")
    trailing = (lines.n_fields == len(names) + 1) & in_comma

    def say(text: str) -> str:
        return (
            f"{expected} {text.count(',') + 1}: {quoted(text)}"
            if text
            else f"{expected} an empty line"
        )

    others = ~(fits | trailing | blank)
    kinds = {"blank-line": blank, "trailing-comma": trailing, "columns": others}
    for code, picked in kinds.items():
        teller.tell(
            np.flatnonzero(picked), (lines.start[picked], lines.stop[picked]), say, code=code
        )
    regular: Mask = fits | trailing
    return regular


def _tell_keys(rows: Places, span: Span, wrong: Mask, key: Key, teller: Teller) -> None:
    example = key.pattern.format(video="<video>", frame=key.first)
    wrong_span = span[0][wrong], span[1][wrong]
    teller.tell(
        rows[wrong],
        wrong_span,
        lambda text: f"expected a row of {example}, found {quoted(text)}",
        code="key",
    )
