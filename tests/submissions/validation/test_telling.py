"""What is legal, but tells that something went wrong."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abawkit.protocol import CHALLENGES, Categorical, Continuous, MultiLabel, find_challenge
from abawkit.track import Track
from submissions.validation.findings import CODES
from submissions.validation.telling import find_telling
from tests.submissions.validation.steady import BORDERS, FRAME_LEVEL, rows, steady, track

VA, EXPR, AU = (find_challenge(task) for task in ("va", "expr", "au"))
MTL, AH, EMI = (find_challenge(name) for name in ("abaw3-mtl", "abaw10-ah", "abaw8-emi"))

every_challenge = pytest.mark.parametrize("challenge", FRAME_LEVEL, ids=lambda row: row.name)


def by_code(*videos, challenge, **options):
    return {found.code: found for found in find_telling(videos, challenge, **options)}


def lines(found):
    return [place.line for place in found.places]


@every_challenge
def test_nothing_is_told_of_steady_labels(challenge):
    values = steady(challenge)
    same = track("a", values)
    assert not by_code(rows("a", values), challenge=challenge, training=same, against=same)


@pytest.mark.parametrize("name", CHALLENGES)
def test_little_tells_nothing(name):
    columns = CHALLENGES[name].protocol.columns
    values = np.zeros((9, columns))
    same = track("a", values)
    assert not by_code(challenge=CHALLENGES[name])
    found = by_code(rows("a", values), challenge=CHALLENGES[name], training=same, against=same)
    assert not found


@every_challenge
def test_all_findings_are_warnings_with_the_hint_of_the_table(challenge):
    found = find_telling([rows("a", steady(challenge) * 0)], challenge)
    assert found
    assert all(each.hint == CODES[each.code].hint for each in found)
    assert {each.severity for each in found} == {"warning"}


def test_a_constant_column_is_told_once_with_its_value():
    values = steady(VA)
    values[:, 1] = 0.25
    found = by_code(rows("a", values[:80]), rows("b", values[80:]), challenge=VA)
    assert list(found) == ["constant-column"]
    told = found["constant-column"]
    assert told.message == "arousal is 0.25 in all 160 rows, expected values that change"
    assert (told.count, lines(told)) == (1, [None])


def test_a_constant_submission_is_told_once():
    still = np.full((10, 2), 0.5)
    assert list(by_code(rows("a", still), rows("b", still), challenge=VA)) == ["constant-column"]


def test_a_constant_class_is_no_missed_one_and_has_its_name():
    found = by_code(*(rows(f"v{i}", [[1]]) for i in range(10)), challenge=AH)
    assert list(found) == ["constant-column"]
    assert found["constant-column"].message.startswith("ah is A/H in all 10 rows")
    assert not by_code(*(rows(f"v{i}", [[1]]) for i in range(9)), challenge=AH)


def test_a_unit_that_is_always_1_is_constant_and_one_that_is_never_is_missed():
    values = steady(AU)
    values[:, 2], values[:, 5] = 1, 0
    found = by_code(rows("a", values), challenge=AU)
    assert found["constant-column"].message.startswith("AU4 is 1 in all 160 rows")
    assert found["class-never"].message == "AU10 is in none of 160 rows"


def test_nothing_is_constant_where_a_value_is_missing():
    values = np.full((20, 2), 0.5)
    values[3] = np.nan
    assert not by_code(rows("a", values), challenge=VA)


def test_classes_that_are_never_predicted_are_named():
    values = steady(EXPR)
    values[np.isin(values, [2, 7])] = 0
    values[4] = np.nan
    told = by_code(rows("a", values), challenge=EXPR)["class-never"]
    assert (told.message, told.count) == ("Disgust, Other is in none of 160 rows", 2)


def test_a_target_without_values_misses_no_class():
    values = steady(MTL)
    values[:, 2:] = np.nan
    assert not by_code(rows("a", values), challenge=MTL)


def test_a_video_filled_from_nothing_is_told_with_its_first_line():
    moving, still = steady(VA), np.full((30, 2), [0.1, -0.2])
    found = by_code(
        rows("a", moving), rows("b", still, line=162), rows("c", still[:9]), challenge=VA
    )
    told = found["constant-video"]
    assert told.message == "b: all 30 rows are alike: valence 0.1, arousal -0.2"
    assert (told.count, lines(told)) == (1, [162])
    ten = by_code(rows("a", moving), rows("c", still[:10]), challenge=VA)
    assert ten["constant-video"].count == 1


def test_a_video_whose_last_row_differs_is_not_constant():
    still = np.full((30, 2), 0.1)
    still[-1, 1] = 0.2
    assert not by_code(rows("a", steady(VA)), rows("b", still), challenge=VA)


def test_one_class_throughout_is_told_only_where_it_is_rare():
    still, moving = np.ones((20, 1)), steady(EXPR)
    many = [rows(f"m{i}", moving) for i in range(7)]
    two, three = ([rows(f"s{i}", still) for i in range(n)] for n in (2, 3))
    assert by_code(*many, *two, challenge=EXPR)["constant-video"].count == 2
    assert "constant-video" not in by_code(*many, *three, challenge=EXPR)
    assert by_code(many[0], two[0], challenge=EXPR)["constant-video"].count == 1
    # With several columns it is never ordinary.
    halves = rows("m", steady(AU)), *(rows(f"s{i}", np.ones((20, 12))) for i in range(3))
    assert by_code(*halves, challenge=AU)["constant-video"].count == 3


def test_places_are_as_many_as_asked_for():
    videos = [rows("a", steady(VA)), *(rows(f"v{i}", np.ones((10, 2))) for i in range(9))]
    assert len(by_code(*videos, challenge=VA)["constant-video"].places) == 5
    told = by_code(*videos, challenge=VA, places=2)["constant-video"]
    assert (told.count, len(told.places)) == (9, 2)


def test_labels_that_flicker_are_told_with_the_first_frame_of_each_video():
    one = steady(EXPR)
    two = one.copy()
    early, late, three = BORDERS[[0, 4, 9]] + 4
    one[[early, late]] = 7 - one[[early, late]]
    two[three : three + 3] = 7 - two[three]
    found = by_code(rows("a", one), rows("b", two, line=200), challenge=EXPR)
    told = found["flicker"]
    assert list(found) == ["flicker"]
    assert told.message.startswith("1.6% of expr are in runs of at most 3 frames")
    assert (told.count, lines(told)) == (5, [2 + early, 200 + three])


def test_little_flicker_is_not_told():
    values = steady(EXPR)
    values[BORDERS[0] + 4] = 7
    assert not by_code(rows("a", values), challenge=EXPR)


def test_each_unit_flickers_on_its_own():
    values = steady(AU)
    values[[52, 53], 11] = 1 - values[[52, 53], 11]
    told = by_code(rows("a", values), challenge=AU)["flicker"]
    assert told.message.startswith("1.2% of AU26 are in runs")
    assert told.count == 2
    values[[36, 37], 10] = 1 - values[[36, 37], 10]
    told = by_code(rows("a", values), challenge=AU)["flicker"]
    assert (told.count, lines(told)) == (4, [38])


@given(
    labels=st.lists(st.sampled_from([0.0, 1.0, np.nan]), min_size=1, max_size=25),
    gap=st.integers(1, 25),
    border=st.integers(1, 25),
)
def test_flicker_is_what_the_definition_says(labels, gap, border):
    frames = [i + (i > gap) for i in range(1, len(labels) + 1)]
    parts = slice(None, border), slice(border, None)
    values = np.array(labels)[:, None] * np.ones(12)
    videos = [rows(f"{p}", values[p], frames=frames[p]) for p in parts if labels[p]]
    found = by_code(*videos, challenge=AU)
    expected = sum(sum(literal_flicker(labels[part], frames[part])) for part in parts)
    assert (found["flicker"].count if "flicker" in found else 0) == expected


def literal_flicker(labels, frames):
    """Give the length of every run of up to three labels between two others that are equal."""
    for start in range(1, len(labels)):
        for stop in range(start + 1, min(start + 4, len(labels))):
            around = frames[start - 1 : stop + 1]
            run = labels[start:stop]
            if (
                len(set(run)) == 1
                and run[0] == run[0]
                and run[0] != labels[start - 1] == labels[stop]
                and around == list(range(around[0], around[0] + len(around)))
            ):
                yield len(run)


def test_values_outside_those_of_the_training_are_told():
    values = steady(VA) * 0.5
    training = track("t", [[-0.45, -0.45], [0.45, 0.4], [np.nan, np.nan]])
    values[[7, 30], 0], values[30, 1] = 0.46, -0.7
    values[:, 1] = np.clip(values[:, 1], -0.7, 0.4)
    told = by_code(rows("a", values), challenge=VA, training=training)["training-range"]
    outside = (values[:, 0] > 0.45) | (values[:, 1] < -0.45)
    assert told.count == outside.sum() == 2
    assert lines(told) == [9, 32]
    assert told.message == (
        "valence 0.46, expected -0.45 to 0.45, arousal -0.7, expected -0.45 to 0.4, "
        "as the training annotations have"
    )


def test_rounding_is_not_outside_the_training():
    values = steady(VA)
    high, low = values.max(axis=0), values.min(axis=0)
    training = track("t", [low + 4e-7, high - 4e-7])
    assert not by_code(rows("a", values), challenge=VA, training=training)
    training = track("t", [low, high - 4e-6])
    assert list(by_code(rows("a", values), challenge=VA, training=training)) == ["training-range"]


def test_a_class_between_those_of_the_training_is_told_too():
    values = steady(EXPR)
    values[1] = np.nan
    training = {**track("t", [[0], [1], [2]]), **track("u", [[4], [6], [7], [5]])}
    told = by_code(rows("a", values), challenge=EXPR, training=training)["training-range"]
    assert told.count == (values == 3).sum()
    assert told.message.startswith("expr Fear, expected Neutral, Anger, Disgust, Happiness, Sad")


def test_what_the_training_has_not_annotated_tells_nothing():
    training = {"t": Track.of("t", np.full((3, 15), np.nan))}
    assert not by_code(rows("a", steady(MTL)), challenge=MTL, training=training)


def test_clips_of_one_row_have_ranges_and_constants_only():
    values = np.linspace(0, 1, 60).reshape(10, 6)
    values[:, 3] = 0.5
    clips = [rows(f"c{i}", [row], file=Path("p.csv"), line=i + 2) for i, row in enumerate(values)]
    training = {f"c{i}": Track.of(f"c{i}", [row * 0.9]) for i, row in enumerate(values)}
    found = by_code(*clips, challenge=EMI, training=training, against=training)
    assert list(found) == ["constant-column", "training-range"]
    assert found["training-range"].count == 10


def test_every_kind_of_target_is_looked_at():
    kinds = {type(target) for row in CHALLENGES.values() for target in row.targets}
    assert kinds == {Categorical, Continuous, MultiLabel}
