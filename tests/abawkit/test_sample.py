"""The sample is read by everything that reads the real data, and hides nothing of what it is."""

import io
import subprocess
import sys
from functools import reduce
from importlib.resources import files
from itertools import pairwise, product
from operator import add
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from abawkit import evaluate, find_challenge, read_labels
from abawkit.errors import DataError, UsageError
from abawkit.frames import FrameFolder, recording
from abawkit.lists import read_video_list
from abawkit.protocol import blocks
from abawkit.sample import (
    CLIPS,
    FOLDERS,
    PREDICTIONS,
    SAMPLE_EDITION,
    SAMPLE_FILES,
    SINGLE_TASKS,
    TEST_LISTS,
    WORST,
    _render,
    make_sample,
)

TASKS = list(FOLDERS)
VIDEOS = [clip.video for clip in CLIPS]
SEEDS = [0, 1, 2]


@pytest.fixture(scope="module", params=SEEDS)
def data(tmp_path_factory, request):
    """Give a sample of each of some seeds."""
    directory = tmp_path_factory.mktemp("sample")
    make_sample(directory, seed=request.param)
    return directory


@pytest.fixture
def made(tmp_path):
    """Give a sample that a test may change, and the text that came with it."""
    return tmp_path / "data", make_sample(tmp_path / "data")


def truth(data, task):
    return read_labels(data / "annotations" / FOLDERS[task], find_challenge(task, 3))


def stacked(data, task):
    return np.vstack([track.values for track in truth(data, task).values()])


def contents(data):
    return {
        file.relative_to(data): file.read_bytes() for file in data.rglob("*") if file.is_file()
    }


def test_frames_are_found_with_their_gaps(data):
    index = FrameFolder.index(data)
    assert set(index.videos) == set(VIDEOS)
    assert not index.foreign
    for clip in CLIPS:
        assert index.videos[clip.video].frames.tolist() == list(clip.present)
        assert not index.videos[clip.video].foreign


def test_there_are_gaps_at_the_start_in_the_middle_and_at_the_end():
    assert any(1 not in clip.present for clip in CLIPS)
    assert any(clip.n_frames not in clip.present for clip in CLIPS)
    assert any(b - a > 20 for clip in CLIPS for a, b in pairwise(clip.present))
    assert any(b - a == 2 for clip in CLIPS for a, b in pairwise(clip.present))
    assert all(clip.present for clip in CLIPS)


def test_the_two_people_of_one_recording_have_as_many_frames():
    pairs = {}
    for clip in CLIPS:
        pairs.setdefault(recording(clip.video), []).append(clip.n_frames)
    (pair,) = [counts for counts in pairs.values() if len(counts) == 2]
    assert pair[0] == pair[1]


def test_images_are_aligned_crops_and_no_two_neighbours_are_equal(data):
    for video in FrameFolder.index(data).videos.values():
        images = [Image.open(video.path(frame)) for frame in video.frames.tolist()]
        assert {(im.size, im.mode, im.format) for im in images} == {((112, 112), "RGB", "JPEG")}
        assert all(a.tobytes() != b.tobytes() for a, b in pairwise(images))


@pytest.mark.parametrize("mirrored", [False, True])
def test_the_widest_moves_never_show_beyond_the_border_of_the_photograph(mirrored):
    asset = files("abawkit") / "assets" / "astronaut.jpg"
    white = Image.new("RGB", Image.open(io.BytesIO(asset.read_bytes())).size, "white")
    for move in product([-1.0, 1.0], repeat=4):
        path = np.array([*move, 0, 0, 0, 0, 0])
        shown = Image.open(io.BytesIO(_render(white, path, mirrored=mirrored)))
        assert np.ptp(np.asarray(shown)) == 0, move


@pytest.mark.parametrize("task", SINGLE_TASKS)
def test_annotations_have_a_row_for_every_frame_of_the_count_table(data, task):
    counts = read_video_list(data / "frames.csv").n_frames
    assert {video: track.n_frames for video, track in truth(data, task).items()} == counts


