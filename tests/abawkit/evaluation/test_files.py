"""Scoring files: which challenge they are of, and what made the predictions."""

import json
import math

import numpy as np
import pytest

from abawkit import CHALLENGES, Track, mean_ccc
from abawkit.errors import AlignmentError, DataError, UndefinedMetricWarning, UnknownChallengeError
from abawkit.evaluation import score_files
from abawkit.labels import write_labels

TRUE = [[0.1, 0.4], [0.3, -0.2], [-0.5, 0.6]]
PRED = [[0.2, 0.4], [0.1, -0.3], [-0.4, 0.2]]


def write(folder, challenge, values, *, kind="annotation", known=None):
    row = CHALLENGES[challenge]
    layout = getattr(row.protocol, kind)
    tracks = {"video1": Track.of("video1", values, known)}
    write_labels(folder, tracks, targets=row.targets, layout=layout, sentinels=True)
    return folder


@pytest.fixture
def gt(tmp_path):
    return write(tmp_path / "gt", "abaw3-va", TRUE)


@pytest.fixture
def preds(tmp_path):
    return write(tmp_path / "preds", "abaw3-va", PRED)


def test_folders_are_scored(preds, gt):
    scored = score_files(preds, gt)
    report, processing = scored.report, scored.processing
    assert report.score == pytest.approx(mean_ccc(TRUE, PRED), abs=1e-12)
    assert processing == {}


def test_single_files_are_scored(preds, gt):
    scored = score_files(preds / "video1.txt", gt / "video1.txt")
    report, processing = scored.report, scored.processing
    assert report.score == pytest.approx(mean_ccc(TRUE, PRED), abs=1e-12)
    assert processing == {}


def test_the_challenge_is_read_from_the_headers(preds, gt):
    assert score_files(preds, gt).report.challenge is CHALLENGES["abaw3-va"]


def test_a_submission_of_a_later_edition_is_scored_against_per_video_annotations(gt, tmp_path):
    preds = write(tmp_path / "p5", "abaw5-va", PRED, kind="submission")
    report = score_files(preds, gt, edition=5).report
    assert report.challenge is CHALLENGES["abaw5-va"]
    assert report.score == pytest.approx(mean_ccc(TRUE, PRED), abs=1e-12)


@pytest.mark.parametrize(
    ("task", "edition", "found"),
    [
        ("va", None, "abaw3-va"),
        ("VA", None, "abaw3-va"),
        ("abaw5-va", None, "abaw5-va"),
        ("va", 6, "abaw6-va"),
        (None, 6, "abaw6-va"),
    ],
)
def test_a_task_and_an_edition_may_be_given(preds, gt, task, edition, found):
    assert score_files(preds, gt, task=task, edition=edition).report.challenge.name == found


@pytest.mark.parametrize(
    ("name", "task", "found"),
    [
        ("abaw4-lsd", "lsd", "abaw4-lsd"),
        ("abaw1-expr", "expr", "abaw2-expr"),
        ("abaw11-ah", "ah", "abaw11-ah"),
    ],
)
def test_a_task_that_the_3rd_edition_lacks_is_found_by_its_headers(tmp_path, name, task, found):
    folder = write(tmp_path, name, [[1.0]])
    assert score_files(folder, folder, task=task).report.challenge.name == found


@pytest.mark.parametrize("name", ["abaw1-expr", "abaw3-expr", "abaw5-va"])
def test_a_task_is_the_same_in_upper_and_lower_case(tmp_path, name):
    row = CHALLENGES[name]
    values = np.zeros((2, row.protocol.columns))
    values[1] = 1
    folder = write(tmp_path, name, values)
    for task in (row.protocol.task, row.name):
        found = {
            score_files(folder, folder, task=spelt).report.challenge.name
            for spelt in (task, task.upper(), f" {task.title()} ")
        }
        assert found == {score_files(folder, folder, task=task).report.challenge.name}
    assert found == {name}


def test_a_whole_challenge_is_taken_at_its_word_whatever_the_header(tmp_path):
    folder = write(tmp_path, "abaw5-va", TRUE, kind="submission")
    for task in ("abaw3-va", "ABAW3-VA"):
        assert score_files(folder, folder, task=task).report.challenge.name == "abaw3-va"


