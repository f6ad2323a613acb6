"""What changed, against a slow count."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abawkit.protocol import CHALLENGES, Categorical, Continuous, blocks, find_challenge
from abawkit.track import Track
from submissions.difference import compare

VA, MTL = find_challenge("va"), find_challenge("abaw3-mtl")

every_challenge = pytest.mark.parametrize("name", CHALLENGES)


seeds = given(seed=st.integers(0, 2**32 - 1))
"""Labels drawn value by value would take minutes; a seed that fails is found and told as well."""


def sides(challenge, seed):
    """Draw two submissions that share a frame of a video, at least."""
    rng = np.random.default_rng(seed)
    drawn = []
    for _ in range(2):
        names = ["v", *rng.permutation(list("wxyz"))[: rng.integers(5)].tolist()]
        tracks = {}
        for video in rng.permutation(names).tolist():
            values = draw_labels(challenge, int(rng.integers(1, 7)), rng)
            known = rng.random(len(values)) < 0.7
            known[0] |= video == "v"
            tracks[video] = Track.of(video, values, known)
        drawn.append(tracks)
    return drawn


def draw_labels(challenge, n_frames, rng):
    """Draw valid labels, shape (n_frames, columns)."""
    parts = []
    for target in challenge.targets:
        shape = (n_frames, target.columns)
        if isinstance(target, Continuous):
            parts.append(rng.uniform(target.low, target.high, shape).round(1))
        else:
            n_classes = len(target.names) if isinstance(target, Categorical) else 2
            parts.append(rng.integers(0, n_classes, shape))
    return np.concatenate(parts, axis=1)


def pairs(a, b):
    """Go through the frames that both have: video, frame, and the values of both."""
    for video in a.keys() & b.keys():
        both = zip(a[video].values, b[video].values, strict=False)
        for frame, (first, second) in enumerate(both, 1):
            if not np.isnan(first).any() and not np.isnan(second).any():
                yield video, frame, first, second


@every_challenge
@settings(max_examples=20)
@seeds
def test_every_number_is_what_a_slow_count_gives(name, seed):
    challenge = CHALLENGES[name]
    a, b = sides(challenge, seed)
    difference, both = compare(a, b, challenge), [*pairs(a, b)]
    assert difference.n_frames == len(both)
    assert difference.n_changed == sum((first != second).any() for *_, first, second in both)
    drifts, flips, units = map(iter, (difference.drifts, difference.flips, difference.units))
    for target, columns in blocks(challenge.targets):
        for column in range(columns.start, columns.stop):
            before = [first[column] for *_, first, _ in both]
            after = [second[column] for *_, second in both]
            if isinstance(target, Continuous):
                check_drift(next(drifts), before, after)
            else:
                found = next(flips if isinstance(target, Categorical) else units)
                check_flips(found, before, after)
    assert [*drifts, *flips, *units] == []


def check_drift(drift, before, after):
    change = [second - first for first, second in zip(before, after, strict=True)]
    assert drift.n_values == len(change)
    assert drift.mean == pytest.approx(sum(change) / len(change), abs=1e-12)
    squares = sum(each * each for each in change)
    assert drift.rmse == pytest.approx(math.sqrt(squares / len(change)), abs=1e-12)
    assert abs(drift.largest) == max(map(abs, change))


def check_flips(flips, before, after):
    both = [*zip(before, after, strict=True)]
    assert flips.n_values == len(both)
    assert flips.n_changed == sum(first != second for first, second in both)
    for i in range(len(flips.classes)):
        for j in range(len(flips.classes)):
            assert flips.table[i, j] == both.count((i, j))


@every_challenge
@settings(max_examples=20)
@seeds
def test_back_is_the_opposite_and_nothing_changes_to_itself(name, seed):
    challenge = CHALLENGES[name]
    a, b = sides(challenge, seed)
    there, back = compare(a, b, challenge), compare(b, a, challenge)
    assert (there.n_changed, there.only_a) == (back.n_changed, back.only_b)
    for one, other in zip(there.flips + there.units, back.flips + back.units, strict=True):
        assert (one.table == other.table.T).all()
    for one, other in zip(there.drifts, back.drifts, strict=True):
        assert one.mean == pytest.approx(-other.mean, abs=1e-12)
    assert compare(a, a, challenge).n_changed == 0


def test_the_largest_change_is_found_with_its_sign_and_frame():
    a = {"v": Track.of("v", np.zeros((2, 2))), "w": Track.of("w", np.zeros((3, 2)))}
    b = {"w": Track.of("w", [[0, 0.1], [0, 0], [-0.5, 0.3]]), "v": Track.of("v", [[0.4, 0]] * 2)}
    valence, arousal = compare(a, b, VA).drifts
    assert (valence.name, valence.largest, valence.video, valence.frame) == (
        "valence", -0.5, "w", 3
    )  # fmt: skip
    assert (arousal.largest, arousal.frame) == (0.3, 3)
    # What is missing before it does not move it.
    b["v"] = Track.of("v", np.full((2, 2), np.nan))
    b["w"] = Track.of("w", [[0, 0.1], [np.nan, 0], [-0.5, 0.3]])
    valence, _ = compare(a, b, VA).drifts
    assert (valence.video, valence.frame, valence.n_values) == ("w", 3, 2)


def test_correlation_is_pearsons_and_undefined_for_a_constant():
    a = {"v": Track.of("v", [[0.1, 0], [0.2, 0], [0.5, 0]])}
    b = {"v": Track.of("v", [[0.3, 0.1], [0.1, 0.2], [0.9, 0.1]])}
    valence, arousal = compare(a, b, VA).drifts
    x, y = (side["v"].values[:, 0] for side in (a, b))
    assert valence.correlation == pytest.approx(np.corrcoef(x, y)[0, 1])
    assert math.isnan(arousal.correlation)


def test_what_is_written_alike_is_no_change():
    a = {"v": Track.of("v", [[0.1, 0.2], [0.3, 0.4]])}
    alike = {"v": Track.of("v", a["v"].values + 4e-7)}
    other = {"v": Track.of("v", [[0.1, 0.200001], [0.3, 0.4]])}
    assert compare(a, alike, VA).n_changed == 0
    assert compare(a, other, VA).n_changed == 1


def test_an_output_without_values_in_both_is_left_out():
    values = np.zeros((3, 15))
    values[:, 2:] = np.nan
    tracks = {"v": Track.of("v", values)}
    difference = compare(tracks, tracks, MTL)
    assert [drift.name for drift in difference.drifts] == ["valence", "arousal"]
    assert (difference.flips, difference.units) == ((), ())
    assert difference.videos[0].flips == {"expr": 0, "au": 0}


AH = find_challenge("abaw11-ah")


def clips(*shares):
    """Give a clip a probability; None for a clip without."""
    tracks = {}
    for name, share in zip("vwxyz", shares, strict=False):
        told = None if share is None else np.array([[1 - share, share]])
        tracks[name] = replace(Track.of(name, [[1]]), probabilities=told)
    return tracks


def test_probabilities_may_change_where_no_label_does():
    found = compare(clips(0.5, 0.75, 0.5), clips(0.75, 0.75, 1.0), AH)
    assert (found.n_changed, found.n_probabilities_changed) == (0, 2)
    (drift,) = found.drifts
    assert (drift.name, drift.n_values, drift.mean, drift.video) == ("p(A/H)", 3, 0.25, "x")
    told = [(row.video, row.n_probabilities_changed, row.drift) for row in found.videos]
    assert told == [("x", 1, {"p(A/H)": 0.5}), ("v", 1, {"p(A/H)": 0.25}), ("w", 0, {"p(A/H)": 0})]


def test_probabilities_that_one_lacks_are_not_compared():
    found = compare(clips(0.5, None, 0.25), clips(0.5, 0.5, 0.5), AH)
    assert (found.n_probabilities_changed, found.drifts[0].n_values) == (1, 2)
    alone = compare(clips(0.5, 0.5), clips(None, None), AH)
    assert (alone.n_probabilities_changed, alone.drifts) == (None, ())
    assert alone.videos[0].drift == {}
