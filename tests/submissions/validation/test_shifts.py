"""Rows of another frame, and of another person."""

import numpy as np
import pytest

from abawkit.protocol import find_challenge
from submissions.validation.shifts import find_shifted, find_swapped
from tests.submissions.validation.steady import FRAME_LEVEL, rows, steady, track

VA, EXPR, MTL = (find_challenge(name) for name in ("va", "expr", "abaw3-mtl"))

every_challenge = pytest.mark.parametrize("challenge", FRAME_LEVEL, ids=lambda row: row.name)


def shifted(*videos, challenge=VA, against, **options):
    found = find_shifted(videos, challenge.targets, against, **options)
    return next(iter(found), None)


def swapped(*videos, challenge=VA, against, **options):
    found = find_swapped(videos, challenge.targets, against, **options)
    return next(iter(found), None)


@every_challenge
@pytest.mark.parametrize("lag", [1, -1])
def test_a_video_shifted_by_a_frame_is_told(challenge, lag):
    longer = steady(challenge, 162)
    other = longer[1:161]
    told = shifted(
        rows("a", longer[1 + lag : 161 + lag]), challenge=challenge, against=track("a", other)
    )
    assert told.code == "shifted"
    assert f"(lag {lag:+d}), expected the same frame" in told.message
    assert (told.count, len(told.places)) == (1, 1)


@every_challenge
def test_a_row_that_was_dropped_is_told_with_the_first_line_after_it(challenge):
    other = steady(challenge, 120)
    ours = np.delete(other, 40, axis=0)
    told = shifted(rows("a", ours), challenge=challenge, against=track("a", other))
    first = int(np.argmax((ours != other[:-1]).any(axis=1)))
    assert told.message.startswith(f"a: from frame {first + 1} on, frame {first + 1} is frame")
    assert f"frame {first + 2} of the other submission (lag +1)" in told.message
    assert told.places[0].line == first + 2


@every_challenge
def test_an_equal_video_or_another_is_not_shifted(challenge):
    ours = rows("a", steady(challenge))
    assert shifted(ours, challenge=challenge, against=track("a", ours.values)) is None
    other = track("a", steady(challenge, start=40))
    assert shifted(ours, challenge=challenge, against=other) is None
    assert shifted(ours, challenge=challenge, against={}) is None
    assert shifted(ours, challenge=challenge, against=track("b", ours.values[1:])) is None


def test_a_shift_is_seen_through_noise_and_rounding():
    other = steady(VA, 200)
    noise = np.random.default_rng(0).normal(0, 0.01, (199, 2))
    assert shifted(rows("a", other[1:] + noise), against=track("a", other)).count == 1
    rounded = np.insert(other + 1e-6, 50, 0.3, axis=0)
    told = shifted(rows("a", rounded), against=track("a", other))
    assert "from frame 51 on" in told.message
    assert "(lag -1)" in told.message


def test_noise_hides_a_shift_where_it_is_half_as_large():
    other = steady(VA, 200)
    step = np.sqrt((np.diff(other, axis=0) ** 2).mean())
    signs = np.random.default_rng(0).choice([-step, step], (199, 2))
    for size, hidden in ((0.4, False), (0.8, True)):
        ours = rows("a", other[1:] + size * signs)
        assert (shifted(ours, against=track("a", other)) is None) == hidden


def test_a_border_that_lies_a_frame_off_is_no_shift():
    labels = np.repeat([1.0, 4.0, 2.0], 20)[:, None]
    for borders, expected in (((19,), None), ((19, 39), None)):
        ours = labels.copy()
        for border in borders:
            ours[border] = ours[border + 1]
        assert shifted(rows("a", ours), challenge=EXPR, against=track("a", labels)) is expected
    longer = np.repeat([1.0, 4.0, 2.0, 5.0], 20)[:, None]
    told = shifted(rows("a", longer[1:]), challenge=EXPR, against=track("a", longer))
    assert told.places[0].line == 21


def test_all_targets_have_to_be_shifted():
    other = steady(MTL, 100)
    ours = other[1:].copy()
    assert shifted(rows("a", ours), challenge=MTL, against=track("a", other)) is not None
    ours[:, 2] = other[:-1, 2]
    assert shifted(rows("a", ours), challenge=MTL, against=track("a", other)) is not None
    ours[:, :2] = -other[1:, :2]
    assert shifted(rows("a", ours), challenge=MTL, against=track("a", other)) is None


def test_few_rows_are_no_shift():
    other = steady(VA, 12)
    assert shifted(rows("a", other[1:10]), against=track("a", other)) is None
    assert shifted(rows("a", other[1:11]), against=track("a", other)) is not None
    # A row that was dropped shortly before the end shifts only a few.
    late = np.delete(steady(VA, 50), 45, axis=0)
    assert shifted(rows("a", late), against=track("a", steady(VA, 50))) is None


def test_values_that_are_missing_and_frames_that_are_not_listed_do_not_count():
    other = steady(VA, 100)
    ours = other[1:].copy()
    ours[::7] = np.nan
    frames = np.arange(1, 100)
    some = frames % 10 != 3
    told = shifted(rows("a", ours[some], frames=frames[some]), against=track("a", other))
    assert told.places[0].line == 3


def test_frames_beyond_the_other_video_do_not_count():
    other = steady(VA, 60)
    longer = np.concatenate([other[1:], steady(VA, 40, start=700)])
    told = shifted(rows("a", longer), against=track("a", other))
    assert "(lag +1)" in told.message


def test_every_shifted_video_is_counted_and_the_first_are_named():
    other = steady(VA, 30)
    against = {name: track(name, other)[name] for name in "abcd"}
    videos = [rows(name, other[1:], line=2 + 30 * i) for i, name in enumerate("abcd")]
    videos[1] = rows("b", other)
    told = shifted(*videos, against=against, places=2)
    assert (told.count, [place.line for place in told.places]) == (3, [2, 62])


@every_challenge
def test_people_that_were_swapped_are_told(challenge):
    left, right = steady(challenge, 90), steady(challenge, 80, start=500)
    against = track("v_left", left) | track("v_right", right)
    videos = rows("v_left", right), rows("v_right", left[:80], line=92)
    told = swapped(*videos, challenge=challenge, against=against)
    assert told.code == "swapped-people"
    assert told.message == "v_left has the rows of v_right of the other submission"
    assert (told.count, told.places[0].file) == (2, "predictions.txt")


@pytest.mark.parametrize("names", [("v", "v_left"), ("v_right", "v"), ("v_left", "v_right")])
def test_one_person_may_have_both_rows(names):
    mine, theirs = names
    against = track(mine, steady(VA)) | track(theirs, steady(VA, start=500))
    videos = [rows(name, steady(VA, start=500)) for name in names]
    told = swapped(*videos, against=against)
    assert told.message == f"{mine} has the rows of {theirs} of the other submission"
    assert told.count == 1


def test_people_as_they_are_and_other_videos_are_not_swapped():
    left, right = steady(VA), steady(VA, start=500)
    against = track("v_left", left) | track("v_right", right) | track("w_right", left)
    assert swapped(rows("v_left", left), rows("v_right", right), against=against) is None
    assert swapped(rows("x_left", right), rows("w_right", right), against=against) is None
    assert swapped(rows("v_left", right[:9]), against=against) is None
