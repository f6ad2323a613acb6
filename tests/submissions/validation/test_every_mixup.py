"""For every row of the table: whole videos that are shifted, swapped or misnamed are named."""

from pathlib import Path

import numpy as np
import pytest

from abawkit.protocol import CHALLENGES
from abawkit.track import Track
from submissions.validation.validate import validate
from tests.submissions.asked import draw_values, submit, template_of
from tests.submissions.runs import FRAME_LEVEL

EVERY_ROW = pytest.mark.parametrize("challenge", CHALLENGES.values(), ids=CHALLENGES)
EVERY_FRAME = pytest.mark.parametrize("challenge", FRAME_LEVEL.values(), ids=FRAME_LEVEL)


def some(challenge, *names, seed=0, n_frames=40):
    """Draw predictions that differ from frame to frame, of some videos."""
    rng = np.random.default_rng(seed)
    count = 1 if challenge.protocol.submission.whole_clips else n_frames
    return {name: Track.of(name, draw_values(challenge, count, rng)) for name in names}


def place_of(path, challenge, video):
    """Give the file of a video and its first line there."""
    layout = challenge.protocol.submission
    if layout.per_video:
        return layout.file.format(video=video), 2
    lines = path.read_text().splitlines()
    return path.name, next(i for i, line in enumerate(lines, 1) if line.startswith(f"{video}/"))


def found(path, challenge, template, **options):
    verdict = validate(path, challenge, template=template, **options)
    return {finding.code: finding for finding in (*verdict.errors, *verdict.warnings)}


@EVERY_FRAME
@pytest.mark.parametrize("lag", [1, -1])
def test_a_video_that_is_shifted_by_a_frame_is_named(challenge, lag, tmp_path):
    tracks = some(challenge, "1", "12", "video10_1_left")
    template = template_of(tmp_path / "official", challenge, tracks)
    other = submit(tmp_path / "other", challenge, tracks, template)
    shifted = Track.of("12", np.roll(tracks["12"].values, lag, axis=0))
    path = submit(tmp_path / "own", challenge, tracks | {"12": shifted}, template)
    finding = found(path, challenge, template, against=other)["shifted"]
    assert finding.count == 1
    assert "12" in finding.message
    (place,) = finding.places
    name, first = place_of(path, challenge, "12")
    assert Path(place.file).name == name
    assert first <= place.line < first + 40  # The first line that is not as it was.


@EVERY_ROW
def test_nothing_is_shifted_against_itself_or_against_another_model(challenge, tmp_path):
    tracks = some(challenge, "1", "12")
    template = template_of(tmp_path / "official", challenge, tracks)
    path = submit(tmp_path / "own", challenge, tracks, template)
    other = submit(tmp_path / "other", challenge, some(challenge, "1", "12", seed=1), template)
    for against in (path, other):
        assert "shifted" not in found(path, challenge, template, against=against)


@EVERY_FRAME
def test_the_wrong_one_of_two_people_is_named(challenge, tmp_path):
    asked = some(challenge, "7_left", "8")
    template = template_of(tmp_path / "official", challenge, asked)
    tracks = some(challenge, "7_right", "8")
    path = submit(tmp_path / "own", challenge, tracks,
                  template_of(tmp_path / "other", challenge, tracks))  # fmt: skip
    codes = found(path, challenge, template)
    assert "7_right" in codes["video-person"].message
    assert "7_left" in codes["video-person"].message
    (place,) = codes["video-person"].places[:1]
    assert Path(place.file).name in {"7_right.txt", "7_right.csv", path.name}


@EVERY_FRAME
def test_two_people_that_are_swapped_are_named(challenge, tmp_path):
    tracks = some(challenge, "7_left", "7_right", "8")
    template = template_of(tmp_path / "official", challenge, tracks)
    other = submit(tmp_path / "other", challenge, tracks, template)
    swapped = {
        "7_left": Track.of("7_left", tracks["7_right"].values),
        "7_right": Track.of("7_right", tracks["7_left"].values),
    }
    path = submit(tmp_path / "own", challenge, tracks | swapped, template)
    assert "swapped-people" in found(path, challenge, template, against=other)
    assert "swapped-people" not in found(other, challenge, template, against=other)


@EVERY_ROW
def test_a_video_that_is_not_asked_for_is_named(challenge, tmp_path):
    template = template_of(tmp_path / "official", challenge, some(challenge, "1", "3"))
    tracks = some(challenge, "1", "2", "3")
    path = submit(tmp_path / "own", challenge, tracks,
                  template_of(tmp_path / "other", challenge, tracks))  # fmt: skip
    verdict = validate(path, challenge, template=template)
    assert [finding.code for finding in verdict.errors] == ["video-unknown"]
    assert "2" in verdict.errors[0].message


@EVERY_ROW
def test_a_video_that_is_missing_is_named(challenge, tmp_path):
    template = template_of(tmp_path / "official", challenge, some(challenge, "1", "2", "3"))
    tracks = some(challenge, "1", "3")
    path = submit(tmp_path / "own", challenge, tracks,
                  template_of(tmp_path / "other", challenge, tracks))  # fmt: skip
    verdict = validate(path, challenge, template=template)
    assert [finding.code for finding in verdict.errors] == ["video-missing"]
    assert "2" in verdict.errors[0].message


@EVERY_ROW
def test_a_file_that_belongs_to_nothing_is_named(challenge, tmp_path):
    tracks = some(challenge, "1", "2")
    template = template_of(tmp_path / "official", challenge, tracks)
    submit(tmp_path / "own", challenge, tracks, template)
    (tmp_path / "own" / "notes.md").write_text("to do\n")
    verdict = validate(tmp_path / "own", challenge, template=template)
    assert "file-extra" in {finding.code for finding in (*verdict.errors, *verdict.warnings)}
