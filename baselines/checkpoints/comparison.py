"""What a network loses and gains in another format, measured on this machine.

Conventions: differences are absolute; shares are in [0, 1]; what does not apply is None. Times are
those of one thread, as prediction runs networks, on batches in turn: the source and each format
see the same batch one after the other, so that whatever else the machine does falls on all.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeVar

import numpy as np
import onnxruntime

from abawkit.errors import ModelError
from abawkit.report.render import table
from baselines.card import VA
from baselines.checkpoints.batches import BATCH
from baselines.checkpoints.onnxfile import EMBEDDING, INPUT, OUTPUTS, SCORES
from baselines.heads import head_input

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from baselines.card import Card
    from baselines.heads import Head

On = Literal["frames", "noise"]
Name = TypeVar("Name", bound=str)
_UNIT = re.compile(r"AU\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How alike two networks' columns of one output are.

    Attributes
    ----------
    difference : float
        The largest of all columns.
    largest : float
        The largest absolute value of the source, beside which the difference is small or not.
    classes : float, optional
        Share of the frames with the same likeliest class.
    va : float, optional
        The largest difference of valence and arousal.
    units : float, optional
        Share of all decisions on action units that are the same at the thresholds.
    """

    difference: float
    largest: float
    classes: float | None
    va: float | None
    units: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One format beside its source.

    Attributes
    ----------
    format : str
        Its name.
    path : Path
        The file.
    on : {"frames", "noise"}
        What it was compared on.
    n_frames : int
        How many.
    picked_from : int, optional
        Of how many frames they were picked, evenly spread; None if they are all.
    embedding : float
        The largest difference of the embedding.
    source_embedding : float
        The largest absolute value of the source's embedding.
    scores : Agreement
        Of the scores.
    outputs : Agreement, optional
        Of the merged head's outputs; the source's are the head's own on its embedding and scores.
    n_bytes, source_bytes : int
        Sizes of the files.
    ms, source_ms : float
        Milliseconds a frame, the median over batches.
    """

    format: str
    path: Path
    on: On
    n_frames: int
    picked_from: int | None
    embedding: float
    source_embedding: float
    scores: Agreement
    outputs: Agreement | None
    n_bytes: int
    source_bytes: int
    ms: float
    source_ms: float


@dataclass(slots=True, kw_only=True)
class _Run:
    # A network, and what it gave so far.
    name: str
    session: onnxruntime.InferenceSession
    results: dict[str, list[NDArray[np.float32]]] = field(default_factory=dict)
    times: list[float] = field(default_factory=list)

    def __call__(self, batch: NDArray[np.float32]) -> None:
        names = [output.name for output in self.session.get_outputs()]
        try:
            if not self.times:
                self.session.run(names, {INPUT: batch})  # the first call makes its buffers
            start = time.perf_counter()
            results = self.session.run(names, {INPUT: batch})
        except Exception as error:  # ONNX Runtime's errors share no base class
            raise _failed(self.name, error) from error
        self.times.append((time.perf_counter() - start) * 1000 / len(batch))
        for name, values in zip(names, results, strict=True):
            self.results.setdefault(name, []).append(values)

    def all(self, name: str) -> NDArray[np.float32]:
        return np.concatenate(self.results[name])


def _failed(name: str, error: Exception) -> ModelError:
    return ModelError(f"{name}: ONNX Runtime cannot run it: {error}")


def _start(name: str, data: bytes) -> _Run:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's errors share no base class
        raise _failed(name, error) from error
    return _Run(name=name, session=session)


def compare(  # noqa: PLR0913 - what is compared, and on what
    source: Path,
    made: Mapping[Name, bytes],
    *,
    targets: Mapping[Name, Path],
    card: Card,
    head: Head | None,
    batches: Iterable[NDArray[np.float32]],
    on: On,
    picked_from: int | None = None,
) -> tuple[Comparison, ...]:
    """Run formats of a network beside it.

    Parameters
    ----------
    source : Path
        The network's file.
    made : mapping of str to bytes
        The files of the formats by their names.
    targets : mapping of str to Path
        Where each is to be written.
    card : Card
        Of the network.
    head : Head, optional
        What was merged into each.
    batches : iterable of numpy.ndarray of float32, shape (n, 3, size, size)
        At least one batch of normalised images.
    on : {"frames", "noise"}
        What they are.

    Returns
    -------
    tuple of Comparison
        One a format.

    Raises
    ------
    ModelError
        If a format does not run, or gives what is no number where the network gives one.
    """
    before = source.read_bytes()
    whole = _start(str(source), before)
    runs = {name: _start(name, data) for name, data in made.items()}
    n_frames = 0
    for batch in batches:
        n_frames += len(batch)
        for run in (whole, *runs.values()):
            run(batch)
    embedding, scores = whole.all(EMBEDDING), whole.all(SCORES)
    outputs = None
    if head is not None:
        outputs = head(head_input(head.source, card, embedding, scores))
        names, thresholds = head.outputs, head.thresholds
    elif card.head is not None:
        outputs = whole.all(OUTPUTS)
        names, thresholds = card.head.outputs, card.head.thresholds
    comparisons = []
    for name, run in runs.items():
        for expected, found in ((embedding, run.all(EMBEDDING)), (scores, run.all(SCORES))):
            _check_finite(name, expected, found)
        comparisons.append(
            Comparison(
                format=name,
                path=targets[name],
                on=on,
                n_frames=n_frames,
                picked_from=picked_from,
                embedding=_difference(embedding, run.all(EMBEDDING)),
                source_embedding=_largest(embedding),
                scores=agreement(scores, run.all(SCORES), card.outputs),
                outputs=None
                if outputs is None
                else agreement(outputs, run.all(OUTPUTS), names, thresholds=thresholds),
                n_bytes=len(made[name]),
                source_bytes=len(before),
                ms=float(np.median(run.times)),
                source_ms=float(np.median(whole.times)),
            )
        )
    return tuple(comparisons)


def _check_finite(name: str, expected: NDArray[np.float32], found: NDArray[np.float32]) -> None:
    broken = np.any(np.isfinite(expected) & ~np.isfinite(found), axis=1)
    if np.any(broken):
        msg = (
            f"{name}: {np.sum(broken)} of {len(expected)} frames give what is no number; "
            "the network has values that do not fit, use float32"
        )
        raise ModelError(msg)


def _difference(expected: NDArray[np.float32], found: NDArray[np.float32]) -> float:
    return _largest(expected - found)


def _largest(values: NDArray[np.float32]) -> float:
    return float(np.abs(values).max(initial=0))


def agreement(
    expected: NDArray[np.float32],
    found: NDArray[np.float32],
    names: Sequence[str],
    *,
    thresholds: Sequence[float] = (),
) -> Agreement:
    """Measure how alike the columns of two networks are.

    Parameters
    ----------
    expected, found : numpy.ndarray of float32, shape (n, len(names))
        Columns of classes, valence and arousal, and action units, in any order.
    names : sequence of str
        Names of the columns.
    thresholds : sequence of float
        The value from which on each action unit is there; one half by default.

    Returns
    -------
    Agreement
        None for the kinds that there are no columns of.
    """
    va = [at for at, name in enumerate(names) if name in VA]
    units = [at for at, name in enumerate(names) if _UNIT.fullmatch(name)]
    classes = [at for at in range(len(names)) if at not in {*va, *units}]
    limits = np.array(thresholds or [0.5] * len(units), np.float32)
    same = (
        expected[:, classes].argmax(axis=1) == found[:, classes].argmax(axis=1) if classes else []
    )
    decisions = (expected[:, units] >= limits) == (found[:, units] >= limits)
    return Agreement(
        difference=_difference(expected, found),
        largest=_largest(expected),
        classes=float(np.mean(same)) if classes else None,
        va=_difference(expected[:, va], found[:, va]) if va else None,
        units=float(np.mean(decisions)) if units else None,
    )


def comparison_table(comparisons: Sequence[Comparison]) -> str:
    """Show formats of one network to people, beside it.

    Parameters
    ----------
    comparisons : sequence of Comparison
        Of one call of `compare`, at least one.

    Returns
    -------
    str
        A column a format, then on what it was measured.
    """
    first = comparisons[0]
    rows = [
        ["", "source", *(row.format for row in comparisons)],
        ["megabytes", *(f"{n / 1e6:.2f}" for n in _sizes(comparisons))],
        ["ms a frame", *(f"{ms:.2f}" for ms in (first.source_ms, *(r.ms for r in comparisons)))],
        [
            "embedding differs by",
            f"of {first.source_embedding:.2g}",
            *(f"{row.embedding:.2g}" for row in comparisons),
        ],
        *_agreement_rows("scores", [row.scores for row in comparisons]),
        *_agreement_rows("outputs", [row.outputs for row in comparisons if row.outputs]),
    ]
    return f"{table(rows)}\n\n{_measured(comparisons)}"


def _measured(comparisons: Sequence[Comparison]) -> str:
    first = comparisons[0]
    on = "frames" if first.on == "frames" else "images of noise, no faces"
    spread = f", evenly spread over {first.picked_from} frames" if first.picked_from else ""
    times = f"times are of one thread, batches of {BATCH}"
    lines = [
        f"differences are the largest on {first.n_frames} {on}{spread}; {times}",
        '"of" is the largest absolute value of the source on them',
    ]
    if any(row.format == "int8" for row in comparisons):
        same = (
            f"frames of the same {first.picked_from}" if first.picked_from else "the same frames"
        )
        lines.append(f"int8 was calibrated on {same}: on others it may differ more")
    return "\n".join(lines)


def _sizes(comparisons: Sequence[Comparison]) -> list[int]:
    return [comparisons[0].source_bytes, *(row.n_bytes for row in comparisons)]


def _agreement_rows(what: str, agreements: Sequence[Agreement]) -> list[list[str]]:
    # A network of face recognition has no scores at all.
    if all(row.classes is row.va is row.units is None for row in agreements):
        return []
    largest = f"of {agreements[0].largest:.2g}"
    rows: list[tuple[str, str, str, list[float | None]]] = [
        ("differ by", largest, ".2g", [row.difference for row in agreements]),
        ("with the same class", "", ".2%", [row.classes for row in agreements]),
        ("valence, arousal differ by", "", ".2g", [row.va for row in agreements]),
        ("with the same action units", "", ".2%", [row.units for row in agreements]),
    ]
    return [
        [f"{what} {name}", beside, *(f"{value:{shown}}" for value in values if value is not None)]
        for name, beside, shown, values in rows
        if None not in values
    ]