@pytest.mark.parametrize("task", SINGLE_TASKS)
def test_frames_without_a_crop_are_annotated_too(data, task):
    videos = FrameFolder.index(data).videos
    for video, track in truth(data, task).items():
        present = videos[video].frames - 1
        assert track.known.any(axis=1).sum() > track.known[present].any(axis=1).sum()


@pytest.mark.parametrize("task", TASKS)
def test_every_column_has_sentinels_and_labels(data, task):
    values = stacked(data, task)
    assert (~np.isnan(values)).any(axis=0).all()
    assert np.isnan(values).any(axis=1).any()


def test_sentinels_stand_in_the_files_as_the_organisers_write_them(data):
    folder = data / "annotations"
    written = {task: "".join(f.read_text() for f in sorted((folder / FOLDERS[task]).iterdir()))
               for task in TASKS}  # fmt: skip
    assert "-5.000000,-5.000000\n" in written["va"]
    assert "\n-1\n" in written["expr"]
    assert ",".join(["-1"] * 12) + "\n" in written["au"]
    assert all(sentinel in written["mtl"] for sentinel in ("-5.000000", ",-1,"))


@pytest.mark.parametrize("task", ["va", "au"])
def test_some_frames_lack_one_value_only(data, task):
    missing = np.isnan(stacked(data, task)).sum(axis=1)
    assert (missing == 1).any()
    assert (missing == stacked(data, task).shape[1]).any()


def test_mtl_annotations_are_sparse_and_some_lack_a_task(data):
    challenge = find_challenge("mtl", 3)
    for track in truth(data, "mtl").values():
        assert 0 < track.listed.sum() < track.n_frames / 2
        rows = track.known[track.listed]
        assert rows.any(axis=1).all()
        for _, columns in blocks(challenge.targets):
            assert 0 < rows[:, columns].any(axis=1).sum() < len(rows)


@pytest.mark.parametrize("task", TASKS)
def test_every_class_and_action_unit_occurs(data, task):
    values = stacked(data, task)
    for target, columns in blocks(find_challenge(task, 3).targets):
        if target.name == "expr":
            assert set(range(len(target.names))) <= set(values[:, columns].ravel())
        if target.name == "au":
            assert (np.nanmin(values[:, columns], axis=0) == 0).all()
            assert (np.nanmax(values[:, columns], axis=0) == 1).all()


@pytest.mark.parametrize("task", SINGLE_TASKS)
def test_test_lists_name_one_video_a_line(data, task):
    path = data / "test_set" / TEST_LISTS[task]
    assert path.read_text() == "".join(f"{video}\n" for video in VIDEOS)
    assert read_video_list(path).videos == tuple(VIDEOS)


def test_the_mtl_list_has_the_rows_of_the_mtl_annotation(data):
    annotation = data / "annotations" / FOLDERS["mtl"] / "validation_set.txt"
    header, *rows = annotation.read_text().splitlines()
    path = data / "test_set" / TEST_LISTS["mtl"]
    assert path.read_text().splitlines() == [header, *(row.split(",")[0] for row in rows)]
    assert len(read_video_list(path).rows) == len(rows)


@pytest.mark.parametrize("task", SINGLE_TASKS)
def test_the_sample_of_a_submission_has_every_frame_in_an_order_of_its_own(data, task):
    header, *rows = (data / "test_set" / SAMPLE_FILES[task]).read_text().splitlines()
    assert header == find_challenge(task, SAMPLE_EDITION).protocol.submission.header
    assert all(row.endswith(".jpg,") for row in rows)
    official = read_video_list(data / "test_set" / SAMPLE_FILES[task])
    assert dict(official.n_frames) == dict(read_video_list(data / "frames.csv").n_frames)
    assert official.videos != tuple(sorted(VIDEOS))


