"""Valid inputs of each parser, to be changed: label files, lists, tables, archives, ledgers."""

import io
import json
import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from abawkit.files import make_zip
from abawkit.labels import format_labels
from abawkit.track import Track
from submissions.decide import output_names
from submissions.packing.manifest import as_text
from submissions.trials.ledger import add_trials
from submissions.trials.trial import Trial
from tests.submissions.asked import draw_values
from tests.submissions.runs import FRAME_LEVEL, draw_run, save_run

LENGTHS = {"video59": 4, "10-60-1280x720_left": 3, "a.b+c(1)": 5}
ODD_TYPES = ["<f8", "<f4", "<i8", "<u1", "?", "<U9", "S5", "<c16", "<M8[D]", "<f2"]


def steady():
    """Give a source of numbers that are always the same."""
    return np.random.default_rng(0)


def _track(challenge, layout, video, rng, *, gaps):
    values = draw_values(challenge, 1 if layout.whole_clips else LENGTHS[video], rng)
    return Track.of(video, values, rng.random(values.shape) > 0.1 if gaps else None)


def labels(challenge, rng):
    """Give files of each layout of a challenge, with and without values, and lists of videos."""
    files = [b"video59\n10-60-1280x720_left\n", b"video,frames\nvideo59,3\n12,7\n"]
    for layout in (challenge.protocol.annotation, challenge.protocol.submission):
        gaps = layout is challenge.protocol.annotation
        body = ""
        for video in [*LENGTHS][: 1 if layout.per_video else None]:
            track = _track(challenge, layout, video, rng, gaps=gaps)
            text = format_labels(track, targets=challenge.targets, layout=layout, sentinels=gaps)
            body += text.removeprefix(f"{layout.header}\n")
        header = "" if layout.header is None else f"{layout.header}\n"
        files.append((header + body).encode())
        if layout.key is not None:
            keys = [line.partition(",")[0] for line in body.splitlines()]
            files.append((header + "".join(f"{key},\n" for key in keys)).encode())
        if layout.probabilities:
            files.append(b"".join(b"%s,0.2500,0.7500,1\n" % v.encode() for v in LENGTHS))
    return files


def tables(challenge, rng):
    """Give tables with named columns: a label, a probability or a value a column."""
    names = output_names(challenge)
    lines = [f"video,frame,{','.join(names)}"]
    for video, count in LENGTHS.items():
        for frame in range(1, 2 if challenge.protocol.submission.whole_clips else count + 1):
            values = rng.integers(0, 1001, len(names)) / 1000
            lines.append(f"{video},{frame},{','.join(map(str, values))}")
    return [*labels(challenge, rng), "\n".join(lines).encode()]


def arrays(challenge, rng):
    """Give archives of arrays, some of the right names, most of odd types and shapes."""
    names = ["video", "frame", "image_location", "odd", *output_names(challenge), *LENGTHS]
    columns = len(output_names(challenge))
    chosen = {}
    for name in names:
        shape = tuple(rng.integers(0, 6, int(rng.integers(3))))
        if name in LENGTHS and rng.random() < 0.5:
            shape = (LENGTHS[name], columns)
        kind = ODD_TYPES[int(rng.integers(len(ODD_TYPES) * 2)) % len(ODD_TYPES)]
        if rng.random() < 0.6:
            filler = rng.choice([0.0, 1.0, 0.5, np.nan, np.inf, -5.0], shape)
            with np.errstate(all="ignore"):
                chosen[name] = np.nan_to_num(filler).astype(kind) if kind != "<f8" else filler
    whole = {video: rng.random((count, columns)) for video, count in LENGTHS.items()}
    return [_npz(chosen), _npz(whole)]


def _npz(named):
    buffer = io.BytesIO()
    np.savez(buffer, **named)
    return buffer.getvalue()


@cache
def run_files(challenge):
    """Give the files of a run, by their paths in its folder."""
    with TemporaryDirectory() as name:
        save_run(Path(name) / "run", draw_run(challenge))
        files = (file for file in sorted(Path(name, "run").rglob("*")) if file.is_file())
        return {str(file.relative_to(Path(name, "run"))): file.read_bytes() for file in files}


def manifests(challenge, _):
    """Give the manifest of a run, also of one that follows a sample."""
    if challenge.name not in FRAME_LEVEL:
        return [b"{}"]
    manifest = json.loads(run_files(challenge)["manifest.json"])
    key = {"column": "image", "pattern": "{video}/{frame:05d}.jpg", "first": 1}
    layout = {"file": "a.txt", "header": None, "key": key, "probabilities": False,
              "selected": False, "order": []}  # fmt: skip
    like = {"name": "sample.txt", "sha256": "0" * 64, "layout": layout, "in_order": True}
    return [json.dumps(manifest).encode(), json.dumps({**manifest, "like": like}).encode()]


def raw_outputs(challenge, _):
    """Give the raw outputs of the videos of a run."""
    if challenge.name not in FRAME_LEVEL:
        return [b""]
    return [data for name, data in run_files(challenge).items() if name.endswith(".npz")]


def pack_manifests(challenge, _):
    """Give what stands beside a zip."""
    row = {"content": "a", "settings": {"fill": "linear"}, "score": 0.5, "signature": "s"}
    told = {"challenge": challenge.name, "zip": {"sha256": "0"}, "submissions": [row]}
    return [as_text(told).encode()]


def archives(challenge, rng):
    """Give zips of label files."""
    layout = challenge.protocol.submission
    file = layout.file.format(video="video59")
    return [make_zip({file: data}) for data in labels(challenge, rng)]


def ledgers(_challenge, _rng):
    """Give ledgers: one with a trial, and some with odd rows."""
    return _ledgers()


@cache
def _ledgers():
    trial = Trial(challenge="abaw5-va", sent="2026-01-02", file="a", content="b",
                  settings={"fill": "linear"}, validation=0.5, score=0.25)  # fmt: skip
    odd = ("'x'", "x'ff00'", "1e999", "'[1, 2]'", "-1", "'{\"fill\": {}}'")
    with TemporaryDirectory() as name:
        path = Path(name) / "trials.sqlite"
        add_trials(path, [trial])
        good = path.read_bytes()
        found = [good]
        for column in ("challenge", "number", "sent", "settings", "validation", "score", "note"):
            for value in odd:
                path.write_bytes(good)
                with closing(sqlite3.connect(path, isolation_level=None)) as ledger:
                    ledger.execute("PRAGMA synchronous = OFF")
                    ledger.execute(f"UPDATE trials SET {column} = {value}")  # noqa: S608 - ours
                found.append(path.read_bytes())
    return found
