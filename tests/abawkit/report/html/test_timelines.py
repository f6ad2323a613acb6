"""The section of timelines: what its script is told, of any challenge."""

import json
from dataclasses import replace

import numpy as np
import pytest

from abawkit.evaluation.evaluate import counted, evaluate
from abawkit.evaluation.influence import influence
from abawkit.protocol import CHALLENGES, Categorical, Continuous, blocks
from abawkit.report.html import timelines as module
from abawkit.report.html.packing import pack
from abawkit.report.html.timelines import _size, _thinning, timelines
from abawkit.track import Track
from tests.abawkit.report.html.pages import draw_page
from tests.abawkit.report.html.test_packing import unpack

FRAMES = [name for name, row in CHALLENGES.items() if not row.protocol.annotation.whole_clips]
CLIPS = [name for name in CHALLENGES if name not in FRAMES]
VIDEOS = ["10", "9_left", "2"]


def told(page, **options):
    (script,) = timelines(page, **options).blocks
    return json.loads(json.dumps(script.data, allow_nan=False))


def columns_of(challenge, *, real):
    return [
        column
        for target, part in blocks(challenge.targets)
        for column in range(part.start, part.stop)
        if isinstance(target, Continuous) is real
    ]


def channels(page, data, video):
    sets, face = len(page.entries) + 1, int(data["faces"])
    n_real, n_other = (len(columns_of(page.challenge, real=real)) for real in (True, False))
    shape = n_real * sets, video["kept"], n_other * sets + face, video["frames"]
    return unpack(video["data"], *shape)


@pytest.mark.parametrize("name", CLIPS)
def test_whole_clips_have_no_timeline(name):
    assert timelines(draw_page(name)) is None


@pytest.mark.parametrize("name", FRAMES)
def test_the_packed_frames_are_those_of_the_tracks(name):
    page = draw_page(name, entries=("a", "b"), videos=VIDEOS)
    data = told(page)
    video = data["videos"][1]
    values, labels = channels(page, data, video)
    tracks = [page.truth[video["name"]], *(e.prediction[video["name"]] for e in page.entries)]
    real, other = (columns_of(page.challenge, real=real) for real in (True, False))
    assert values == [(t.values[:, c] * 1000).round().tolist() for t in tracks for c in real]
    assert labels[1:] == [t.values[:, c].tolist() for t in tracks for c in other]
    assert labels[0] == page.entries[0].faces[video["name"]].astype(int).tolist()


@pytest.mark.parametrize("name", FRAMES)
def test_targets_are_told_by_kind(name):
    kinds = {Continuous: "values", Categorical: "classes"}
    page = draw_page(name, videos=VIDEOS)
    expected = [kinds.get(type(target), "units") for target in page.challenge.targets]
    assert [target["kind"] for target in told(page)["targets"]] == expected


def test_videos_are_in_their_natural_order_with_their_changes():
    page = draw_page("abaw3-expr", videos=VIDEOS)
    data = told(page)
    assert [video["name"] for video in data["videos"]] == ["2", "9_left", "10"]
    changes = {found.video: round(found.change, 6) for found in influence(page.entries[0].report)}
    assert {v["name"]: v["entries"][0]["change"] for v in data["videos"]} == changes


def test_the_summary_names_the_video_that_pulls_the_score_down_most():
    page = draw_page("abaw3-expr")
    worst = min(influence(page.entries[0].report), key=lambda found: found.change)
    assert f"{worst.video} pulls" in timelines(page).blocks[0].summary


def test_a_value_that_does_not_count_is_not_shown_as_truth():
    page = draw_page("abaw3-va", videos=VIDEOS)
    track = page.truth["2"]
    known = track.known.copy()
    known[3, 1] = False
    page = replace(page, truth={**page.truth, "2": Track.of("2", track.values, known)})
    data = told(page)
    values, _ = channels(page, data, data["videos"][0])
    assert values[0][3] == values[1][3] == -32768
    assert data["videos"][0]["counted"] == counted(page.challenge, page.truth["2"])[:, 0].sum()


def test_a_frame_without_a_face_in_one_entry_is_without():
    page = draw_page("abaw3-expr", entries=("a", "b"), videos=VIDEOS)
    second = replace(page.entries[1], faces={v: ~f for v, f in page.entries[1].faces.items()})
    data = told(replace(page, entries=(page.entries[0], second)))
    assert all(video["faceless"] == video["frames"] for video in data["videos"])


def test_frames_that_nothing_is_told_of_are_without_a_face():
    page = draw_page("abaw3-expr", videos=VIDEOS)
    entry = page.entries[0]
    short = {video: np.ones(3, bool) for video in entry.faces}
    data = told(replace(page, entries=(replace(entry, faces=short),)))
    assert all(video["faceless"] == video["frames"] - 3 for video in data["videos"])


