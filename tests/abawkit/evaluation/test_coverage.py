"""Scores over frames with a face: the same as if the other rows were not there."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from abawkit import CHALLENGES, Track, evaluate
from abawkit.errors import DataError, FrameCountWarning, NoFaceWarning, UsageError
from abawkit.evaluation.coverage import (
    compare_coverage,
    faces_of_frames,
    find_faces,
    read_faces,
    with_faces,
)
from submissions.run import RawVideo
from tests.abawkit.evaluation.corpora import pair

ALL = pytest.mark.parametrize("challenge", CHALLENGES.values(), ids=CHALLENGES)
VA, MTL, EMI = (CHALLENGES[name] for name in ("abaw3-va", "abaw3-mtl", "abaw6-emi"))


def some_faces(truth, share=0.7):
    rng = np.random.default_rng(3)
    return {name: rng.random(track.n_frames) < share for name, track in truth.items()}


def dropped(tracks, faces, *, only=None):
    """Drop the rows without a face, of all videos or of one."""
    return {
        name: Track.of(name, track.values[faces[name]], track.known[faces[name]])
        if only in {None, name}
        else track
        for name, track in tracks.items()
    }


def write_raw(run, video, frames, n_frames):
    file = run / "raw" / f"{video}.npz"
    file.parent.mkdir(parents=True, exist_ok=True)
    raw = RawVideo(
        video=video,
        frames=np.array(frames, np.int32),
        outputs=np.zeros((len(frames), 2), np.float32),
        n_frames=n_frames,
        broken=np.array([], np.int32),
        listed=None,
        source="",
    )
    raw.save(file)
    return file


def write_images(data, video, frames):
    (data / video).mkdir(parents=True, exist_ok=True)
    for frame in frames:
        (data / video / f"{frame:05d}.jpg").touch()


def truth_of(**lengths):
    return {name: Track.of(name, np.zeros((length, 2))) for name, length in lengths.items()}


@ALL
def test_the_score_with_faces_is_that_of_the_rows_with_a_face_alone(challenge):
    truth, prediction = pair(challenge)
    faces = some_faces(truth)
    report = evaluate(challenge, truth, prediction)
    found = compare_coverage(report, truth, prediction, faces)
    alone = evaluate(challenge, dropped(truth, faces), dropped(prediction, faces))
    assert found.official is report
    assert found.with_faces.score == pytest.approx(alone.score, abs=1e-12)
    assert found.difference == pytest.approx(report.score - alone.score, abs=1e-12)
    wanted = {name: value - alone.components[name] for name, value in report.components.items()}
    assert found.differences == pytest.approx(wanted, abs=1e-12)


@ALL
def test_each_videos_change_is_by_its_own_rows_without_a_face_alone(challenge):
    truth, prediction = pair(challenge)
    faces = some_faces(truth)
    report = evaluate(challenge, truth, prediction)
    found = compare_coverage(report, truth, prediction, faces)
    assert len(found.videos) > 1
    for one in found.videos:
        alone = evaluate(
            challenge,
            dropped(truth, faces, only=one.video),
            dropped(prediction, faces, only=one.video),
        )
        assert one.change == pytest.approx(report.score - alone.score, abs=1e-12)
        assert one.n_faceless == report.total.n_frames - alone.total.n_frames
        assert one.n_frames == report.videos[one.video].n_frames


def test_frames_are_counted_where_they_are_annotated_and_the_most_moving_video_is_first():
    truth, prediction = pair(VA, videos=6)
    faces = some_faces(truth) | {"video2": np.ones(truth["video2"].n_frames, bool)}
    found = compare_coverage(evaluate(VA, truth, prediction), truth, prediction, faces)
    known = {name: track.known.all(axis=1) for name, track in truth.items()}
    lost = {name: int((known[name] & ~faces[name]).sum()) for name in truth}
    assert (found.n_frames, found.n_faceless) == (
        sum(int(mask.sum()) for mask in known.values()),
        sum(lost.values()),
    )
    assert found.share == found.n_faceless / found.n_frames
    del lost["video2"]
    assert {one.video: one.n_faceless for one in found.videos} == lost
    sizes = [abs(one.change) for one in found.videos]
    assert sizes == sorted(sizes, reverse=True)


def test_rules_that_were_chosen_hold_for_both_scores():
    truth, prediction = pair(VA)
    del prediction["video1"]
    report = evaluate(VA, truth, prediction, va_mask="value", allow_missing=True)
    found = compare_coverage(report, truth, prediction, some_faces(truth))
    assert found.with_faces.challenge is report.challenge
    assert found.with_faces.allow_missing
    del truth["video1"]
    report = evaluate(VA, truth, prediction)
    assert not compare_coverage(
        report, truth, prediction, some_faces(truth)
    ).with_faces.allow_missing


def test_without_any_face_the_score_is_undefined_and_so_is_the_difference():
    truth, prediction = pair(VA, videos=1)
    nowhere = some_faces(truth, share=0.0)
    found = compare_coverage(evaluate(VA, truth, prediction), truth, prediction, nowhere)
    assert math.isnan(found.difference)
    assert math.isnan(found.videos[0].change)
    assert found.share == 1.0


def test_a_video_of_which_only_frames_without_a_face_make_a_score_comes_last():
    same, other = np.full((4, 2), 0.1), np.arange(8).reshape(4, 2) / 10
    truth = {"a": Track.of("a", other), "b": Track.of("b", same)}
    faces = {"a": np.zeros(4, bool), "b": np.arange(4) > 0}
    found = compare_coverage(evaluate(VA, truth, truth), truth, truth, faces).videos
    assert [one.video for one in found] == ["b", "a"]
    assert [math.isnan(one.change) for one in found] == [False, True]


def test_without_any_frame_no_share_of_them_lacks_a_face():
    truth, prediction = pair(VA, masked=1.0)
    found = compare_coverage(evaluate(VA, truth, prediction), truth, prediction, {})
    assert (found.share, found.videos) == (0.0, ())


def test_a_video_that_is_scored_and_has_unknown_faces_is_refused():
    truth, prediction = pair(VA)
    faces = some_faces(truth)
    del faces["video1"], faces["video3"]
    report = evaluate(VA, truth, prediction)
    with pytest.raises(DataError, match=r"2 of 5 .* video1, video3\. Name .* \(--data\)"):
        compare_coverage(report, truth, prediction, faces)


@given(arrays("bool", st.integers(0, 9)))
def test_frames_beyond_what_is_known_have_no_face(faces):
    truth = truth_of(v=6)
    found = with_faces(truth, {"v": faces})["v"]
    wanted = [frame < len(faces) and bool(faces[frame]) for frame in range(6)]
    assert found.known.tolist() == [[face, face] for face in wanted]


def test_a_run_tells_its_faces_by_video_in_folders_too(tmp_path):
    write_raw(tmp_path, "a", [1, 3], 4)
    write_raw(tmp_path, "Videos/7/b.c", [], 2)
    found = read_faces(tmp_path)
    assert {name: faces.tolist() for name, faces in found.items()} == {
        "a": [True, False, True, False],
        "Videos/7/b.c": [False, False],
    }


@pytest.mark.parametrize("path", ["", "nowhere", "labels.txt"])
def test_what_is_no_run_tells_no_faces(tmp_path, path):
    (tmp_path / "labels.txt").touch()
    assert read_faces(tmp_path / path) is None


@pytest.mark.parametrize("frames", [[0, 1], [4, 5], [2, 2], [-1, 1]])
def test_frames_that_a_video_does_not_have_are_refused(tmp_path, frames):
    file = write_raw(tmp_path, "a", frames, 4)
    with pytest.raises(DataError, match=r"a\.npz: expected frames from 1 to the 4") as error:
        read_faces(tmp_path)
    assert str(error.value).startswith(str(file))


def damage_by_cutting(file):
    file.write_bytes(file.read_bytes()[:100])


def damage_by_pickling(file):
    np.savez(file, frames=np.array([None]), n_frames=4)


def damage_by_leaving_out(file):
    np.savez(file, frames=np.array([1]))


@pytest.mark.parametrize("damage", [damage_by_cutting, damage_by_pickling, damage_by_leaving_out])
def test_a_damaged_file_is_refused_by_name(tmp_path, damage):
    damage(write_raw(tmp_path, "a", [1], 4))
    with pytest.raises(DataError, match=r"a\.npz: no raw outputs of abawkit; predict"):
        read_faces(tmp_path)


def test_cropped_frames_tell_faces_up_to_the_annotations_end(tmp_path):
    write_images(tmp_path / "cropped_aligned", "a", [2, 4])
    write_images(tmp_path / "cropped_aligned", "b", [])
    found = faces_of_frames(tmp_path, truth_of(a=5, b=2))
    assert {name: faces.tolist() for name, faces in found.items()} == {
        "a": [False, True, False, True, False],
        "b": [False, False],
    }


def test_a_video_without_a_folder_has_no_face_and_the_user_is_told(tmp_path):
    write_images(tmp_path, "a", [1])
    with pytest.warns(NoFaceWarning, match=r"^1 of 2 annotated videos .* without a face: b$"):
        found = faces_of_frames(tmp_path, truth_of(a=1, b=2))
    assert found["b"].tolist() == [False, False]


def test_frames_of_other_videos_are_refused(tmp_path):
    write_images(tmp_path, "other", [1])
    with pytest.raises(DataError, match=r"no frames of the 2 annotated .* such as a, b; --data"):
        faces_of_frames(tmp_path, truth_of(a=1, b=2))


def test_images_beyond_the_annotation_are_told_unless_it_lists_some_frames_only(tmp_path):
    write_images(tmp_path, "a", [1, 3])
    with pytest.warns(FrameCountWarning, match=r"2 frames, last image 3"):
        assert faces_of_frames(tmp_path, truth_of(a=2))["a"].tolist() == [True, False]
    listed = Track.of("a", np.zeros((2, 15)), listed=np.array([False, True]))
    assert faces_of_frames(tmp_path, {"a": listed})["a"].tolist() == [True, False]


def test_cropped_frames_are_asked_before_the_run(tmp_path):
    write_raw(tmp_path / "run", "a", [1], 2)
    write_images(tmp_path / "data", "a", [2])
    truth = truth_of(a=2)
    run = find_faces(VA, tmp_path / "run", truth)
    data = find_faces(VA, tmp_path / "run", truth, data=tmp_path / "data")
    assert (run["a"].tolist(), data["a"].tolist()) == ([True, False], [False, True])


def test_labels_that_are_no_run_need_the_cropped_frames(tmp_path):
    with pytest.raises(UsageError, match=r"--faces: .* run folder with raw .* \(--data\)"):
        find_faces(VA, tmp_path, truth_of(a=2))


def test_whole_clips_have_no_frames_with_a_face(tmp_path):
    with pytest.raises(UsageError, match=r"--faces: a row of abaw6-emi is a whole clip"):
        find_faces(EMI, tmp_path, {})


def test_which_frames_are_listed_stays_known():
    listed = np.array([False, True])
    found = with_faces({"a": Track.of("a", np.zeros((2, 2)), listed=listed)}, {"a": ~listed})
    assert found["a"].listed is listed
