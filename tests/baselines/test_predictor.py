"""A run has every frame once, can be stopped anywhere, and comes out the same to the byte."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from abawkit.errors import (
    DataError,
    FrameCountWarning,
    ModelError,
    NoFaceWarning,
    SubmissionError,
    UsageError,
)
from abawkit.labels import read_labels
from abawkit.protocol import find_challenge
from baselines.features import BATCH_SIZE
from baselines.plan import plan
from baselines.predictor import predict
from submissions import Processing, RawVideo, load_run
from tests.baselines.fakes import Fake, contents, save_frames

LENGTHS = {"2": 9, "10": 7, "pair_left": 12, "video10_1": 25}
PRESENT = {
    "2": [2, 3, 4, 8, 9],
    "10": [1, 2, 3, 4, 5, 6],
    "video10_1": [i for i in range(1, 26) if i % 5],
    "pair_left": [6],
}


def table(path, lengths):
    path.write_text("video,frames\n" + "".join(f"{v},{n}\n" for v, n in lengths.items()))
    return path


def make_data(root, present=PRESENT, lengths=LENGTHS):
    """Write the frames of some videos and the table of their lengths."""
    for video, frames in present.items():
        save_frames(root / "data", video, frames)
    table(root / "frames.csv", lengths)
    return root


@pytest.fixture
def root(tmp_path):
    """Give a folder with the data of four videos."""
    return make_data(tmp_path)


def run(root, out="out", *, task="va", edition=None, predictor=None, **options):
    """Predict all there is, without smoothing unless asked for."""
    challenge = find_challenge(task, edition)
    settings = {"smooth": "none"} | {k: options.pop(k) for k in ("fill", "smooth") if k in options}
    names = ("videos", "annotations", "frames", "allow_missing")
    sources = {k: options.pop(k) for k in names if k in options}
    planned = plan(challenge, root / "data", **({"frames": root / "frames.csv"} | sources))
    processing = Processing.parse(challenge, **settings)
    predictor = predictor or Fake(challenge)
    return predict(challenge, predictor, planned, out=root / out, processing=processing, **options)


def level(video, frame):
    """Give what the fake says of a frame, up to the losses of JPEG."""
    return (sum(video.encode()) + 37 * frame) % 256 / 255


def raw_times(out):
    return {path.name: path.stat().st_mtime_ns for path in (out / "raw").iterdir()}


def write_list(path, rows):
    path.write_text("image,valence\n" + "".join(f"{v}/{f:05d}.jpg\n" for v, f in rows))
    return path


def test_every_frame_has_a_row_and_every_image_its_prediction(root):
    outcome = run(root)
    assert (outcome.n_videos, outcome.n_rows, outcome.n_faceless) == (4, 53, 53 - 32)
    tracks = read_labels(root / "out", "abaw3-va")
    assert {video: track.n_frames for video, track in tracks.items()} == LENGTHS
    for video, frames in PRESENT.items():
        raw = load_run(root / "out").videos[video]
        assert raw.frames.tolist() == frames
        expected = [level(video, frame) for frame in frames]
        np.testing.assert_allclose(raw.outputs[:, 0], expected, atol=0.01)
        found = tracks[video].values[np.array(frames) - 1]
        np.testing.assert_allclose(found, raw.outputs, atol=1e-6)


def test_gaps_are_filled(root):
    run(root, fill="nearest")
    values = read_labels(root / "out", "abaw3-va")["2"].values[:, 0]
    assert values[0] == values[1]
    assert values[4] == values[3]
    assert values[6] == values[7]


def test_a_last_batch_that_is_not_full_is_not_dropped(root):
    model = Fake(find_challenge("va"))
    run(root, predictor=model)
    assert sum(len(raw.frames) for raw in load_run(root / "out").videos.values()) == 32
    save_frames(root / "data", "10", [7])
    run(root, "again", predictor=model)
    assert sum(len(raw.frames) for raw in load_run(root / "again").videos.values()) == 33


def test_a_video_alone_is_predicted_as_among_others(root, tmp_path):
    run(root, smooth="default")
    for video, length in LENGTHS.items():
        alone = make_data(tmp_path / video, {video: PRESENT[video]}, {video: length})
        run(alone, smooth="default")
        for name in (f"{video}.txt", f"raw/{video}.npz"):
            assert (alone / "out" / name).read_bytes() == (root / "out" / name).read_bytes()


def test_the_outcome_tells_what_was_done(root):
    text = str(run(root, fill="nearest", smooth="box:5"))
    assert "abaw3-va: 4 videos, 53 frames, 21 with no face (39.6%), filled: nearest" in text
    assert "smoothed: box:5" in text
    assert "read it back: 53 rows, valid" in text
    assert "could not be read" not in text


def test_broken_images_are_listed_and_count_as_missing(root):
    (root / "data/10/00003.jpg").write_bytes(b"")
    path = root / "data/2/00008.jpg"
    path.write_bytes(path.read_bytes()[:-60])
    outcome = run(root)
    assert outcome.broken == ("2/00008.jpg", "10/00003.jpg")
    assert outcome.n_faceless == 23
    assert "2 images could not be read and count as frames without a face: 2/00008" in str(outcome)
    raw = load_run(root / "out").videos["10"]
    assert (raw.frames.tolist(), raw.broken.tolist()) == ([1, 2, 4, 5, 6], [3])


@pytest.mark.parametrize("before", [False, True])
def test_strict_stops_at_a_broken_image_with_its_name(root, before):
    (root / "data/10/00003.jpg").write_bytes(b"")
    if before:
        run(root)
    with pytest.raises(DataError, match=r"10/00003\.jpg: cannot read this image: cannot identify"):
        run(root, strict=True)


def test_a_video_without_any_face_takes_the_prior(root):
    (root / "data/empty").mkdir()
    lengths = table(root / "frames.csv", {**LENGTHS, "empty": 3, "absent": 2})
    (root / "list.txt").write_text("empty\n10\nabsent\n")
    with pytest.warns(NoFaceWarning) as caught:
        run(root, videos=root / "list.txt", frames=lengths, allow_missing=True)
    assert [str(w.message).split(":")[0] for w in caught] == ["empty", "absent"]
    tracks = read_labels(root / "out", "abaw3-va")
    assert tracks["empty"].values.tolist() == [[0.0, 0.0]] * 3
    assert tracks["absent"].values.tolist() == [[0.0, 0.0]] * 2


def test_a_video_whose_folder_is_not_there_is_refused(root):
    lengths = table(root / "frames.csv", {**LENGTHS, "absent": 2})
    (root / "list.txt").write_text("10\nabsent\n")
    with pytest.raises(
        DataError, match=r"no folder for 1 videos of the list: absent.*--allow-mis"
    ):
        run(root, videos=root / "list.txt", frames=lengths)


def test_a_list_of_another_task_is_refused(root):
    (root / "list.txt").write_text("image_location,valence,arousal\n10/00001.jpg,\n")
    with pytest.raises(UsageError, match="expected a list of abaw5-expr, found the header"):
        run(root, task="expr", edition=5, videos=root / "list.txt")


def test_a_list_with_holes_does_not_end_a_video(root):
    (root / "list.txt").write_text("2/00001.jpg\n2/00003.jpg\n")
    assert run(root, videos=root / "list.txt").n_rows == LENGTHS["2"]


@pytest.mark.parametrize("text", ["10\n2\n", "10/00001.jpg\n"])
def test_a_table_without_numbers_is_refused(root, text):
    (root / "list.txt").write_text(text)
    with pytest.raises(DataError, match="expected 'video,frames' a line"):
        run(root, frames=root / "list.txt")


def test_labels_that_were_changed_are_made_again(root):
    run(root)
    before = contents(root / "out")
    (root / "out/10.txt").write_text("valence,arousal\n0.5,0.5\n")
    run(root)
    assert contents(root / "out") == before


def test_other_thresholds_of_a_model_are_other_labels(root):
    challenge = find_challenge("au")
    for threshold, label in ((0.0, 1), (1.1, 0)):
        model = Fake(challenge)
        model.thresholds = (threshold,) * 12
        run(root, task="au", predictor=model)
        assert (read_labels(root / "out", challenge)["10"].values == label).all()


def test_one_file_of_all_videos_warns_of_a_video_without_a_face_once(root):
    (root / "data/empty").mkdir()
    table(root / "frames.csv", {**LENGTHS, "empty": 3})
    with pytest.warns(NoFaceWarning) as caught:
        run(root, task="mtl")
    assert len(caught) == 1


def test_an_image_that_is_the_last_ends_its_video_with_a_warning(root):
    table(root / "frames.csv", {"2": 9, "10": 7, "pair_left": 12})
    with pytest.warns(FrameCountWarning, match="1 videos end at their last image"):
        outcome = run(root)
    assert outcome.n_rows == 9 + 7 + 12 + 24


def test_images_beyond_the_end_are_left_out(root):
    with pytest.warns(FrameCountWarning, match="images beyond the end"):
        run(root, frames=table(root / "short.csv", LENGTHS | {"2": 8}))
    assert load_run(root / "out").videos["2"].frames.tolist() == [2, 3, 4, 8]


def annotate(root, lengths):
    """Write annotations of zeros."""
    folder = root / "annotations"
    folder.mkdir()
    for video, n in lengths.items():
        (folder / f"{video}.txt").write_text("valence,arousal\n" + "0.0,0.0\n" * n)
    return folder


def test_lengths_come_from_the_list_then_the_annotation_then_the_table(root):
    annotations = annotate(root, {"2": 11, "10": 8})
    for text, lengths in (("2,12\n10,9\n", [12, 9]), ("2\n10\npair_left\n", [11, 8, 12])):
        (root / "list.txt").write_text(text)
        run(root, videos=root / "list.txt", annotations=annotations, force=True)
        assert [row["n_frames"] for row in read_json(root)["videos"]] == lengths


def read_json(root):
    return json.loads((root / "out/manifest.json").read_text())


def test_annotated_videos_are_predicted_where_there_is_no_list(root):
    run(root, annotations=annotate(root, {"2": 11, "10": 8}))
    assert read_json(root)["planned"] == ["10", "2"]


def test_a_list_of_some_frames_asks_for_all_where_files_have_no_key(root):
    outcome = run(root, videos=write_list(root / "list.txt", [("2", 3), ("2", 9), ("10", 7)]))
    assert outcome.n_rows == 9 + 7


def test_foreign_files_are_named(root):
    (root / "data/2/thumbs.db").touch()
    (root / "data/readme.txt").touch()
    planned = plan(find_challenge("va"), root / "data", frames=root / "frames.csv")
    assert planned.foreign == ("readme.txt", "2/thumbs.db")


def test_a_challenge_of_whole_clips_is_refused(root):
    with pytest.raises(UsageError, match="abaw5-eri asks for one label for a clip; this"):
        plan(find_challenge("eri", 5), root / "data")
    with pytest.raises(
        UsageError, match="abaw4-lsd asks for one label for an image of its own; this"
    ):
        plan(find_challenge("lsd", 4), root / "data")


# MTL: one file, its rows named.

ROWS = [("10", 4), ("2", 9), ("2", 2), ("10", 4), ("2", 3), ("2", 5), ("10", 1), ("2", 2)]


def rows_of(path):
    return [line.split(",") for line in path.read_text().splitlines()[1:]]


def test_the_rows_of_mtl_are_those_of_the_list_in_its_order(root):
    outcome = run(root, task="mtl", videos=write_list(root / "list.txt", ROWS))
    found = rows_of(root / "out/MTL_predictions.txt")
    assert [row[0] for row in found] == [f"{v}/{f:05d}.jpg" for v, f in ROWS]
    assert (outcome.n_rows, outcome.n_faceless) == (6, 1)
    assert found[0] == found[3]
    assert sorted(path.name for path in (root / "out").iterdir()) == [
        "MTL_predictions.txt", "manifest.json", "raw",
    ]  # fmt: skip


def test_only_listed_frames_are_predicted(root):
    run(root, task="mtl", videos=write_list(root / "list.txt", ROWS))
    videos = load_run(root / "out").videos
    assert {name: raw.frames.tolist() for name, raw in videos.items()} == {
        "10": [1, 4],
        "2": [2, 3, 9],
    }


def test_a_sparse_list_is_smoothed_by_the_frames_own_numbers(root):
    listed = [1, 2, 4, 9, 16, 17, 19, 24]
    rows = [("video10_1", frame) for frame in listed]
    run(root, task="mtl", smooth="box:5", videos=write_list(root / "list.txt", rows))
    for frame, row in zip(listed, rows_of(root / "out/MTL_predictions.txt"), strict=True):
        near = [level("video10_1", other) for other in listed if abs(other - frame) <= 2]
        assert float(row[1]) == pytest.approx(sum(near) / len(near), abs=0.01)


def test_without_a_list_mtl_has_every_frame_of_every_video(root):
    outcome = run(root, task="mtl")
    expected = [f"{v}/{f:05d}.jpg" for v, n in LENGTHS.items() for f in range(1, n + 1)]
    assert [row[0] for row in rows_of(root / "out/MTL_predictions.txt")] == expected
    assert outcome.n_rows == 53


def test_a_list_of_all_frames_is_no_other_run_than_none(root):
    run(root, task="mtl")
    before = contents(root / "out")
    rows = [(v, f) for v, n in LENGTHS.items() for f in range(1, n + 1)]
    run(root, task="mtl", videos=write_list(root / "list.txt", rows))
    assert contents(root / "out") == before


def test_sparse_annotations_are_a_list_of_their_rows(root):
    line = ",0.0,0.0,0" + ",0" * 12
    text = "image,valence,arousal,expression,aus\n" + "".join(
        f"{video}/{frame:05d}.jpg{line}\n" for video, frame in [("2", 3), ("2", 9), ("10", 1)]
    )
    (root / "annotations.txt").write_text(text)
    run(root, task="mtl", annotations=root / "annotations.txt")
    keys = [row[0] for row in rows_of(root / "out/MTL_predictions.txt")]
    assert keys == ["2/00003.jpg", "2/00009.jpg", "10/00001.jpg"]


@pytest.mark.parametrize(("task", "video"), [("va", "10"), ("mtl", "2")])
def test_gaps_that_are_not_filled_are_an_error_that_hints_at_a_fill(root, task, video):
    (root / "data/10/00002.jpg").unlink()
    lengths = table(root / "frames.csv", {"10": 6, "2": 9, "video10_1": 25, "pair_left": 12})
    (root / "list.txt").write_text("10\n2\n" if task == "va" else "2\n10\n")
    with pytest.raises(SubmissionError, match=rf"^{video}: .* have no face .*--fill such as lin"):
        run(root, task=task, fill="none", videos=root / "list.txt", frames=lengths)
    assert (root / f"out/raw/{video}.npz").exists()
    assert run(root, task=task, videos=root / "list.txt", frames=lengths).n_videos == 2


def test_without_gaps_nothing_need_be_filled(root):
    (root / "list.txt").write_text("10,6\n")
    assert run(root, fill="none", videos=root / "list.txt").n_rows == 6


# Taking a run up again.


class Interrupted(BaseException):
    """Stands for a process that is killed."""


class Killer:
    """Ends the process, as it were, before the nth file takes its name."""

    def __init__(self, monkeypatch, after):
        self.left, self.replace, self.patch = after, Path.replace, monkeypatch

    def __enter__(self):
        def replace(path, target):
            if not self.left:
                raise Interrupted
            self.left -= 1
            return self.replace(path, target)

        self.patch.setattr(Path, "replace", replace)

    def __exit__(self, *_):
        self.patch.setattr(Path, "replace", self.replace)


@pytest.mark.parametrize("task", ["va", "mtl"])
def test_a_run_that_was_killed_anywhere_ends_as_one_that_was_not(root, monkeypatch, task):
    run(root, "whole", task=task, smooth="box:5")
    for after in range(20):
        with pytest.raises(Interrupted), Killer(monkeypatch, after):  # noqa: PT012
            run(root, f"out{after}", task=task, smooth="box:5")
            raise Interrupted
        run(root, f"out{after}", task=task, smooth="box:5")
        assert contents(root / f"out{after}") == contents(root / "whole")


@pytest.mark.parametrize("task", ["va", "mtl"])
def test_relabelling_that_was_killed_anywhere_ends_as_if_it_was_not(root, monkeypatch, task):
    run(root, "first", task=task)
    run(root, "whole", task=task, smooth="box:5", fill="nearest")
    for after in range(8):
        shutil.copytree(root / "first", root / f"out{after}")
        with pytest.raises(Interrupted), Killer(monkeypatch, after):  # noqa: PT012
            run(root, f"out{after}", task=task, smooth="box:5", fill="nearest")
            raise Interrupted
        run(root, f"out{after}", task=task, smooth="box:5", fill="nearest")
        assert contents(root / f"out{after}") == contents(root / "whole")


def test_a_finished_run_is_not_predicted_again(root):
    run(root)
    before, files = raw_times(root / "out"), contents(root / "out")
    model, notes = Fake(find_challenge("va")), []
    run(root, predictor=model, note=notes.append)
    assert not model.batches
    assert notes == ["4 of 4 videos are done already"]
    assert raw_times(root / "out") == before
    assert contents(root / "out") == files


def test_other_settings_rewrite_labels_and_leave_raw_outputs(root):
    run(root)
    before, old = raw_times(root / "out"), contents(root / "out")
    run(root, smooth="box:5", fill="nearest")
    new = contents(root / "out")
    assert raw_times(root / "out") == before
    assert {name for name in new if new[name] != old[name]} >= {"2.txt", "10.txt", "manifest.json"}
    run(root, "fresh", smooth="box:5", fill="nearest")
    assert contents(root / "fresh") == new


@pytest.mark.parametrize("change", ["another", "gone", "new"])
def test_a_video_whose_images_changed_is_predicted_again(root, change):
    run(root)
    before = raw_times(root / "out")
    if change == "another":
        save_frames(root / "data", "10", [4], size=(16, 20), shift=90)
    elif change == "gone":
        (root / "data/10/00004.jpg").unlink()
    else:
        save_frames(root / "data", "10", [7])
    run(root)
    after = raw_times(root / "out")
    assert {name for name in after if after[name] != before[name]} == {"10.npz"}
    run(root, "fresh")
    assert contents(root / "fresh") == contents(root / "out")


def test_another_length_or_list_is_predicted_again(root):
    run(root, task="mtl")
    model = Fake(find_challenge("mtl"))
    longer = table(root / "longer.csv", LENGTHS | {"2": 10})
    assert run(root, task="mtl", frames=longer, predictor=model).n_rows == 54
    assert len(model.batches) == 1
    rows = [(video, frames[0]) for video, frames in PRESENT.items()]
    listed = write_list(root / "list.txt", rows)
    assert run(root, task="mtl", videos=listed, predictor=model).n_rows == 4


def test_more_videos_are_added_to_a_run(root):
    (root / "list.txt").write_text("10\n")
    run(root, videos=root / "list.txt")
    before = raw_times(root / "out")
    assert run(root).n_videos == 4
    assert raw_times(root / "out")["10.npz"] == before["10.npz"]


@pytest.mark.parametrize("data", [b"", b"PK", "half"])
def test_a_raw_file_that_is_damaged_is_predicted_again(root, data):
    run(root)
    files = contents(root / "out")
    path = root / "out/raw/10.npz"
    path.write_bytes(path.read_bytes()[:500] if data == "half" else data)
    run(root)
    assert contents(root / "out") == files


def test_labels_that_are_gone_are_written_again(root):
    run(root)
    files = contents(root / "out")
    (root / "out/10.txt").unlink()
    run(root)
    assert contents(root / "out") == files


def test_a_run_of_other_videos_is_refused(root):
    run(root)
    (root / "list.txt").write_text("10\n")
    with pytest.raises(UsageError, match=r"a run of other videos \(2, pair_left, video10_1\)"):
        run(root, videos=root / "list.txt")


def test_a_run_of_another_model_is_refused(root):
    run(root)
    with pytest.raises(UsageError, match="a run of another model; choose another --out"):
        run(root, predictor=Fake(find_challenge("va"), "other"))


def test_a_run_of_another_challenge_is_refused(root):
    run(root, predictor=Fake(find_challenge("va"), "any"))
    files = contents(root / "out")
    with pytest.raises(UsageError, match=r"a run of another challenge; .* --force to replace it"):
        run(root, task="expr", predictor=Fake(find_challenge("expr"), "any"))
    assert contents(root / "out") == files


@pytest.mark.parametrize(("old", "new"), [("va", "expr"), ("va", "mtl"), ("mtl", "va")])
def test_force_replaces_a_run_of_anything(root, old, new):
    run(root, task=old)
    (root / "list.txt").write_text("10\n2\n")
    run(root, task=new, videos=root / "list.txt", force=True)
    run(root, "fresh", task=new, videos=root / "list.txt")
    files = contents(root / "out")
    assert {k: v for k, v in files.items() if not k.startswith("raw/")} == {
        k: v for k, v in contents(root / "fresh").items() if not k.startswith("raw/")
    }
    assert sorted(load_run(root / "out").videos) == ["10", "2"]


def test_force_predicts_again(root):
    run(root)
    model = Fake(find_challenge("va"))
    run(root, predictor=model, force=True)
    assert len(model.batches) == -(-sum(map(len, PRESENT.values())) // BATCH_SIZE)


def test_a_run_that_was_killed_before_its_manifest_is_begun_anew(root):
    (root / "out").mkdir()
    (root / "out/manifest.json.0a1b.part").write_text("{")
    assert run(root).n_videos == 4


@pytest.mark.parametrize("force", [False, True])
def test_a_folder_of_something_else_is_refused_and_left_alone(root, force):
    (root / "out").mkdir()
    (root / "out/thesis.txt").write_text("precious")
    with pytest.raises(DataError, match="not empty, and no run of abawkit"):
        run(root, force=force)
    assert contents(root / "out") == {"thesis.txt": b"precious"}


def test_a_run_cannot_be_written_over_a_file(root):
    (root / "out").write_text("precious")
    with pytest.raises(DataError, match="out: the run could not be written: "):
        run(root)


def test_a_model_with_another_number_of_outputs_is_refused(root):
    with pytest.raises(ModelError, match=r"expected 2 outputs for abaw3-va, found shape \(8,\)"):
        run(root, predictor=Fake(find_challenge("expr")))


def test_the_manifest_tells_what_a_run_is(root):
    (root / "data/10/00003.jpg").write_bytes(b"")
    run(root, smooth="box:5")
    manifest = read_json(root)
    assert manifest["challenge"] == "abaw3-va"
    assert manifest["model"] == {"model": "fake"}
    assert manifest["labels"] == {"fill": "linear", "smooth": "box:5"}
    row = {"video": "10", "n_frames": 7, "n_rows": 7, "n_faces": 5, "broken": [3]}
    assert row in manifest["videos"]


def test_raw_outputs_are_what_the_model_said(root):
    run(root)
    raw = RawVideo.load(root / "out/raw/pair_left.npz")
    assert (raw.frames.dtype, raw.outputs.dtype) == (np.int32, np.float32)
    assert (raw.frames.tolist(), raw.n_frames) == ([6], 12)


def test_the_order_of_the_disk_does_not_matter(root, tmp_path):
    run(root)
    backwards = {video: frames[::-1] for video, frames in reversed(PRESENT.items())}
    other = make_data(tmp_path / "other", backwards)
    run(other)
    assert contents(other / "out") == contents(root / "out")


def test_the_thresholds_of_the_model_decide_its_action_units(root):
    challenge = find_challenge("abaw3-au")
    model = Fake(challenge)
    model.thresholds = (0.0, *[1.1] * 11)
    run(root, task="au", predictor=model)
    for track in read_labels(root / "out", challenge).values():
        np.testing.assert_array_equal(track.values, [[1] + [0] * 11] * track.n_frames)