def test_nothing_is_said_of_faces_where_nothing_tells():
    page = draw_page("abaw3-au", faces=False, videos=VIDEOS)
    assert told(page)["faces"] is False
    assert "face" not in timelines(page).blocks[0].caption


def test_a_video_that_is_not_predicted_or_cut_short_is_unknown_there():
    page = draw_page("abaw3-expr", videos=VIDEOS)
    entry, track = page.entries[0], page.entries[0].prediction["2"]
    short = replace(track, values=track.values[:5], known=track.known[:5])
    page = replace(page, entries=(replace(entry, prediction={"2": short}),))
    data = told(page)
    first, second = (channels(page, data, video)[1][2] for video in data["videos"][:2])
    assert first[5:] == [-1] * (len(first) - 5)
    assert set(second) == {-1}
    assert data["videos"][1]["entries"][0]["why"] == [
        "not predicted: this video is left out of the score"
    ]


def test_above_the_budget_values_are_thinned_out_and_the_page_says_so():
    page = draw_page("abaw3-va")
    whole = told(page)
    size = sum(len(video["data"]) for video in whole["videos"])
    data = told(page, budget=int(size * 0.7))
    assert whole["every"] == 1
    assert data["every"] == 4
    assert sum(len(video["data"]) for video in data["videos"]) <= size * 0.7
    assert "the range of 4 frames" in timelines(page, budget=int(size * 0.7)).blocks[0].caption
    assert "range of" not in timelines(page).blocks[0].caption


def test_labels_above_the_budget_are_kept_at_once_and_nothing_is_said(monkeypatch):
    packed = []
    monkeypatch.setattr(module, "pack", lambda *both: packed.append(both) or pack(*both))
    page = draw_page("abaw3-expr", videos=VIDEOS)
    (script,) = timelines(page, budget=10).blocks
    assert len(packed) == len(VIDEOS)
    assert script.data["every"] == 1
    assert "range of" not in script.caption


def test_labels_leave_values_half_of_the_budget():
    values = [np.random.default_rng(0).random((500, 2))]
    size = _size(values)
    assert _thinning(values, -size, size) == 1
    assert _thinning(values, -size // 4, size // 2) == 4
    assert _thinning(values, -size, size * 2 // 3) == 4


def test_thinning_goes_as_far_as_it_must_in_few_rounds(monkeypatch):
    sizes = []
    monkeypatch.setattr(module, "_size", lambda values: sizes.append(_size(values)) or sizes[-1])
    values = [np.random.default_rng(0).random((4000, 2))]
    whole = _size(values)
    assert _thinning(values, -whole * 97 // 100, 0) == 128
    assert len(sizes) == 2
    assert sizes[-1] <= whole * 0.03 < 2 * sizes[-1]


def test_styles_are_those_of_the_figures():
    page = draw_page("abaw3-va", videos=VIDEOS)
    data = told(replace(page, entries=page.entries * 7))
    assert data["styles"][0] == {"colour": "@series1", "dash": "solid"}
    assert data["styles"][6] == {"colour": "@series1", "dash": "dash"}


def test_thinning_ends_where_no_more_can_be_left_out():
    video = told(draw_page("abaw3-va", videos=VIDEOS), budget=1)["videos"][0]
    assert video["kept"] == 2


@pytest.mark.parametrize(
    ("name", "image"),
    [("abaw3-va", ("", 5, ".jpg", 1)), ("abaw8-ah", ("frame-", 1, ".jpg", 0))],
)
def test_frames_are_called_as_their_files(name, image):
    found = told(draw_page(name, videos=VIDEOS))["image"]
    assert (found["before"], found["digits"], found["after"], found["first"]) == image


def test_what_is_undefined_is_null():
    page = draw_page("abaw3-va", videos=VIDEOS)
    blank = {v: Track.of(v, np.full((25, 2), 0.1)) for v in VIDEOS}
    entry = replace(page.entries[0], report=evaluate(page.challenge, blank, blank))
    data = told(replace(page, entries=(entry,)))
    assert data["videos"][0]["entries"][0]["score"] is None
    assert "undefined" in timelines(replace(page, entries=(entry,))).blocks[0].summary


def test_a_video_whose_faces_nobody_knows_has_none_that_are_lacking():
    page = draw_page("abaw3-expr", videos=VIDEOS)
    (entry,) = page.entries
    faces = {video: seen for video, seen in entry.faces.items() if video != "2"}
    data = told(replace(page, entries=(replace(entry, faces=faces),)))
    assert data["videos"][0]["faceless"] == 0
