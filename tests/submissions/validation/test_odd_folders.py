"""Folders that are odd but may well be given: each command ends with a result or with words."""

import numpy as np
import pytest

from abawkit.errors import SubmissionError
from abawkit.protocol import CHALLENGES
from abawkit.track import Track
from submissions.packing.pack import pack
from submissions.template import Template
from submissions.validation.fixing import fix
from submissions.validation.validate import validate
from tests.submissions.asked import draw_values, submit, template_of, write_sample

VIDEOS = ("1", "12_left", "a.b+c(1)", "video59")
EVERY_ROW = pytest.mark.parametrize("challenge", CHALLENGES.values(), ids=CHALLENGES)


def body(data, challenge):
    """Give the header and the rows of a file."""
    head = challenge.protocol.submission.header is not None
    lines = data.splitlines(keepends=True)
    return b"".join(lines[:head]), lines[head:]


def emptied(data, challenge):
    return body(data, challenge)[0]


def spread(data, challenge):
    header, rows = body(data, challenge)
    return header + b"\n".join(rows) + b"\n\n"


def cut(data, challenge):
    header, rows = body(data, challenge)
    return header + b"".join(rows[:-1])


CHANGES = {
    "as they are": (lambda data, _: data, 9),
    "one has a header alone": (emptied, 1),
    "all have a header alone": (emptied, 9),
    "one has nothing in it": (lambda *_: b"", 1),
    "a blank line follows every row": (spread, 9),
    "a blank line ends each": (lambda data, _: data + b"\n", 9),
    "the last row of each is missing": (cut, 9),
}
SAMPLES = ("every row", "names alone", "other names", "none")


@pytest.fixture(params=CHANGES.values(), ids=CHANGES)
def folder(tmp_path, challenge, request):
    """Write a submission, and change the first of its files or all."""
    change, n_files = request.param
    rng = np.random.default_rng(0)
    count = 1 if challenge.protocol.submission.whole_clips else 3
    tracks = {name: Track.of(name, draw_values(challenge, count, rng)) for name in VIDEOS}
    template = template_of(tmp_path / "made", challenge, tracks)
    (tmp_path / "own").mkdir()
    submit(tmp_path / "own", challenge, tracks, template)
    for path in sorted((tmp_path / "own").iterdir())[:n_files]:
        path.write_bytes(change(path.read_bytes(), challenge))
    write_sample(tmp_path / "sample", challenge, tracks)
    return tmp_path / "own"


def like_of(folder, challenge, sample):
    """Give the sample: all rows, or the names of the videos alone, and perhaps others."""
    if sample == "none":
        return None
    if sample == "every row":
        (one, *others) = (folder.parent / "sample").iterdir()
        return one.parent if others or challenge.protocol.submission.key else one
    names = VIDEOS[1:] if sample == "other names" else VIDEOS
    path = folder.parent / "names.txt"
    layout = challenge.protocol.submission
    pattern = layout.key.pattern if layout.whole_clips else "{video}"
    path.write_text("".join(f"{pattern.format(video=name)}\n" for name in names))
    return path


def in_words(command):
    """Give what comes out, or None where it is refused, which names the folder."""
    try:
        return command()
    except SubmissionError as error:
        return None if "/own" in str(error) else pytest.fail(str(error))


@EVERY_ROW
@pytest.mark.parametrize("sample", SAMPLES)
def test_a_folder_is_checked_repaired_and_packed_or_refused_in_words(folder, challenge, sample):
    like = like_of(folder, challenge, sample)
    template = None if like is None else Template.read(like, challenge)
    before = {path: path.read_bytes() for path in folder.iterdir()}
    verdict = validate(folder, challenge, template=template)
    fixed = in_words(lambda: fix(folder, challenge, template=template, fill="nearest"))
    assert fixed is not None or not verdict.ok
    assert fixed is None or validate(fixed.out, challenge, template=template).ok
    archive = folder.parent / "own.zip"
    in_words(lambda: pack([folder], out=archive, task=challenge.name, like=like))
    assert archive.exists() == verdict.ok
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
