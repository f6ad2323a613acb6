"""What changed by video."""

import numpy as np
import pytest
from hypothesis import settings

from abawkit.protocol import CHALLENGES, Continuous, blocks, find_challenge
from abawkit.track import Track
from submissions.difference import compare
from tests.submissions.difference.test_difference import pairs, seeds, sides

VA, EXPR, AU, MTL = (find_challenge(name) for name in ("va", "expr", "au", "abaw3-mtl"))


@pytest.mark.parametrize("name", CHALLENGES)
@settings(max_examples=20)
@seeds
def test_every_video_has_what_a_slow_count_gives(name, seed):
    challenge = CHALLENGES[name]
    a, b = sides(challenge, seed)
    rows = {}
    for video, _, first, second in pairs(a, b):
        rows.setdefault(video, []).append((first, second))
    videos = compare(a, b, challenge).videos
    assert {video.video for video in videos} == rows.keys()
    for video in videos:
        change = np.array([second - first for first, second in rows[video.video]])
        assert video.n_frames == len(change)
        assert video.n_changed == np.count_nonzero(change.any(axis=1))
        assert video.change == pytest.approx(literal_change(challenge, change), abs=1e-12)
        means = list(video.drift.values())
        assert means == pytest.approx(change.mean(axis=0)[: len(means)], abs=1e-12)


def literal_change(challenge, change):
    """Average the targets' distances, each from 0 to 1."""
    far = []
    for target, columns in blocks(challenge.targets):
        part = change[:, columns]
        if isinstance(target, Continuous):
            far.append(np.sqrt((part**2).mean()) / (target.high - target.low))
        else:
            far.append((part != 0).mean())
    return sum(far) / len(far)


@pytest.mark.parametrize("challenge", [VA, EXPR, AU, MTL], ids=lambda row: row.name)
def test_change_is_1_where_nothing_is_left_as_it_was(challenge):
    first = np.concatenate(
        [np.full((3, t.columns), getattr(t, "low", 0)) for t in challenge.targets], axis=1
    )
    a, b = ({"v": Track.of("v", values)} for values in (first, np.ones(first.shape)))
    assert compare(a, b, challenge).videos[0].change == pytest.approx(1)


def test_the_video_that_changed_most_is_first_and_ties_stay_in_order():
    a = {name: Track.of(name, np.zeros((4, 1))) for name in "vwxyz"}
    changed = {"v": [0, 0, 0, 0], "w": [1, 0, 0, 0], "x": [0, 2, 3, 0], "y": [3, 0, 0, 0]}
    b = {name: Track.of(name, np.array([row]).T) for name, row in changed.items()}
    b["z"] = Track.of("z", [[0], [5]])
    videos = compare(a, b, EXPR).videos
    assert [video.video for video in videos] == ["x", "z", "w", "y", "v"]
    assert [video.change for video in videos] == [0.5, 0.5, 0.25, 0.25, 0]
    assert [video.flips["expr"] for video in videos] == [2, 1, 1, 1, 0]


def test_a_long_video_with_more_changes_may_have_changed_less():
    a = {"long": Track.of("long", np.zeros((8, 1))), "short": Track.of("short", [[0], [0]])}
    b = {"long": Track.of("long", [[1]] * 2 + [[0]] * 6), "short": Track.of("short", [[0], [1]])}
    videos = compare(a, b, EXPR).videos
    assert [(v.video, v.n_changed) for v in videos] == [("short", 1), ("long", 2)]


def test_values_that_one_lacks_do_not_count():
    a = {"v": Track.of("v", [[0.5, np.nan], [0.5, 0.5]])}
    b = {"v": Track.of("v", [[0.7, 0.1], [np.nan, 0.5]])}
    video = compare(a, b, VA).videos[0]
    assert video.drift == pytest.approx({"valence": 0.2, "arousal": 0})
    assert video.change == pytest.approx(np.sqrt(0.04 / 2) / 2)
    assert (video.n_frames, video.n_changed) == (2, 1)
