"""Run folders with made-up outputs, to refine and combine."""

from dataclasses import replace

import numpy as np

from abawkit.labels.rows import Rows
from abawkit.protocol import CHALLENGES, Categorical, MultiLabel
from submissions import Processing, RawVideo, Run, load_run
from submissions.decide import output_blocks
from submissions.following import run_template
from submissions.writing import write_run

# Those that ask for a label a frame.
FRAME_LEVEL = {
    name: row
    for name, row in CHALLENGES.items()
    if (key := row.protocol.submission.key) is None or "frame" in key.fields
}
LENGTHS = {"video1": 9, "b_left": 6, "b_right": 7}


def some(frames):
    return np.array(frames, np.int32)


def draw_outputs(challenge, n_frames, rng):
    """Draw raw outputs as a model gives them, float32 ``(n_frames, n_outputs)``."""
    parts = []
    for target, columns in output_blocks(challenge.targets):
        values = rng.uniform(-1, 1, (n_frames, columns.stop - columns.start))
        if isinstance(target, Categorical):
            values = np.exp(3 * values)
            values /= values.sum(axis=1, keepdims=True)
        elif isinstance(target, MultiLabel):
            values = abs(values)
        parts.append(values)
    return np.concatenate(parts, axis=1).astype(np.float32)


def draw_run(challenge, seed=0, *, lengths=LENGTHS, listed=None, **labels):
    """Draw a run in which the second frame of each video has no face."""
    rng = np.random.default_rng(seed)
    videos = {}
    for name, n_frames in lengths.items():
        asked = range(1, n_frames + 1) if listed is None else listed[name]
        frames = some([frame for frame in asked if frame != 2])
        videos[name] = RawVideo(
            video=name,
            frames=frames,
            outputs=draw_outputs(challenge, len(frames), rng),
            n_frames=n_frames,
            broken=some([]),
            listed=None if listed is None else some(listed[name]),
            source=f"{name}:{n_frames}",
        )
    manifest = {
        "abawkit": "",
        "challenge": challenge.name,
        "model": {"model": f"model {seed}", "provider": "cpu", "head": "head.npz"},
        "labels": Processing.parse(challenge, **labels).describe(),
        "planned": list(videos),
    }
    return Run(challenge=challenge, manifest=manifest, videos=videos)


def save_run(folder, run, *, rows=None):
    """Write a run to a folder, with some rows as pairs or with its own, and give the folder."""
    template = run_template(run)
    if rows is not None:
        template = replace(template, rows=Rows.of(rows))
    write_run(folder, run, run.processing, template=template, force=False)
    return folder


def make_run(folder, challenge, seed=0, *, rows=None, **options):
    """Draw a run, write it, and read it back."""
    return load_run(save_run(folder, draw_run(challenge, seed, **options), rows=rows))
