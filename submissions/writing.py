"""Starting and finishing a run folder: what predict, refine and ensemble have in common."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from abawkit.errors import DataError, SubmissionError, UsageError, few
from abawkit.evaluation.files import MANIFEST, REFINING
from abawkit.protocol import find_challenge
from submissions.labelling import RunLabels, make_labels
from submissions.run import RawVideo, raw_path, read_manifest, write_manifest
from submissions.template import IN_ORDER
from submissions.validation.rendering import finding_text
from submissions.validation.validate import validate

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from submissions.decide import Processing
    from submissions.run import Run
    from submissions.template import Template


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run has; ``broken`` names the images that could not be read."""

    challenge: str
    out: Path
    n_videos: int
    n_rows: int
    n_faceless: int
    broken: tuple[str, ...]
    processing: Mapping[str, str]

    def __str__(self) -> str:
        share = self.n_faceless / self.n_rows if self.n_rows else 0.0
        lines = [
            (
                f"{self.challenge}: {self.n_videos} videos, {self.n_rows} frames, "
                f"{self.n_faceless} with no face ({share:.1%}), filled: {self.processing['fill']}"
            ),
            f"smoothed: {self.processing['smooth']}",
            *(
                f"{name}: {self.processing[name]}"
                for name in ("thresholds", "offsets")
                if name in self.processing
            ),
        ]
        if self.broken:
            lines.append(
                f"{len(self.broken)} images could not be read and count as frames without a face: "
                f"{few(self.broken)}"
            )
        lines.append(f"wrote {self.out}/ and read it back: {self.n_rows} rows, valid")
        return "\n".join(lines)


def take_up(out: Path, settings: Mapping[str, Any], *, force: bool) -> None:
    """Make sure that a folder can take a run: it is new, or holds one of the same things.

    Parameters
    ----------
    out : Path
        The run folder.
    settings : mapping
        The manifest that the run will have.
    force : bool
        Remove the run in the folder, whatever it is of.

    Raises
    ------
    DataError
        If there is something else in the folder.
    UsageError
        If it holds a run of other videos, or of another challenge or model.
    """
    old = read_manifest(out)
    if old is None:
        # A run that was killed at once leaves no more than half a manifest.
        if out.is_dir() and not all(file.match(f"{MANIFEST}.*.part") for file in out.iterdir()):
            msg = f"{out}: not empty, and no run of abawkit; choose another --out"
            raise DataError(msg)
        return
    others = [name for name in old["planned"] if name not in set(settings["planned"])]
    differing = [name for name in ("challenge", "model") if old[name] != settings[name]]
    if not force and (others or differing):
        what = f"other videos ({few(others)})" if others else f"another {' and '.join(differing)}"
        msg = f"{out} holds a run of {what}; choose another --out, or --force to replace it"
        raise UsageError(msg)
    if force:
        shutil.rmtree(out / "raw", ignore_errors=True)
        layout = find_challenge(old["challenge"]).protocol.submission
        for name in old["planned"]:
            (out / layout.file.format(video=name)).unlink(missing_ok=True)


def write_run(
    out: Path, run: Run, processing: Processing, *, template: Template, force: bool
) -> Outcome:
    """Write a run, raw outputs and all; nothing is touched if it can have no labels.

    Parameters
    ----------
    out : Path
        The run folder.
    run : Run
        What to write.
    processing : Processing
        How raw outputs become labels.
    template : Template
        The rows of its labels; see `submissions.following.template_of`.
    force : bool
        Replace the run in the folder, whatever it is of.

    Returns
    -------
    Outcome
        What the run has.
    """
    for raw in run.videos.values():
        make_labels(run.challenge, raw, processing)
    settings = settings_of(run, processing, template)
    take_up(out, settings, force=force)
    write_manifest(out, settings)
    for name, raw in run.videos.items():
        raw.save(raw_path(out, name))
    RunLabels(out, run.challenge, processing, template).write()
    return finish(out, settings, template)


def settings_of(run: Run, processing: Processing, template: Template) -> dict[str, Any]:
    """Give the manifest of an unfinished run.

    Parameters
    ----------
    run : Run
        The run.
    processing : Processing
        How its labels will be made.
    template : Template
        Their rows.

    Returns
    -------
    dict
        What is in its manifest but for what each video has.
    """
    kept = {
        name: value for name, value in run.manifest.items() if name not in {"videos", REFINING}
    }
    return {
        **kept,
        "abawkit": version("abawkit"),
        "labels": processing.describe(),
        **template.describe(),
    }


def finish(out: Path, settings: Mapping[str, Any], template: Template) -> Outcome:
    """Complete the manifest of a run and read its submission back.

    Parameters
    ----------
    out : Path
        The run folder, with raw outputs and labels of all videos.
    settings : mapping
        The manifest so far.
    template : Template
        The rows that the labels have.

    Returns
    -------
    Outcome
        What the run has.

    Raises
    ------
    SubmissionError
        If what was written is not valid; with all findings.
    """
    frames = None if template.rows is None else template.rows.by_video()
    rows, whole = [], True
    for name in settings["planned"]:
        raw = RawVideo.load(raw_path(out, name))
        if frames is not None:
            asked = frames.get(name, np.empty(0, np.intp))
        else:
            end = template.n_frames.get(name, raw.n_frames) if name in template.videos else 0
            asked = np.arange(1, end + 1)
        rows.append(_row(raw, asked))
        whole &= not len(asked) or np.array_equal(asked, raw.rows)
        if template.layout.per_video and not len(asked):
            (out / template.layout.file.format(video=name)).unlink(missing_ok=True)
    write_manifest(out, {**settings, IN_ORDER: settings[IN_ORDER] and whole, "videos": rows})
    challenge = find_challenge(settings["challenge"])
    verdict = validate(out, challenge, template=template)
    if not verdict.ok:
        lines = [finding_text(finding) for finding in verdict.errors]
        raise SubmissionError("\n".join([f"{out}: not valid for {challenge.name}", *lines]))
    n_rows = sum(row["n_rows"] for row in rows)
    return Outcome(
        challenge=challenge.name,
        out=out,
        n_videos=len(rows),
        n_rows=n_rows,
        n_faceless=n_rows - sum(row["n_faces"] for row in rows),
        broken=tuple(f"{row['video']}/{frame:05d}.jpg" for row in rows for frame in row["broken"]),
        processing=settings["labels"],
    )


def _row(raw: RawVideo, asked: NDArray[np.intp]) -> dict[str, Any]:
    return {
        "video": raw.video,
        "n_frames": raw.n_frames,
        # A row that is there twice is of one frame.
        "n_rows": len(np.unique(asked)),
        "n_faces": int(np.isin(raw.frames, asked).sum()),
        "broken": raw.broken.tolist(),
    }
