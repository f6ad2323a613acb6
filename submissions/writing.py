"""Starting and finishing a run folder: what predict, refine and ensemble have in common."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from abawkit.errors import DataError, UsageError, few
from abawkit.evaluation.files import MANIFEST, REFINING
from abawkit.protocol import find_challenge
from submissions.check import check_submission
from submissions.labelling import RunLabels, make_labels
from submissions.run import RawVideo, raw_path, read_manifest, write_manifest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from submissions.decide import Processing
    from submissions.labelling import Rows
    from submissions.run import Run


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
    out: Path, run: Run, processing: Processing, *, rows: Rows | None, force: bool
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
    rows : sequence of (str, int), optional
        The rows of the one file of all videos; see `submissions.labelling.read_rows`.
    force : bool
        Replace the run in the folder, whatever it is of.

    Returns
    -------
    Outcome
        What the run has.
    """
    for raw in run.videos.values():
        make_labels(run.challenge, raw, processing)
    settings = settings_of(run, processing)
    take_up(out, settings, force=force)
    write_manifest(out, settings)
    for name, raw in run.videos.items():
        raw.save(raw_path(out, name))
    labels_of(out, run, processing, rows=rows).write()
    return finish(out, settings)


def settings_of(run: Run, processing: Processing) -> dict[str, Any]:
    """Give the manifest of an unfinished run.

    Parameters
    ----------
    run : Run
        The run.
    processing : Processing
        How its labels will be made.

    Returns
    -------
    dict
        What is in its manifest but for what each video has.
    """
    kept = {
        name: value for name, value in run.manifest.items() if name not in {"videos", REFINING}
    }
    return {**kept, "abawkit": version("abawkit"), "labels": processing.describe()}


def labels_of(out: Path, run: Run, processing: Processing, *, rows: Rows | None) -> RunLabels:
    """Give the labels of a run whose raw outputs are in its folder.

    Parameters
    ----------
    out : Path
        The run folder.
    run : Run
        The run.
    processing : Processing
        How labels are made.
    rows : sequence of (str, int), optional
        The rows of the one file of all videos.

    Returns
    -------
    RunLabels
        The labels.
    """
    n_frames = {name: raw.n_frames for name, raw in run.videos.items()}
    return RunLabels(out, run.challenge, processing, n_frames=n_frames, rows=rows)


def finish(out: Path, settings: Mapping[str, Any]) -> Outcome:
    """Complete the manifest of a run and read its submission back.

    Parameters
    ----------
    out : Path
        The run folder, with raw outputs and labels of all videos.
    settings : mapping
        The manifest so far.

    Returns
    -------
    Outcome
        What the run has.
    """
    rows = [_row(RawVideo.load(raw_path(out, name))) for name in settings["planned"]]
    write_manifest(out, {**settings, "videos": rows})
    challenge = find_challenge(settings["challenge"])
    n_rows = check_submission(challenge, out, {row["video"]: row["n_rows"] for row in rows})
    return Outcome(
        challenge=challenge.name,
        out=out,
        n_videos=len(rows),
        n_rows=n_rows,
        n_faceless=n_rows - sum(row["n_faces"] for row in rows),
        broken=tuple(f"{row['video']}/{frame:05d}.jpg" for row in rows for frame in row["broken"]),
        processing=settings["labels"],
    )


def _row(raw: RawVideo) -> dict[str, Any]:
    return {
        "video": raw.video,
        "n_frames": raw.n_frames,
        "n_rows": len(raw.rows),
        "n_faces": len(raw.frames),
        "broken": raw.broken.tolist(),
    }
