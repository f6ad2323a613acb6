"""Videos of one group are held out together."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abawkit.errors import DataError, UsageError
from submissions.tuning.folds import read_groups, split

SIZES = st.dictionaries(st.sampled_from("abcdefghij"), st.integers(0, 100), min_size=2)


def alone(n_frames):
    return {video: video for video in n_frames}


@given(SIZES, st.integers(2, 6), st.integers(0, 9))
def test_every_annotated_video_is_held_out_once(n_frames, folds, seed):
    annotated = [video for video, count in n_frames.items() if count]
    if len(annotated) < 2:
        return
    held_out = split(n_frames, alone(n_frames), folds=folds, seed=seed)
    assert sorted(v for videos in held_out for v in videos) == sorted(annotated)
    assert len(held_out) == min(folds, len(annotated))
    assert all(list(videos) == [v for v in n_frames if v in videos] for videos in held_out)
    assert all(held_out)


@given(SIZES, st.integers(2, 6), st.integers(0, 9), st.data())
def test_a_group_is_in_one_fold(n_frames, folds, seed, data):
    groups = {video: data.draw(st.sampled_from("xyz")) for video in n_frames}
    annotated = {groups[video] for video, count in n_frames.items() if count}
    if len(annotated) < 2:
        return
    held_out = split(n_frames, groups, folds=folds, seed=seed)
    folds_of = {group: {i for i, videos in enumerate(held_out) for v in videos
                        if groups[v] == group} for group in annotated}  # fmt: skip
    assert all(len(places) == 1 for places in folds_of.values())


@given(SIZES, st.integers(2, 6), st.integers(0, 9))
def test_folds_differ_by_no_more_than_the_largest_group(n_frames, folds, seed):
    if sum(map(bool, n_frames.values())) < 2:
        return
    held_out = split(n_frames, alone(n_frames), folds=folds, seed=seed)
    loads = [sum(n_frames[video] for video in videos) for videos in held_out]
    assert max(loads) - min(loads) <= max(n_frames.values())


def test_the_largest_groups_are_dealt_out_first():
    n_frames = {"a": 1, "b": 5, "c": 3, "d": 2, "e": 4}
    assert split(n_frames, alone(n_frames), folds=2, seed=0) == (("a", "b", "d"), ("c", "e"))


def test_the_seed_decides_between_groups_of_one_size_only():
    equal = dict.fromkeys("abcdef", 7)
    different = {name: 10 * index + 1 for index, name in enumerate("abcdef")}

    def all_splits(n_frames):
        return {split(n_frames, alone(n_frames), folds=3, seed=seed) for seed in range(9)}

    assert len(all_splits(equal)) > 1
    assert len(all_splits(different)) == 1
    assert split(equal, alone(equal), folds=3, seed=1) == split(
        equal, alone(equal), folds=3, seed=1
    )


@pytest.mark.parametrize(
    ("n_frames", "groups", "folds", "error", "fragment"),
    [
        ({"a": 1, "b": 1}, None, 1, UsageError, "--folds 1: expected at least 2"),
        ({"a": 3, "b": 0}, None, 5, UsageError, "found 1 annotated recordings or groups (a)"),
        ({"a": 0}, None, 5, UsageError, "found 0 annotated recordings or groups;"),
        ({"a": 1, "b": 2}, {"a": "x", "b": "x"}, 2, UsageError, "groups (x); expected at least 2"),
        ({"a": 1, "b": 2}, {"b": "x"}, 2, DataError, "1 annotated videos have no group: a"),
    ],
)
def test_what_leaves_nothing_to_hold_out_is_refused(n_frames, groups, folds, error, fragment):
    with pytest.raises(error, match=re.escape(fragment)):
        split(n_frames, alone(n_frames) if groups is None else groups, folds=folds, seed=0)


def test_groups_are_read(tmp_path):
    path = tmp_path / "groups.csv"
    path.write_text("\ufeffvideo, group\na,1\n\nb_left ,x y\na,1\n", encoding="utf-8")
    assert read_groups(path) == {"a": "1", "b_left": "x y"}


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        ("", "expected the header video,group; found 'an empty file'"),
        ("a,1\n", "expected the header video,group; found 'a,1'"),
        ("video,group\na\n", "line 2: expected video,group; found 'a'"),
        ("video,group\na,\n", "line 2: expected video,group; found 'a,'"),
        ("video,group\na,1\n\na,2\n", "line 4: a was in group 1, found 2"),
        (b"video,group\n\xff,1\n", "cannot read these groups"),
        (None, "cannot read these groups"),
    ],
)
def test_groups_that_cannot_be_read_are_refused(tmp_path, text, fragment):
    path = tmp_path / "groups.csv"
    if text is not None:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(DataError, match=re.escape(fragment)) as caught:
        read_groups(path)
    assert str(path) in str(caught.value)
