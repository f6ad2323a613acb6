"""Raw outputs become labels as literal loops would make them."""

import math
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from abawkit.errors import NoFaceWarning, UsageError
from abawkit.protocol import CHALLENGES, Categorical, Continuous, column_names, find_challenge
from abawkit.temporal import FILLS
from abawkit.track import Track
from submissions import Processing, decide, process
from submissions.decide import output_names, prior

VA, EXPR, AU, MTL = (find_challenge(task) for task in ("va", "expr", "au", "mtl"))
EVERY_CHALLENGE = pytest.mark.parametrize("challenge", CHALLENGES.values(), ids=list(CHALLENGES))
FILTERS = st.sampled_from(["none", "box:101", "median:15", "gaussian:7", "savgol:15:3"])


def outputs(columns, frames=12):
    """Draw raw outputs on a coarse grid, so that ties and thresholds are met, with gaps."""
    values = arrays("float64", (frames, columns), elements=st.integers(-6, 6).map(lambda i: i / 4))
    gaps = arrays("bool", frames)
    return st.builds(lambda v, known: Track.of("video1", v, known), values, gaps)


def literal(row):
    """Decide one frame of MTL by the book."""
    va = [min(max(value, -1.0), 1.0) for value in row[:2]]
    best = 0
    for index, value in enumerate(row[2:10]):
        if value > row[2 + best]:
            best = index
    return [*va, best, *(1.0 if value >= 0.5 else 0.0 for value in row[10:])]


@given(outputs(22))
def test_labels_are_those_of_a_literal_loop(track):
    labels = decide(MTL, track)
    for row, known, values in zip(labels.values, track.known, track.values, strict=True):
        np.testing.assert_array_equal(row, literal(values) if known.all() else [np.nan] * 15)


def test_a_tie_takes_the_first_class():
    track = Track.of("v", [[0.1, 0.4, 0.4, 0.1, 0, 0, 0, 0]])
    assert decide(EXPR, track).values.tolist() == [[1.0]]


def test_an_action_unit_is_there_from_its_threshold_on():
    track = Track.of("v", np.full((1, 12), [0.5, np.nextafter(0.5, 0)] * 6))
    assert decide(AU, track).values.tolist() == [[1.0, 0.0] * 6]


def test_action_units_can_have_a_threshold_each():
    track = Track.of("v", np.full((1, 12), 0.3))
    labels = decide(AU, track, thresholds=[0.3] + [0.31] * 11)
    assert labels.values.tolist() == [[1.0] + [0.0] * 11]


def test_values_are_clipped_to_their_range():
    track = Track.of("v", [[-1.5, 1.5], [0.25, -0.25]])
    assert decide(VA, track).values.tolist() == [[-1.0, 1.0], [0.25, -0.25]]


def test_what_is_unknown_stays_unknown():
    for challenge in (VA, EXPR, AU, MTL):
        width = len(output_names(challenge))
        track = Track.of("v", np.zeros((3, width)), [True, False, True])
        known = decide(challenge, track).known
        assert known.all(axis=1).tolist() == known.any(axis=1).tolist() == [True, False, True]


@EVERY_CHALLENGE
def test_raw_outputs_are_named_and_labels_have_the_columns_of_the_file(challenge):
    names = output_names(challenge)
    assert names == tuple(name for target in challenge.targets for name in target.names)
    labels = decide(challenge, Track.of("v", np.zeros((2, len(names)))))
    assert labels.values.shape == (2, len(column_names(challenge.targets)))


@EVERY_CHALLENGE
def test_the_prior_is_a_valid_label(challenge):
    labels = decide(challenge, Track.of("v", [prior(challenge)])).values[0]
    for target in challenge.targets:
        own = prior(challenge)[[output_names(challenge).index(name) for name in target.names]]
        if isinstance(target, Continuous):
            assert ((own >= target.low) & (own <= target.high)).all()
        elif isinstance(target, Categorical):
            assert own.sum() == pytest.approx(1.0)
    assert np.isfinite(labels).all()


def test_the_prior_is_neutral_where_there_is_such_a_class():
    assert prior(MTL).tolist() == [0.0, 0.0, 1.0] + [0.0] * 7 + [0.0] * 12
    assert prior(find_challenge("lsd", 4)).tolist() == [1 / 6] * 6


def test_defaults_are_those_of_the_ablations():
    filters = {name: str(chosen) for name, chosen in Processing.parse(MTL).smooth.items()}
    assert filters == {"va": "box:101", "expr": "box:101", "au": "median:15"}
    assert Processing.parse(MTL).fill == "linear"


