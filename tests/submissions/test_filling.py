"""Filling labels and outputs: as stated, and a label by no more than it says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from abawkit.errors import UsageError
from abawkit.labels.values import annotated
from abawkit.protocol import CHALLENGES, Categorical, blocks, find_challenge
from abawkit.track import Track
from submissions.conversion import convert
from submissions.conversion.parts import one_hot
from submissions.decide import decide
from submissions.filling import FILLINGS, as_filling, fill_labels, fill_outputs
from submissions.validation.fixing.fix import fix
from tests.strategies import values_of

AU, EXPR, MTL, VA = (find_challenge(f"abaw{name}") for name in ("3-au", "3-expr", "4-mtl", "3-va"))


@pytest.mark.parametrize("method", FILLINGS)
@settings(max_examples=30)
@given(data=st.data())
def test_what_is_filled_is_a_label_and_the_rest_stays(method, data):
    parts = [data.draw(values_of(target, 6)) for target in MTL.targets]
    values = np.concatenate(parts, axis=1)
    known = data.draw(arrays("bool", values.shape))
    known[data.draw(st.integers(0, 5))] = True
    track = fill_labels(Track.of("v", values, known), MTL, method)
    assert np.array_equal(track.values[known], values[known])
    assert annotated(MTL.targets, track.values).all()
    assert np.abs(track.values[:, :2]).max() <= 1
    labels = track.values[:, 2:]
    assert np.array_equal(labels, np.round(labels))
    assert track.known.all()


@pytest.mark.parametrize(
    ("method", "middle", "last"), [("linear", 0.25, 0.75), ("previous", 0, 0), ("nearest", 0, 1)]
)
def test_values_are_filled_as_stated(method, middle, last):
    track = Track.of("v", [[0.0, 0.0], [np.nan, 0], [np.nan, 0], [np.nan, 0], [1.0, 0]])
    found = fill_labels(track, VA, method).values[:, 0]
    assert (found[1], found[3]) == (middle, last)


def test_the_constant_is_that_of_a_video_without_a_face():
    track = Track.of("v", [[np.nan] * 15])
    assert fill_labels(track, MTL, "constant").values.tolist() == [[0.0] * 15]


def test_an_unknown_way_to_fill_names_those_there_are():
    with pytest.raises(UsageError, match="--fill mean: expected one of linear, nearest"):
        as_filling("mean")
    assert [as_filling(text) for text in (None, "linear")] == [None, "linear"]


def outputs_of(challenge, values):
    """Give each class an output of its own."""
    parts = [
        one_hot(values[:, columns][:, 0], len(target.names))
        if isinstance(target, Categorical)
        else values[:, columns]
        for target, columns in blocks(challenge.targets)
    ]
    return np.concatenate(parts, axis=1)


@pytest.mark.parametrize("method", FILLINGS)
@pytest.mark.parametrize("name", sorted(CHALLENGES))
@settings(max_examples=5)
@given(data=st.data())
def test_labels_are_filled_alike_however_they_are_held(name, method, data):
    challenge = CHALLENGES[name]
    values = np.concatenate([data.draw(values_of(t, 6)) for t in challenge.targets], axis=1)
    for _, columns in blocks(challenge.targets):
        gap = data.draw(arrays("bool", 6))
        gap[data.draw(st.integers(0, 5))] = False
        values[gap, columns] = np.nan
    labels = fill_labels(Track.of("v", values), challenge, method)
    outputs = fill_outputs(Track.of("v", outputs_of(challenge, values)), challenge, method)
    assert np.array_equal(decide(challenge, outputs).values, labels.values)


@pytest.mark.parametrize(("challenge", "before", "after"), [(EXPR, 5, 1), (AU, 0, 1)])
def test_a_command_fills_a_label_as_the_other_one(challenge, before, after, tmp_path):
    column = np.array([before, np.nan, after])[:, None]
    rows = np.repeat(column, len(challenge.targets[0].names) if challenge is AU else 1, axis=1)
    text = "\n".join(
        ",".join(f"{value:g}" for value in row) for row in np.nan_to_num(rows, nan=-1)
    )
    header = challenge.protocol.submission.header
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "v.txt").write_text(f"{header}\n{text}\n")
    fixed = fix(tmp_path / "old", challenge, out=tmp_path / "fixed", fill="linear")
    converted = convert([tmp_path / "old"], challenge, out=tmp_path / "converted", fill="linear")
    texts = [(out / "v.txt").read_text() for out in (fixed.out, converted.out)]
    assert texts[0] == texts[1] == f"{header}\n{text}\n".replace("-1", str(before))


@pytest.mark.parametrize(("method", "labels"), [
    ("linear", [6, 6, 6, 3, 3]), ("nearest", [6, 6, 6, 3, 3]), ("previous", [6, 6, 6, 6, 3]),
    ("constant", [6, 0, 0, 0, 3]),
])  # fmt: skip
def test_a_label_is_filled_with_another_one(method, labels):
    track = Track.of("v", [[6.0], [np.nan], [np.nan], [np.nan], [3.0]])
    assert fill_labels(track, EXPR, method).values[:, 0].tolist() == labels


def test_a_probability_lies_on_the_line_between_its_neighbours():
    raw = Track.of("v", np.repeat([[0.2], [np.nan], [np.nan], [np.nan], [1.0]], 12, axis=1))
    found = fill_outputs(raw, AU, "linear").values
    assert np.allclose(found[:, 0], [0.2, 0.4, 0.6, 0.8, 1.0])


def test_labels_beside_probabilities_are_still_labels():
    expr = one_hot(np.array([5, np.nan, 1]), 8)
    units = np.repeat([[0.0], [np.nan], [0.5]], 12, axis=1)
    raw = Track.of("v", np.concatenate([np.zeros((3, 2)), expr, units], axis=1))
    found = fill_outputs(raw, MTL, "linear").values[1]
    assert (found[2:10].argmax(), found[10]) == (5, 0.25)
