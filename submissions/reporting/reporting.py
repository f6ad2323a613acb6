"""From files to a page: entries of runs and label files, scored on the same annotations."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, Any, Unpack

from abawkit.errors import UncertainWarning, UsageError, counted, few
from abawkit.evaluation.bootstrap import Bootstrap, confidence
from abawkit.evaluation.coverage import read_faces
from abawkit.evaluation.diagnosis import diagnose
from abawkit.evaluation.influence import influence
from abawkit.evaluation.signature import signature
from abawkit.evaluation.systems import score_system, unique_names
from abawkit.files import write_whole
from abawkit.protocol import MultiLabel
from abawkit.report.html.entry import Entry, Page
from abawkit.report.html.page import GENERATOR, render_page
from abawkit.report.numbers import signed
from submissions.decide import DEFAULT_THRESHOLD, output_names, smoothed_outputs
from submissions.run import load_run, read_manifest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from abawkit.evaluation.files import Scored
    from abawkit.evaluation.rules import Rules
    from abawkit.protocol import Challenge
    from abawkit.track import Track

_FEWEST = 2
_START = 4096
_OURS = re.compile(f'<meta name="generator" content="{GENERATOR} ')


def write_report(  # noqa: PLR0913 - one parameter an option
    paths: Sequence[Path],
    out: Path,
    *,
    task: str | None = None,
    edition: int | None = None,
    names: str | None = None,
    title: str | None = None,
    allow_missing: bool = False,
    bootstrap: Bootstrap | None = None,
    force: bool = False,
    **rules: Unpack[Rules],
) -> str:
    """Write the page of runs.

    Parameters
    ----------
    paths : sequence of Path
        Predictions, and the annotations last.
    out : Path
        The page; an older page is replaced.
    task, edition, allow_missing, **rules
        As `abawkit.evaluation.score_files` takes them.
    names : str, optional
        What to call the runs, separated by commas; by default as `unique_names` says.
    title : str, optional
        The page's title.
    bootstrap : Bootstrap, optional
        How intervals are drawn.
    force : bool
        Replace a file that is no such page.

    Returns
    -------
    str
        What was written, and the worst video.
    """
    _check_out(out, force=force)
    page = read_page(
        paths, task=task, edition=edition, names=names, title=title, allow_missing=allow_missing,
        bootstrap=bootstrap, **rules,
    )  # fmt: skip
    data = render_page(page).encode()
    write_whole(out, data)
    written = f"{out}: {len(data) / 1e6:.1f} MB, {counted(len(page.entries), 'run')}"
    return "\n".join([written, *_worst(page)])


def read_page(  # noqa: PLR0913 - one parameter an option
    paths: Sequence[Path],
    *,
    task: str | None = None,
    edition: int | None = None,
    names: str | None = None,
    title: str | None = None,
    allow_missing: bool = False,
    bootstrap: Bootstrap | None = None,
    **rules: Unpack[Rules],
) -> Page:
    """Score runs, and put beside each other all that a page shows of them.

    Parameters
    ----------
    paths, task, edition, names, title, allow_missing, bootstrap, **rules
        As `write_report` takes them.

    Returns
    -------
    Page
        One entry a run.

    Raises
    ------
    UsageError
        If there is no run, or there are more or fewer names than runs.
    """
    if len(paths) < _FEWEST:
        msg = f"expected runs, then the annotations; found {few(paths) or 'nothing'} alone"
        raise UsageError(msg)
    *runs, annotations = paths
    called = unique_names(runs) if names is None else _names(names, len(runs))
    how = Bootstrap() if bootstrap is None else bootstrap
    scored = [
        score_system(
            name,
            run,
            annotations,
            task=task,
            edition=edition,
            allow_missing=allow_missing,
            **rules,
        )
        for name, run in zip(called, runs, strict=True)
    ]
    entries = [_entry(called[0], runs[0], scored[0], how)]
    with warnings.catch_warnings():
        # The annotations are the same, and what makes intervals uncertain has been said.
        warnings.simplefilter("ignore", UncertainWarning)
        rest = zip(called[1:], runs[1:], scored[1:], strict=True)
        entries += [_entry(name, run, each, how) for name, run, each in rest]
    challenge = scored[0].report.challenge
    return Page(
        title=title or " and ".join(filter(None, [", ".join(called[:-1]), called[-1]])),
        challenge=challenge,
        truth=scored[0].truth,
        entries=tuple(entries),
    )


def _names(text: str, n_runs: int) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    if len(names) != n_runs or len(set(names)) < n_runs or not all(names):
        msg = f"--names: expected {counted(n_runs, 'name')}, no two alike; found {text!r}"
        raise UsageError(msg)
    return names


def _entry(name: str, run: Path, scored: Scored, bootstrap: Bootstrap) -> Entry:
    report = scored.report
    return Entry(
        name=name,
        report=report,
        intervals=confidence(report, bootstrap),
        signature=str(signature(report, scored.processing, bootstrap)),
        prediction=scored.prediction,
        faces=read_faces(run),
        **_outputs(run, report.challenge, scored.truth),
    )


def _outputs(run: Path, challenge: Challenge, truth: Mapping[str, Track]) -> dict[str, Any]:
    """Read what the labels of a run were decided upon.

    Parameters
    ----------
    run : Path
        A run folder, or anything else.
    challenge : Challenge
        What is scored.
    truth : mapping of str to Track
        The annotated videos; others are left out.

    Returns
    -------
    dict
        ``outputs`` and ``thresholds`` of an `Entry`; empty where there is no run, or its outputs
        are of other names.
    """
    if not (run / "raw").is_dir() or read_manifest(run) is None:
        return {}
    found = load_run(run)
    if output_names(found.challenge) != output_names(challenge):
        return {}
    settings = found.processing
    outputs = {
        name: smoothed_outputs(challenge, video.track, settings)
        for name, video in found.videos.items()
        if name in truth
    }
    n_units = sum(len(each.names) for each in challenge.targets if isinstance(each, MultiLabel))
    thresholds = settings.thresholds or (DEFAULT_THRESHOLD,) * n_units
    return {"outputs": outputs, "thresholds": thresholds}


def _check_out(out: Path, *, force: bool) -> None:
    """Make sure that nothing is lost.

    Parameters
    ----------
    out : Path
        The page to be.
    force : bool
        Whether any file may be replaced.

    Raises
    ------
    UsageError
        If it is a folder, or a file that is no such page.
    """
    if out.is_dir():
        msg = f"{out}: expected the name of a file to write, found a folder"
        raise UsageError(msg)
    if force or not out.exists():
        return
    with out.open("rb") as file:
        start = file.read(_START).decode("utf-8", "replace")
    if not _OURS.search(start):
        msg = f"{out} is there already and is no page of abawkit report; --force replaces it"
        raise UsageError(msg)


def _worst(page: Page) -> list[str]:
    first = page.entries[0]
    moving = [found for found in influence(first.report) if found.change < 0]
    if not moving:
        return []
    worst = min(moving, key=lambda found: (found.change, found.video))
    why = diagnose(
        page.challenge,
        page.truth[worst.video],
        first.prediction.get(worst.video),
        (first.faces or {}).get(worst.video),
    )
    change = signed(worst.change, 4)
    lines = [f"worst video of {first.name}: {worst.video}, moves the score {change}"]
    return lines + [f"  {line}" for line in why]
