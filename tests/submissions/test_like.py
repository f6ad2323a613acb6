"""What follows a sample has exactly its rows, header and columns, whichever command writes it."""

import json

import pytest

from abawkit.errors import (
    AlignmentError,
    RowOrderWarning,
    SampleWarning,
    SubmissionError,
    UsageError,
)
from abawkit.protocol import find_challenge
from abawkit.track import Track
from baselines.plan import plan
from baselines.predictor import predict
from submissions import Processing, ensemble, refine
from submissions.labelling import write_submission
from submissions.template import Template
from tests.baselines.fakes import Fake, save_frames
from tests.submissions.runs import make_run

VA_3, VA_5, VD, AH = map(find_challenge, ["abaw3-va", "abaw5-va", "abaw10-vd", "abaw11-ah"])
HEADER = "image_location,arousal,valence"
KEYS = ["b_right/00003.jpg", "video1/00009.jpg", "video1/00001.jpg", "video1/00001.jpg"]


@pytest.fixture
def sample(tmp_path):
    """Make a sample with columns in another order, a row that is there twice, and no values."""
    path = tmp_path / "sample.txt"
    path.write_text("\n".join([HEADER, *(f"{key}," for key in KEYS)]))
    return path


def lines_of(folder):
    return (folder / "predictions.txt").read_text().splitlines()


def check(folder, sample):
    header, *lines = lines_of(folder)
    assert header == HEADER
    assert [line.split(",")[0] for line in lines] == KEYS
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["like"]["name"] == sample.name
    assert len(manifest["like"]["sha256"]) == 64


def test_refined_labels_follow_the_sample_and_go_on_doing_so(tmp_path, sample):
    make_run(tmp_path / "run", VA_5)
    before = dict(line.split(",", 1) for line in lines_of(tmp_path / "run"))
    with pytest.warns(SampleWarning):
        refine(tmp_path / "run", like=sample)
    check(tmp_path / "run", sample)
    for line in lines_of(tmp_path / "run")[1:]:
        key, arousal, valence = line.split(",")
        assert before[key] == f"{valence},{arousal}"
    refine(tmp_path / "run", smooth="none")
    check(tmp_path / "run", sample)


def test_some_of_the_rows_in_their_order_stay_some(tmp_path):
    make_run(tmp_path / "run", VA_5)
    keys = ["video1/00002.jpg", "video1/00005.jpg"]
    text = "".join(f"{key},\n" for key in keys)
    (tmp_path / "s.txt").write_text(f"image_location,valence,arousal\n{text}")
    refine(tmp_path / "run", like=tmp_path / "s.txt")
    refine(tmp_path / "run", smooth="none")
    assert [line.split(",")[0] for line in lines_of(tmp_path / "run")[1:]] == keys


def test_a_file_that_lost_a_row_does_not_tell_the_order(tmp_path, sample):
    make_run(tmp_path / "run", VA_5)
    with pytest.warns(SampleWarning):
        refine(tmp_path / "run", like=sample)
    lines = lines_of(tmp_path / "run")
    (tmp_path / "run/predictions.txt").write_text("\n".join([lines[0], lines[1], lines[3]]))
    with pytest.warns(RowOrderWarning, match="expected the 3 rows of this run"):
        refine(tmp_path / "run")


def test_an_ensemble_follows_the_sample_or_its_first_run(tmp_path, sample):
    runs = [tmp_path / "a", tmp_path / "b"]
    for seed, path in enumerate(runs):
        make_run(path, VA_5, seed)
    with pytest.warns(SampleWarning):
        ensemble(runs, out=tmp_path / "out", like=sample)
    check(tmp_path / "out", sample)
    with pytest.warns(SampleWarning):
        refine(runs[0], like=sample)
    ensemble(runs, out=tmp_path / "other")
    check(tmp_path / "other", sample)


def test_predictions_follow_the_sample_which_tells_the_videos(tmp_path, sample):
    for video in ("video1", "b_right", "unasked"):
        save_frames(tmp_path / "data", video, [1, 2, 3, 9])
    with pytest.warns(SampleWarning):
        planned = plan(VA_5, tmp_path / "data", like=sample)
    predict(VA_5, Fake(VA_5), planned, out=tmp_path / "run", processing=Processing.parse(VA_5))
    assert set(planned.videos) == {"video1", "b_right"}
    check(tmp_path / "run", sample)


def test_a_sample_and_a_list_are_not_given_together(tmp_path, sample):
    with pytest.raises(UsageError, match="leave --videos out"):
        plan(VA_5, tmp_path, like=sample, videos=sample)


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("c/00001.jpg", "the run lacks 1 of the 2 videos of .*: c"),
        ("video1/00010.jpg", "1 rows are missing: video1, frame 10"),
    ],
)
def test_rows_that_a_run_lacks_are_named_and_nothing_is_touched(tmp_path, key, message):
    make_run(tmp_path / "run", VA_5)
    before = lines_of(tmp_path / "run")
    (tmp_path / "s.txt").write_text(f"image_location,valence,arousal\nvideo1/00001.jpg,\n{key},\n")
    with pytest.raises(AlignmentError, match=message):
        refine(tmp_path / "run", like=tmp_path / "s.txt")
    assert lines_of(tmp_path / "run") == before


def test_files_of_videos_have_as_many_rows_as_the_samples(tmp_path):
    make_run(tmp_path / "run", VA_3)
    (tmp_path / "list.csv").write_text("b_left,5\nvideo1,9\n")
    refine(tmp_path / "run", like=tmp_path / "list.csv")
    counts = {p.name: len(p.read_text().splitlines()) for p in (tmp_path / "run").glob("*.txt")}
    assert counts == {"b_left.txt": 6, "video1.txt": 10}
    (tmp_path / "list.csv").write_text("b_left,7\n")
    with pytest.raises(AlignmentError, match="1 videos are too short: b_left with 6 frames for 7"):
        refine(tmp_path / "run", like=tmp_path / "list.csv")


def test_templates_of_violence_are_followed(tmp_path):
    make_run(tmp_path / "run", VD)
    (tmp_path / "like").mkdir()
    (tmp_path / "like/video1.csv").write_text("Frame_Number,Predicted_Label\n1,\n2,\n")
    with pytest.warns(SampleWarning):
        refine(tmp_path / "run", like=tmp_path / "like")
    (file,) = (tmp_path / "run").glob("*.csv")
    assert file.read_text().startswith("Frame_Number,Predicted_Label\n1,")


def test_a_sample_with_probabilities_asks_for_them(tmp_path):
    (tmp_path / "s.txt").write_text("a.mp4,0.5,0.5,0\n")
    template = Template.read(tmp_path / "s.txt", AH)
    with pytest.raises(SubmissionError, match="asks for the probabilities of the classes, and 1"):
        write_submission(tmp_path / "out", {"a.mp4": Track.of("a.mp4", [[0]])}, AH, template)
