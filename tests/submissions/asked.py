"""Official samples and lists made of drawn predictions, and submissions that follow them."""

from dataclasses import replace

import numpy as np

from abawkit.labels import write_labels
from abawkit.protocol import Categorical, Continuous
from abawkit.track import Track
from submissions.template import Template

DUMMIES = "values", "commas"
"""What stands in the rows of a sample: made-up values, or nothing but a comma."""


def rows_of(tracks):
    """Give the rows of a submission: video and frame, from 1."""
    for name, track in tracks.items():
        listed = range(track.n_frames) if track.listed is None else np.flatnonzero(track.listed)
        yield from ((name, int(frame) + 1) for frame in listed)


def write_sample(folder, challenge, tracks, *, dummy="commas"):
    """Write what the organisers would give for these videos, and give its path."""
    layout = challenge.protocol.submission
    folder.mkdir()
    head = "" if layout.header is None else f"{layout.header}\n"
    if layout.key is None:
        path = folder / "list.txt"
        path.write_text("".join(f"{name},{t.n_frames}\n" for name, t in tracks.items()))
        return path
    values = ["0.5000", "0.5000"] * layout.probabilities + ["0"] * challenge.protocol.columns
    filling = "," + ",".join(values if dummy == "values" else [""])
    files = {}
    for video, frame in rows_of(tracks):
        key = layout.key.pattern.format(video=video, frame=frame - 1 + layout.key.first)
        files.setdefault(layout.file.format(video=video), []).append(f"{key}{filling}\n")
    for name, lines in files.items():
        (folder / name).write_text(head + "".join(lines), encoding="utf-8")
    return folder if layout.per_video else folder / layout.file


def template_of(folder, challenge, tracks, **options):
    """Read the sample that the organisers would give for these videos."""
    return Template.read(write_sample(folder, challenge, tracks, **options), challenge)


def submit(folder, challenge, tracks, template):
    """Write predictions as the template asks, and give the folder or the one file."""
    paths = write_labels(
        folder, tracks, targets=challenge.targets, layout=template.layout, rows=template.rows
    )
    return folder if template.layout.per_video else paths[0]


def draw_values(challenge, n_frames, rng):
    """Draw labels of any kind, evenly over what they may be."""
    parts = []
    for target in challenge.targets:
        shape = n_frames, target.columns
        if isinstance(target, Continuous):
            low, high = round(target.low * 1000), round(target.high * 1000)
            parts.append(rng.integers(low, high, shape, endpoint=True) / 1000)
        else:
            n_classes = len(target.names) if isinstance(target, Categorical) else 2
            parts.append(rng.integers(n_classes, size=shape).astype(float))
    return np.hstack(parts)


def predict(challenge, template):
    """Make up predictions for all that a template asks for."""
    rng = np.random.default_rng(0)
    n_frames = dict(template.n_frames)
    for video, frame in template.rows or ():
        n_frames[video] = max(n_frames[video], frame)
    tracks = {}
    for video, count in n_frames.items():
        track = Track.of(video, draw_values(challenge, count, rng))
        if template.layout.probabilities:
            chances = np.eye(2)[track.values[:, 0].astype(int)] * 0.5 + 0.25
            track = replace(track, probabilities=chances)
        tracks[video] = track
    return tracks
