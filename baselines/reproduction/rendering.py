"""Tables that were run, as text beside the paper's, and as JSON."""

from __future__ import annotations

import textwrap
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from abawkit.report.render import table as align
from baselines.reproduction.layout import numbers
from baselines.reproduction.notes import OTHER_EPOCHS, TEN_EPOCHS, TWENTY_EPOCHS
from baselines.reproduction.results import Spread
from baselines.reproduction.tables import FRAMES, NETWORK_NOTES, NETWORKS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from baselines.reproduction.layout import Column, Row
    from baselines.reproduction.measuring import Counting
    from baselines.reproduction.results import Outcome, Result

COUNTINGS: tuple[Counting, ...] = ("official", "faces")
_HEADS = ("official", "with a face", "paper", "its code")
_WIDTH = 99
_LEGEND = """\
official     all annotated frames, those without a face filled from their neighbours; not smoothed
with a face  annotated frames with a face only, as the paper counts; not smoothed
its code     the stored outputs of the paper's published code; - where they have no such number"""


class _Footnotes:
    """Numbers footnotes in the order in which they are asked for."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def marks(self, notes: Iterable[str]) -> str:
        chosen = tuple(notes)
        self.texts += [note for note in chosen if note not in self.texts]
        marks = ",".join(map(str, sorted(self.texts.index(note) + 1 for note in chosen)))
        return f" [{marks}]" if marks else ""

    def __str__(self) -> str:
        marked = [(f"[{number}] ", text) for number, text in enumerate(self.texts, 1)]
        return "\n".join(
            textwrap.fill(mark + text, _WIDTH, subsequent_indent=" " * len(mark))
            for mark, text in marked
        )


def as_text(outcome: Outcome) -> str:
    """Show a table to people: its numbers beside the paper's and the published code's.

    Parameters
    ----------
    outcome : Outcome
        The table that was run.

    Returns
    -------
    str
        Several lines.
    """
    table, footnotes = outcome.table, _Footnotes()
    title = f"Table {table.name[-1]}. {table.title}{footnotes.marks(_table_notes(outcome))}"
    rows, heads = [["", *_HEADS]], {}
    for row in table.rows:
        heads[len(rows)] = _name(outcome, row) + footnotes.marks(_notes(outcome, row))
        for column, quoted in zip(table.columns, _quoted(outcome, row), strict=True):
            if row.source or quoted["paper"]:
                own = [_shown(_spread(outcome, row, column, counting)) for counting in COUNTINGS]
                name = f"  {column.title}{footnotes.marks(column.notes)}"
                rows.append([name, *own, quoted["paper"] or "-", _rounded(quoted["code"])])
    lines = align(rows).split("\n")
    body = [f"{heads[i]}\n{line}" if i in heads else line for i, line in enumerate(lines)]
    parts = [
        "\n".join([title, *_frames(outcome), *_missing(outcome)]),
        "\n".join(body),
        "\n".join([_LEGEND, *_seeds(outcome)]),
        str(footnotes),
    ]
    return "\n\n".join(parts)


def as_json(outcome: Outcome) -> dict[str, Any]:
    """Give all that is known of a table: each seed's numbers too.

    Parameters
    ----------
    outcome : Outcome
        The table that was run.

    Returns
    -------
    dict
        What JSON can hold; undefined and missing numbers are None.
    """
    table = outcome.table
    columns = [
        {"measure": column.measure, "title": column.title, "printed": column.printed}
        | {"notes": list(column.notes)}
        for column in table.columns
    ]
    rows = [_row(outcome, row) for row in table.rows]
    return {
        "table": table.name,
        "title": table.title,
        "challenge": f"abaw3-{table.task}",
        "epochs": outcome.epochs,
        "paper_frames": asdict(FRAMES[table.task]),
        "notes": list(_table_notes(outcome)),
        "columns": columns,
        "rows": rows,
    }


def _row(outcome: Outcome, row: Row) -> dict[str, Any]:
    values: dict[str, dict[str, Any]] = {}
    for column, quoted in zip(outcome.table.columns, _quoted(outcome, row), strict=True):
        own = {counting: _spread(outcome, row, column, counting) for counting in COUNTINGS}
        values[column.measure] = {
            counting: None if spread is None else asdict(spread)
            for counting, spread in own.items()
        } | {name: None if text is None else float(text) for name, text in quoted.items()}
    runs = [asdict(result) for result in _results(outcome, row)]
    return {
        "network": row.network,
        "model": outcome.models.get(row.network),
        "method": row.method,
        "source": row.source,
        "hidden": row.hidden,
        "thresholds": row.variant or "0.5",
        "values": values,
        "runs": runs,
        "notes": list(_notes(outcome, row)),
    }


def _quoted(outcome: Outcome, row: Row) -> list[dict[str, str | None]]:
    # What the paper and its code print of each column.
    columns = len(outcome.table.columns)
    pairs = zip(numbers(row.paper, columns), numbers(row.code, columns), strict=True)
    return [{"paper": paper, "code": code} for paper, code in pairs]


def _results(outcome: Outcome, row: Row) -> tuple[Result, ...]:
    setup = outcome.table.setup(row)
    return () if setup is None else outcome.results.get(setup, ())


def _spread(outcome: Outcome, row: Row, column: Column, counting: Counting) -> Spread | None:
    results = _results(outcome, row)
    measures = [result.measures[counting] for result in results]
    varied = f"{column.measure}_{row.variant}"
    return Spread.of(own.get(varied, own[column.measure]) for own in measures)


def _shown(spread: Spread | None) -> str:
    if spread is None:
        return "-"
    sd = "" if spread.sd is None else f" ± {spread.sd:.4f}"
    return f"{spread.mean:z.4f}{sd}"


def _rounded(text: str | None) -> str:
    return "-" if text is None else f"{float(text):.4f}"


def _name(outcome: Outcome, row: Row) -> str:
    model = outcome.models.get(row.network)
    other = f" ({model})" if model != NETWORKS.get(row.network) else ""
    return f"{row.network}{other}, {row.method}"


def _table_notes(outcome: Outcome) -> tuple[str, ...]:
    if outcome.epochs is None:
        return outcome.table.notes
    published = {TEN_EPOCHS, TWENTY_EPOCHS}
    kept = tuple(note for note in outcome.table.notes if note not in published)
    return (*kept, OTHER_EPOCHS.format(epochs=outcome.epochs))


def _notes(outcome: Outcome, row: Row) -> tuple[str, ...]:
    notes = row.notes
    model = outcome.models.get(row.network)
    if model == NETWORKS.get(row.network):
        notes += NETWORK_NOTES.get(row.network, ())
    if row.source in {"scores", "both"} and row.network in outcome.scores:
        kind = outcome.scores[row.network]
        notes += (f"The scores of {model} are {kind}; the paper calls all scores probabilities.",)
    return notes


def _frames(outcome: Outcome) -> list[str]:
    # How many frames there were beside the paper's, network by network where they differ.
    found: dict[str, list[str]] = {}
    for setup, results in outcome.results.items():
        for result in results:
            networks = found.setdefault(_counts(result.train, result.valid), [])
            networks += [setup.network] if setup.network not in networks else []
    paper = FRAMES[outcome.table.task]
    lines = [f"paper: {_counts(paper.train, paper.valid)}"]
    for counts, networks in found.items():
        whose = f" ({', '.join(networks)})" if len(found) > 1 else ""
        lines.append(f"here{whose}: {counts}")
    return lines


def _counts(train: tuple[int, int], valid: tuple[int, int]) -> str:
    return (
        f"trained on {train[0]:,} frames with a face, not on {train[1]:,} without; "
        f"validation {valid[0]:,} and {valid[1]:,}"
    )


def _missing(outcome: Outcome) -> list[str]:
    setups = outcome.table.setups
    models = dict.fromkeys(
        outcome.models[setup.network] for setup in setups if not outcome.results.get(setup)
    )
    return [
        f"no features of {model}: abawkit extract --data DATA --model {model} "
        f"--out {outcome.features}"
        for model in models
    ]


def _seeds(outcome: Outcome) -> list[str]:
    n = max(map(len, outcome.results.values()), default=0)
    return [f"±            standard deviation over {n} seeds, beside their mean"] if n > 1 else []
