"""Made-up videos are as those of the real data: who is in them, and how often they do what."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from abawkit.frames import recording
from baselines.synthetic.scenes import (
    EXPRESSION_COUNTS,
    UNIT_RATES,
    Population,
    film,
    labels_of,
)


def stacked(scenes, task):
    tracks = labels_of(scenes, task).values()
    return np.vstack([track.values for track in tracks])


def test_expressions_are_as_frequent_as_in_the_annotations(scenes):
    values = stacked(scenes, "expr")[:, 0]
    found = np.bincount(values[~np.isnan(values)].astype(int)) / np.count_nonzero(values >= 0)
    wanted = np.array(EXPRESSION_COUNTS) / sum(EXPRESSION_COUNTS)
    # Frames without a label are few, and may be of any class.
    assert found == pytest.approx(wanted, abs=0.02)
    assert np.argmin(found) in {2, 3}


def test_units_are_as_frequent_as_in_the_annotations(scenes):
    found = np.nanmean(stacked(scenes, "au"), axis=0)
    assert found == pytest.approx(UNIT_RATES, abs=0.02)


def test_valence_and_arousal_spread_around_0_within_their_range(scenes):
    values = stacked(scenes, "va")
    assert np.nanmax(np.abs(values)) <= 1
    assert np.nanstd(values, axis=0) == pytest.approx([0.42, 0.42], abs=0.12)


def test_a_person_has_a_mood():
    moods = {}
    population = Population(personality=1.0)
    for scene in film(0, n_recordings=8, n_frames=50, seed=0, population=population):
        assert np.ptp(scene.affect, axis=0) == pytest.approx([0, 0])
        moods.setdefault(scene.person, []).append(tuple(scene.affect[0]))
    assert all(len(set(own)) == 1 for own in moods.values())
    assert len({own[0] for own in moods.values()}) == len(moods) == 8


def test_who_has_no_personality_is_as_often_in_any_mood():
    population = Population(personality=0.0, affect_span=2)
    scenes = film(0, n_recordings=8, n_frames=4000, seed=0, population=population)
    assert np.abs([scene.affect.mean(axis=0) for scene in scenes]).max() < 0.05


def test_some_recordings_show_two_people_and_some_people_come_again(scenes):
    recordings = Counter(recording(scene.video) for scene in scenes)
    assert Counter(recordings.values()) == {1: 18, 2: 6}
    people = Counter(scene.person for scene in scenes)
    assert Counter(people.values()) == {2: 6, 1: 18}
    for left, right in pairwise(scenes):
        if recording(left.video) == recording(right.video):
            assert len(left.expression) == len(right.expression)
            assert left.person != right.person


def test_a_person_looks_the_same_again(scenes):
    assert scenes[0].person == scenes[1].person
    assert (scenes[0].look == scenes[1].look).all()
    assert (scenes[1].look != scenes[2].look).all()


def test_parts_share_neither_videos_nor_people(scenes):
    other = film(1, n_recordings=24, n_frames=400, seed=7)
    for name in ("video", "person"):
        assert not {getattr(s, name) for s in scenes} & {getattr(s, name) for s in other}
    assert not {s.look[0] for s in scenes} & {s.look[0] for s in other}


def test_faces_are_missing_at_the_start_in_the_middle_and_at_the_end(scenes):
    for number, scene in enumerate(scenes):
        n, frames = len(scene.expression), scene.frames
        missing = np.setdiff1d(np.arange(1, n + 1), frames)
        place = missing.min() == 1, frames[0] == 1 and frames[-1] == n, missing.max() == n
        assert place[number % 3] or number % 3 == 1
        assert 0.03 * n < missing.size < 0.08 * n
        assert (np.diff(frames) > 0).all()
    assert any((np.diff(scene.frames) == 2).any() for scene in scenes)
    assert any(np.diff(np.r_[0, s.frames, len(s.expression) + 1]).max() > 10 for s in scenes[1::3])


@pytest.mark.parametrize(("task", "share"), [("va", 1), ("expr", 0.4), ("au", 0.86), ("mtl", 1)])
def test_each_task_is_annotated_in_its_share_of_the_videos(scenes, task, share):
    assert len(labels_of(scenes, task)) == pytest.approx(share * len(scenes), abs=1)


def test_another_seed_gives_other_videos_and_the_same_seed_the_same(scenes):
    again, other = (film(0, n_recordings=24, n_frames=400, seed=seed) for seed in (7, 8))
    for one, two in zip(scenes, again, strict=True):
        assert (one.affect == two.affect).all()
        assert (one.units == two.units).all()
    assert (scenes[0].look != other[0].look).all()


def test_one_recording_is_a_part_too():
    (scene,) = film(2, n_recordings=1, n_frames=20, seed=0)
    assert set(scene.labels) == {"va", "expr", "au", "mtl"}
