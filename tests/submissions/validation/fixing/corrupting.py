"""Valid submissions of any challenge, and ways to spoil them that have one right answer.

A submission is its files by name, each a list of rows, and a header; it is spoilt row by row, and
then as bytes.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from hypothesis import strategies as st

from abawkit.labels.rows import Rows
from abawkit.labels.writing import write_labels
from abawkit.protocol import Continuous, blocks
from abawkit.track import Track
from submissions.template import Template
from tests.strategies import values_of

VIDEOS = ("12-30-64x48", "video10_1_left", "a.b+c(1)")


@dataclass(frozen=True, repr=False)
class Sample:
    """A valid submission and the sample that it follows."""

    challenge: object
    tracks: dict
    template: Template

    def write(self, folder: Path) -> Path:
        """Write it, and give the folder."""
        layout = self.template.layout
        write_labels(folder, self.tracks, targets=self.challenge.targets, layout=layout,
                     rows=self.template.rows)  # fmt: skip
        return folder

    def contents(self, folder: Path) -> dict:
        """Give the files of a folder."""
        suffix = Path(self.template.layout.file).suffix
        return {path.name: path.read_bytes() for path in sorted(folder.glob(f"*{suffix}"))}


@st.composite
def samples(draw, challenge):
    """Draw labels of some videos, and a sample that asks for just these rows."""
    layout = challenge.protocol.submission
    tracks, rows = {}, []
    for video in VIDEOS[: draw(st.integers(1, 3))]:
        n_frames = 1 if layout.whole_clips else draw(st.integers(1, 6))
        values = [draw(values_of(target, n_frames)) for target in challenge.targets]
        track = Track.of(video, np.concatenate(values, axis=1))
        if layout.probabilities:
            track = replace(track, probabilities=draw(certain(track.values)))
        listed = np.ones(n_frames, bool)
        if layout.selected:
            listed[:-1] = draw(st.lists(st.booleans(), min_size=n_frames - 1,
                                        max_size=n_frames - 1))  # fmt: skip
        tracks[video] = replace(track, listed=listed)
        rows += [(video, int(frame) + 1) for frame in np.flatnonzero(listed)]
    counts = {video: track.n_frames for video, track in tracks.items()}
    template = Template.of_frames(counts, challenge, source="the sample")
    if layout.key is not None:
        template = replace(template, rows=Rows.of(rows))
    return Sample(challenge, tracks, template)


@st.composite
def certain(draw, labels):
    """Draw probabilities under which the label is the most probable class."""
    steps = draw(st.lists(st.integers(5000, 9000), min_size=len(labels), max_size=len(labels)))
    high = np.array(steps) / 10_000
    p1 = np.where(labels[:, 0] == 1, high, np.round(1 - high, 4))
    return np.stack([1 - p1, p1], axis=1)


def integers_as_floats(row, sample):
    """Write integers with a point."""
    fields, first = row.split(","), sample.template.layout.key is not None
    first += 2 * (sample.template.layout.probabilities and len(fields) > 2)
    for target, columns in blocks(sample.challenge.targets):
        if not isinstance(target, Continuous):
            for column in range(first + columns.start, first + columns.stop):
                fields[column] += ".0"
    return ",".join(fields)


def beyond(row, sample):
    """Let values at the ends of their range overshoot."""
    fields, first = row.split(","), sample.template.layout.key is not None
    for target, columns in blocks(sample.challenge.targets):
        for column in range(first + columns.start, first + columns.stop):
            if isinstance(target, Continuous) and float(fields[column]) == target.high:
                fields[column] = "1.2"
    return ",".join(fields)


def imprecise(row, sample):
    """Let two probabilities miss the sum of 1 by a little."""
    if not sample.template.layout.probabilities:
        return row
    key, p0, *rest = row.split(",")
    return ",".join([key, f"{float(p0) - 0.004:.4f}", *rest])


ROWS = {
    "spaces": lambda row, _: row.replace(",", ", "),
    "trailing-comma": lambda row, _: row + ",",
    "number-format": integers_as_floats,
    "range": beyond,
    "probability": imprecise,
    "nothing": lambda row, _: row,
}
"""What is done to one row."""


def spoilt(draw, sample, lines):
    """Spoil the rows of one file."""
    rows = list(lines)
    if sample.template.layout.key is not None:
        rows = draw(st.permutations(rows + draw(st.lists(st.sampled_from(rows), max_size=2))))
    ways = [draw(st.lists(st.sampled_from(sorted(ROWS)), max_size=2, unique=True)) for _ in rows]
    for number, names in enumerate(ways):
        # A comma at the end comes last, so that fields are counted without it.
        for name in sorted(names, key=["number-format", "range", "probability"].__contains__)[
            ::-1
        ]:
            rows[number] = ROWS[name](rows[number], sample)
    if sample.template.layout.key is not None:
        rows.insert(draw(st.integers(0, len(rows))), "")
    return rows


def spoilt_rows(draw, sample, lines, first):
    """Spoil some rows of one file where they stand; give each line now, and as it was."""
    ways = sorted({*ROWS} - {"nothing"})
    return [
        (ROWS[draw(st.sampled_from(ways))](line, sample) if number >= first and draw(st.booleans())
         else line, line)
        for number, line in enumerate(lines)
    ]  # fmt: skip


@st.composite
def written_otherwise(draw, row, sample):
    """Write the values of a valid row with other decimals, as many as one likes."""
    fields, first = row.split(","), sample.template.layout.key is not None
    for target, columns in blocks(sample.challenge.targets):
        for column in range(first + columns.start, first + columns.stop):
            if isinstance(target, Continuous):
                value = draw(st.floats(target.low, target.high))
                fields[column] = draw(st.sampled_from([repr, "{:.9f}".format, "{:.1f}".format]))(
                    value
                )
    return ",".join(fields)


def spoilt_header(draw, header):
    """Leave the header out, or misspell it."""
    if header is None:
        return []
    ways = [[], [header], [header.upper()], [header.replace(",", " , ")], [f"{header},"]]
    return draw(st.sampled_from(ways))


@st.composite
def spoilt_files(draw, sample, folder):
    """Draw what a folder of files looks like when it is spoilt, as bytes by name."""
    files = {}
    header = sample.template.layout.header
    for name, data in sample.contents(folder).items():
        lines = data.decode().splitlines()[0 if header is None else 1 :]
        lines = spoilt_header(draw, header) + spoilt(draw, sample, lines)
        end = draw(st.sampled_from(["\n", "\r\n"]))
        mark = draw(st.sampled_from(["", "\ufeff"]))
        tail = draw(st.sampled_from(["", end, end * 3]))
        files[name] = (mark + end.join(lines) + tail).encode()
    return files