@pytest.mark.parametrize(("task", "best"), [("va", 1), ("expr", 1), ("au", 1), ("mtl", 3)])
def test_the_truth_scored_against_itself_gives_the_maximum(data, task, best):
    tracks = truth(data, task)
    assert evaluate(find_challenge(task, 3), tracks, tracks).score == pytest.approx(best)


def test_the_same_seed_gives_the_same_bytes(made, tmp_path):
    make_sample(tmp_path / "same", seed=0)
    assert contents(tmp_path / "same") == contents(made[0])


def test_another_seed_gives_other_frames_and_labels_of_the_same_videos(made, tmp_path):
    make_sample(tmp_path / "other", seed=1)
    first, other = contents(made[0]), contents(tmp_path / "other")
    assert first.keys() == other.keys()
    for file in first:
        if file.parts[0] in {"cropped_aligned", "annotations"}:
            assert first[file] != other[file], file


def test_a_remake_restores_the_sample_and_keeps_other_files(made):
    data, _ = made
    before = contents(data)
    (data / "frames.csv").unlink()
    (data / "cropped_aligned" / "5" / "00001.jpg").write_bytes(b"no frame of this sample")
    (data / "preds").mkdir()
    (data / "preds" / "5.txt").write_text("mine")
    make_sample(data)
    assert contents(data) == before | {Path("preds/5.txt"): b"mine"}


def test_an_interrupted_sample_can_be_made_again(made, tmp_path):
    begun = tmp_path / "begun"
    begun.mkdir()
    (begun / "README.txt").write_bytes((made[0] / "README.txt").read_bytes())
    make_sample(begun)
    assert contents(begun) == contents(made[0])


def test_an_empty_folder_will_do(tmp_path):
    make_sample(tmp_path)
    assert (tmp_path / "cropped_aligned").is_dir()


@pytest.mark.parametrize("name", ["notes.txt", "README.txt"])
def test_a_folder_with_other_files_is_left_alone(tmp_path, name):
    (tmp_path / name).write_text("mine")
    with pytest.raises(DataError, match=rf"an earlier sample, found {name}; nothing was written"):
        make_sample(tmp_path)
    assert contents(tmp_path) == {Path(name): b"mine"}


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "data").write_text("mine")
    with pytest.raises(DataError, match="expected a folder for the sample, found a file"):
        make_sample(tmp_path / "data")


def test_a_folder_that_cannot_be_made_is_an_error_with_its_name(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(DataError, match=r"file.data: cannot make the sample here: "):
        make_sample(tmp_path / "file" / "data")


def test_a_negative_seed_is_refused(tmp_path):
    with pytest.raises(UsageError, match="expected a seed of at least 0, found -1"):
        make_sample(tmp_path, seed=-1)
    assert not list(tmp_path.iterdir())


def test_what_it_says_names_the_made_up_labels_and_commands_with_real_paths(made):
    data, text = made
    assert "made up" in text
    assert "made up" in (data / "README.txt").read_text().lower()
    va = data / "annotations" / FOLDERS["va"]
    assert f"abawkit predict --task va --data {data} --annotations {va} --out preds/va" in text
    assert text.endswith(f"abawkit score preds/va {va}")


def test_paths_with_spaces_are_quoted_for_the_shell(tmp_path):
    assert f"--data '{tmp_path / 'my data'}'" in make_sample(tmp_path / "my data")


def test_making_a_sample_needs_no_pandas():
    code = "import sys, abawkit.sample; sys.exit('pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("task", SINGLE_TASKS)
def test_one_made_up_prediction_is_better_and_both_fail_in_one_video(data, task):
    reports = {
        name: evaluate(
            f"abaw3-{task}",
            truth(data, task),
            read_labels(data / "predictions" / task / name, find_challenge(task, 3)),
        )
        for name in PREDICTIONS
    }
    assert reports["early"].score > reports["late"].score
    for report in reports.values():
        others = [video for name, video in report.videos.items() if name != WORST]
        assert reduce(add, others).summary.score > report.score