@pytest.mark.parametrize(
    ("smooth", "filters"),
    [
        ("none", ["none", "none", "none"]),
        ("box:5", ["box:5", "box:5", "box:5"]),
        ("au=none", ["box:101", "box:101", "none"]),
        ("va=box:3,expr=gaussian:7", ["box:3", "gaussian:7", "median:15"]),
    ],
)
def test_filters_are_given_for_all_targets_or_by_target(smooth, filters):
    parsed = Processing.parse(MTL, smooth=smooth)
    assert [str(chosen) for chosen in parsed.smooth.values()] == filters


@pytest.mark.parametrize(
    ("options", "fragment"),
    [
        ({"fill": "cubic"}, "no fill 'cubic'; there are linear, nearest, previous"),
        ({"fill": ""}, "no fill ''; there are linear, nearest, previous"),
        ({"smooth": "box:4"}, "expected an odd width"),
        ({"smooth": ""}, "cannot be read"),
        ({"smooth": "expr=box:3"}, "abaw3-va has no target 'expr', only va"),
        ({"smooth": "va=box"}, "filter 'box' cannot be read"),
        ({"smooth": "va=box:3,va=box:5"}, "va is given twice"),
        ({"thresholds": ".5"}, "abaw3-va has no action units, which thresholds are for"),
        ({"offsets": "1"}, "expected 2 offsets, one for each of valence, arousal; found 1"),
        ({"offsets": "1,x"}, "--offsets '1,x': expected numbers separated by commas"),
        ({"offsets": "1,inf"}, "--offsets '1,inf': expected numbers separated by commas"),
    ],
)
def test_settings_that_make_no_sense_are_refused(options, fragment):
    with pytest.raises(UsageError, match=re.escape(fragment)):
        Processing.parse(VA, **options)


@given(st.sampled_from(FILLS), FILTERS, FILTERS, FILTERS)
def test_a_description_is_parsed_back(fill, va, expr, au):
    processing = Processing.parse(MTL, fill=fill, smooth=f"va={va},expr={expr},au={au}")
    assert Processing.parse(MTL, **processing.describe()) == processing


def test_a_description_is_short_where_all_filters_are_equal():
    described = Processing.parse(MTL, smooth="box:3").describe()
    assert described == {"fill": "linear", "smooth": "box:3"}


def test_a_description_holds_thresholds_where_there_are_any():
    processing = replace(Processing.parse(AU, smooth="none"), thresholds=(0.5, 0.25, 1 / 3))
    assert processing.describe() == {
        "fill": "linear", "smooth": "none", "thresholds": "0.5,0.25,0.3333333333333333"
    }  # fmt: skip


@pytest.mark.parametrize("count", [1, 3, 13])
def test_another_number_of_thresholds_than_units_is_refused(count):
    raw = Track.of("v", np.zeros((2, 12)))
    message = rf"expected one threshold, or 12, one for each of AU1, .*, AU26; found {count}$"
    with pytest.raises(UsageError, match=message):
        decide(AU, raw, thresholds=(0.5,) * count)
    with pytest.raises(UsageError, match=message):
        process(AU, raw, replace(Processing.parse(AU), thresholds=(0.5,) * count))


@pytest.mark.parametrize("text", [".5,.3", "", "1.5", "-1", "nan", "a"])
def test_thresholds_that_are_no_probabilities_or_too_few_are_refused(text):
    with pytest.raises(UsageError, match="--thresholds"):
        Processing.parse(AU, thresholds=text)


def test_one_threshold_is_that_of_all_units():
    parsed = Processing.parse(AU, thresholds=".3")
    assert parsed.thresholds == (0.3,) * 12
    assert parsed.describe()["thresholds"] == "0.3"
    twelve = ",".join(f"{i / 12}" for i in range(12))
    assert Processing.parse(AU, thresholds=twelve).thresholds == tuple(i / 12 for i in range(12))


@given(st.lists(st.floats(0, 1), min_size=12, max_size=12), st.lists(st.floats(-9, 9), min_size=2))
def test_numbers_are_described_exactly(limits, shifts):
    processing = replace(Processing.parse(AU), thresholds=tuple(limits))
    assert Processing.parse(AU, **processing.describe()) == processing
    processing = replace(Processing.parse(VA), offsets=tuple(shifts[:2]))
    assert Processing.parse(VA, **processing.describe()) == processing


SHIFTS = st.lists(st.integers(-8, 8).map(lambda i: i / 4), min_size=22, max_size=22)