@pytest.mark.parametrize("rows", [PRED[1:], PRED[:2], PRED + PRED[:1]])
@pytest.mark.parametrize("allow_missing", [False, True])
def test_files_with_dropped_or_added_rows_are_refused(tmp_path, rows, allow_missing):
    known = np.array([[True, True], [True, True], [False, False]])
    gt = write(tmp_path / "gt", "abaw3-va", TRUE, known=known)
    preds = write(tmp_path / "preds", "abaw3-va", rows)
    with pytest.raises(AlignmentError, match=rf"video1 \({len(rows)} rows, annotated 3\); row i"):
        score_files(preds, gt, allow_missing=allow_missing)


def test_headers_of_two_tasks_are_refused(preds, tmp_path):
    other = write(tmp_path / "expr", "abaw3-expr", [[0.0], [1.0], [2.0]])
    with pytest.raises(
        AlignmentError, match=r"predictions in .*preds are for va, .*expr for expr"
    ):
        score_files(preds, other)


def test_an_unknown_task_is_refused(preds, gt):
    with pytest.raises(UnknownChallengeError, match="no task 'vaa'"):
        score_files(preds, gt, task="vaa")


def test_a_missing_folder_is_refused(gt, tmp_path):
    with pytest.raises(DataError, match="no such file or folder"):
        score_files(tmp_path / "nowhere", gt)


def test_sentinels_of_annotation_files_are_masked(preds, tmp_path):
    known = np.array([[True, True], [False, True], [True, True]])
    report = score_files(preds, write(tmp_path / "gt", "abaw3-va", TRUE, known=known)).report
    assert report.score == pytest.approx(mean_ccc(TRUE[::2], PRED[::2]), abs=1e-12)
    assert report.total.n_masked == 1


def test_missing_frames_are_refused_unless_allowed(gt, tmp_path):
    known = np.array([[True, True], [True, True], [False, False]])
    preds = write(tmp_path / "short", "abaw3-va", PRED, known=known)
    with pytest.raises(AlignmentError, match="video1 frame 3"):
        score_files(preds, gt)
    assert score_files(preds, gt, allow_missing=True).report.total.n_missing == 1


def test_an_undefined_score_is_warned_about(tmp_path):
    folder = write(tmp_path, "abaw3-va", [[0.5, 0.1], [0.5, 0.2]])
    with pytest.warns(UndefinedMetricWarning, match="undefined: ccc_valence is 0/0"):
        report = score_files(folder, folder).report
    assert math.isnan(report.score)


@pytest.mark.parametrize(
    ("manifest", "expected"),
    [
        ({"labels": {"fill": "linear", "smooth": "box:101"}}, ("linear", "box:101")),
        ({"labels": {"fill": "linear", "threshold": 0.5}}, ("linear", None)),
        ({"labels": {}}, (None, None)),
        ({"labels": None}, (None, None)),
        ({"labels": ["fill"]}, (None, None)),
        ({"other": 1}, (None, None)),
        ([], (None, None)),
        ("labels", (None, None)),
        (3, (None, None)),
    ],
    ids=["both", "one", "none", "null", "list", "other", "array", "text", "number"],
)
def test_processing_is_read_from_the_manifest_of_a_run(preds, gt, manifest, expected):
    (preds / "manifest.json").write_text(json.dumps(manifest))
    processing = score_files(preds, gt).processing
    assert (processing.get("fill"), processing.get("smooth")) == expected


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({"fill": "none", "smooth": "none"}, ("none", "none")),
        ({"fill": "none", "thresholds": "0.4"}, ("0.4", "none")),
        ({"fill": "none", "thresholds": "0.4,0.5", "offsets": "0.1,0"}, ("0.4,0.5", "0.1,0")),
        ({}, (None, None)),
    ],
    ids=["default", "thresholds", "both", "unknown"],
)
def test_thresholds_and_offsets_are_none_where_a_run_used_the_defaults(
    preds, gt, labels, expected
):
    (preds / "manifest.json").write_text(json.dumps({"labels": labels}))
    processing = score_files(preds, gt).processing
    assert (processing.get("thresholds"), processing.get("offsets")) == expected


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b""], ids=["cut", "binary", "empty"])
def test_an_unreadable_manifest_is_taken_for_none(preds, gt, content):
    (preds / "manifest.json").write_bytes(content)
    assert score_files(preds, gt).processing == {}


LABELS = {"fill": "linear", "smooth": "none"}


@pytest.mark.parametrize(
    "manifest",
    [
        {"labels": LABELS, "planned": ["video1"]},
        {"labels": {}, "planned": ["video1"], "videos": [], "refining": LABELS},
    ],
    ids=["predict", "refine"],
)
def test_a_run_that_was_stopped_while_labels_were_written_is_refused(preds, gt, manifest):
    (preds / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(DataError, match="stopped while its labels were written; give the command"):
        score_files(preds, gt)