@given(outputs(22), SHIFTS)
def test_offsets_are_those_of_a_literal_loop(track, shifts):
    shifts[10:] = [0.0] * 12
    values = abs(track.values)
    labels = decide(MTL, Track.of("v", values, track.known), offsets=shifts).values
    for row, known, found in zip(values, track.known.all(axis=1), labels, strict=True):
        if not known:
            continue
        va = [
            min(max(value + shift, -1.0), 1.0)
            for value, shift in zip(row[:2], shifts[:2], strict=True)
        ]
        assert found[:2].tolist() == va
        # log(p) + o, where a class that cannot be is behind all others.
        scores = [
            math.log(p) + shift if p else -math.inf
            for p, shift in zip(row[2:10], shifts[2:10], strict=True)
        ]
        assert scores[int(found[2])] == pytest.approx(max(scores), abs=1e-12)
        assert found[3:].tolist() == [float(value >= 0.5) for value in row[10:]]


@given(outputs(22))
def test_offsets_of_zero_change_no_bit(track):
    for zeros in ((), (0.0,) * 22):
        np.testing.assert_array_equal(
            decide(MTL, track, offsets=zeros).values, decide(MTL, track).values
        )


def test_a_value_is_shifted_before_it_is_clipped():
    track = Track.of("v", [[0.75, -1.5]])
    assert decide(VA, track, offsets=(0.5, 0.75)).values.tolist() == [[1.0, -0.75]]


def test_an_offset_turns_the_tie_of_two_classes_and_saves_none_that_cannot_be():
    track = Track.of("v", [[0.4, 0.4, 0.2, 0, 0, 0, 0, 0]])
    assert decide(EXPR, track, offsets=(0, 0.01, *[0] * 6)).values.tolist() == [[1.0]]
    assert decide(EXPR, track, offsets=(0,) * 7 + (1000.0,)).values.tolist() == [[0.0]]
    assert decide(EXPR, track, offsets=(5000.0,) * 2 + (5001.0,) * 6).values.tolist() == [[2.0]]


def test_offsets_come_after_the_smoothing():
    raw = Track.of("v", [[0.0, 0.0], [1.0, 0.0]])
    processing = Processing.parse(VA, smooth="box:3", offsets=".75,-.25")
    labels = process(VA, raw, processing)
    assert labels.values.tolist() == [[1.0, -0.25]] * 2


@pytest.mark.parametrize("shifts", [(0.0,), (0.0,) * 11 + (0.5,)])
def test_offsets_of_units_or_too_few_are_refused(shifts):
    with pytest.raises(UsageError, match="offset"):
        decide(AU, Track.of("v", np.zeros((2, 12))), offsets=shifts)


def test_probabilities_are_smoothed_before_the_decision():
    # A majority of labels would say class 0; the mean of the probabilities says class 1.
    values = np.zeros((3, 8))
    values[:, :2] = [[0.51, 0.49], [0.51, 0.49], [0.0, 1.0]]
    labels = process(EXPR, Track.of("v", values), Processing.parse(EXPR, smooth="box:101"))
    assert labels.values.ravel().tolist() == [1.0, 1.0, 1.0]


def test_gaps_are_filled_before_the_smoothing():
    raw = Track.of("v", [[0.0, 0.0], [np.nan, np.nan], [1.0, 0.5]])
    labels = process(VA, raw, Processing.parse(VA, smooth="box:3"))
    np.testing.assert_allclose(labels.values, [[0.25, 0.125], [0.5, 0.25], [0.75, 0.375]])


def test_of_a_sparse_list_only_the_listed_frames_take_part():
    listed = np.array([True, False, True, False, False, True])
    raw = Track.of("v", np.arange(12.0).reshape(6, 2) / 20, listed=listed)
    labels = process(VA, raw, Processing.parse(VA, smooth="box:5"))
    assert labels.known.all(axis=1).tolist() == labels.listed.tolist() == listed.tolist()
    np.testing.assert_allclose(labels.values[listed, 0], [0.1, 0.1, 0.5])


def test_a_video_without_a_face_takes_the_prior():
    raw = Track.of("v", np.full((4, 8), np.nan))
    with pytest.warns(NoFaceWarning, match="v: no frame with a face"):
        labels = process(EXPR, raw, Processing.parse(EXPR))
    assert labels.values.ravel().tolist() == [0.0] * 4


def test_without_a_fill_gaps_stay():
    raw = Track.of("v", [[0.1, 0.2], [np.nan, np.nan]])
    labels = process(VA, raw, Processing.parse(VA, fill="none", smooth="none"))
    assert labels.known.all(axis=1).tolist() == [True, False]
