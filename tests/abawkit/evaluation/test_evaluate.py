"""Scoring tracks: which frames count, how videos pool, and what is refused."""

import math
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abawkit import CHALLENGES, Track, evaluate, f1_macro, f1_mean, find_challenge, mean_ccc, p_mtl
from abawkit.errors import AlignmentError, DataError, UnknownChallengeError
from tests.strategies import masks, tracks, values_of

VA, EXPR, AU, MTL = (CHALLENGES[f"abaw3-{task}"] for task in ("va", "expr", "au", "mtl"))
TRUE = [[0.1, 0.4], [0.3, -0.2], [-0.5, 0.6], [0.2, 0.1]]
PRED = [[0.2, 0.4], [0.1, -0.3], [-0.4, 0.2], [0.3, 0.1]]


def unknown(values, *cells):
    """Give the mask of values of which some cells, or rows, are not known."""
    known = np.ones(np.shape(values), bool)
    for cell in cells:
        known[cell] = False
    return known


def numbered(count):
    return [Track.of(f"video{number}", TRUE) for number in range(count)]


def random_mtl(seed, *, masked=0.0):
    rng = np.random.default_rng(seed)
    va = rng.integers(-1000, 1001, (300, 2)) / 1000
    values = np.hstack([va, rng.integers(8, size=(300, 1)), rng.integers(2, size=(300, 12))])
    return Track.of("video1", values, rng.random((300, 15)) >= masked)


@st.composite
def pairs(draw):
    """Truth and prediction of a few videos, each of any length and with gaps."""
    truth = [draw(tracks(2, min_size=1)) for _ in range(draw(st.integers(1, 4)))]
    both = {}
    for number, track in enumerate(truth):
        values = draw(values_of(VA.targets[0], track.n_frames))
        prediction = Track.of(f"video{number}", values, draw(masks(values.shape)))
        both[f"video{number}"] = track, prediction
    return {v: true for v, (true, _) in both.items()}, {v: pred for v, (_, pred) in both.items()}


def test_a_challenge_is_given_as_a_row_or_by_its_name():
    truth, prediction = [Track.of("video1", TRUE)], [Track.of("video1", PRED)]
    named = evaluate("ABAW3-VA", truth, prediction)
    assert named.challenge is VA
    assert named.score == evaluate(VA, truth, prediction).score


def test_an_unknown_name_is_refused():
    with pytest.raises(UnknownChallengeError, match="no task 'vaa'"):
        evaluate("vaa", [], [])


def test_tracks_are_given_as_a_mapping_or_one_by_one():
    truth, prediction = Track.of("video1", TRUE), Track.of("video1", PRED)
    mapped = evaluate(VA, {"video1": truth}, {"video1": prediction})
    assert mapped.score == evaluate(VA, iter([truth]), iter([prediction])).score


def test_videos_are_matched_by_name_not_by_place():
    truth = [Track.of("a", TRUE), Track.of("b", PRED)]
    assert evaluate(VA, truth, truth[::-1]).score == pytest.approx(1.0)


def test_two_videos_score_as_the_concatenated_traces():
    # Values of two short videos whose mean of per-video scores is another: 0.4747.
    first = [[0.1, 0.1], [0.2, 0.2], [0.3, 0.3]], [[0.1, 0.1], [0.2, 0.2], [0.3, 0.3]]
    second = [[0.5, 0.5], [0.6, 0.6], [0.7, 0.7]], [[0.2, 0.2], [0.1, 0.1], [0.0, 0.0]]
    truth = [Track.of("a", first[0]), Track.of("b", second[0])]
    prediction = [Track.of("a", first[1]), Track.of("b", second[1])]
    assert evaluate(VA, truth, prediction).score == pytest.approx(-0.1690140845070422, abs=1e-12)


@pytest.mark.parametrize("column", [0, 1])
def test_either_sentinel_drops_a_va_frame_from_both_outputs(column):
    truth = [Track.of("video1", TRUE, unknown(TRUE, (1, column)))]
    report = evaluate(VA, truth, [Track.of("video1", PRED)])
    rows = [0, 2, 3]
    assert report.score == pytest.approx(mean_ccc(np.array(TRUE)[rows], np.array(PRED)[rows]))
    assert (report.total.n_frames, report.total.n_masked) == (3, 1)


def test_an_unannotated_action_unit_hides_only_itself():
    rng = np.random.default_rng(3)
    y_true, y_pred = rng.integers(2, size=(2, 40, 12))
    known = unknown(y_true, (slice(10), 0))
    report = evaluate(AU, [Track.of("v", y_true, known)], [Track.of("v", y_pred)])
    assert report.score == pytest.approx(f1_mean(y_true, y_pred, known=known), abs=1e-12)
    assert (report.total.n_frames, report.total.n_masked) == (40, 0)


def test_mtl_is_the_sum_of_three_scores_each_masked_on_its_own():
    truth, prediction = random_mtl(1, masked=0.1), random_mtl(2)
    va, expr = (truth.known[:, block].all(axis=1) for block in (slice(2), slice(2, 3)))
    y_true, y_pred, au = truth.values, prediction.values, truth.known[:, 3:]
    expected = (
        mean_ccc(y_true[va, :2], y_pred[va, :2])
        + f1_macro(y_true[expr, 2], y_pred[expr, 2], classes=8)
        + f1_mean(np.where(au, y_true[:, 3:], 0), y_pred[:, 3:], known=au)
    )
    assert evaluate(MTL, [truth], [prediction]).score == pytest.approx(expected, abs=1e-12)


def test_mtl_is_p_mtl():
    true, pred = random_mtl(1), random_mtl(2)
    both = list(zip(true.values.T, pred.values.T, strict=True))
    va, au = np.array(both[:2]).transpose(1, 2, 0), np.array(both[3:]).transpose(1, 2, 0)
    expected = p_mtl(va=tuple(va), expr=both[2], au=tuple(au))
    assert evaluate(MTL, [true], [pred]).score == pytest.approx(expected, abs=1e-12)


def test_components_are_named_by_metric_and_output_or_target():
    report = evaluate(MTL, [random_mtl(1)], [random_mtl(2)])
    assert list(report.components) == ["ccc_valence", "ccc_arousal", "f1_expr", "f1_au"]
    (va, expr, au) = (part.score for part in report.total.summary.parts)
    valence, arousal, *labels = report.components.values()
    assert (np.mean([valence, arousal]), *labels) == pytest.approx((va, expr, au))


def test_components_of_the_early_editions_are_f1_and_accuracy():
    tracks = [Track.of("v", [[0.0], [1.0]])]
    report = evaluate("abaw2-expr", tracks, tracks)
    assert report.components == pytest.approx({"f1_expr": 2 / 7, "accuracy_expr": 1.0})
    assert report.score == pytest.approx(0.67 * 2 / 7 + 0.33)


def test_a_frame_without_a_crop_is_scored():
    """Trap 9: scoring only frames with a face flatters; the filled-in ones count as well."""
    filled = np.array(PRED)
    filled[2] = 0.0
    whole = evaluate(VA, [Track.of("v", TRUE)], [Track.of("v", filled)])
    assert whole.total.n_frames == 4
    assert whole.score == pytest.approx(mean_ccc(TRUE, filled), abs=1e-12)


def test_an_absent_class_counts_0():
    """Trap 12: averaging over the classes present would give 1 here."""
    tracks = [Track.of("v", [[0.0], [1.0], [7.0]])]
    report = evaluate(EXPR, tracks, tracks)
    assert report.per_class["Anger"] == 1.0
    assert report.per_class["Fear"] == 0.0
    assert report.score == pytest.approx(3 / 8)


@given(pairs(), st.data())
def test_nothing_leaks_between_videos(both, data):
    """Traps 3 and 4: other videos' values change nothing in a video's own score."""
    truth, prediction = both
    first, *others = prediction
    changed = {}
    for video in others:
        values = data.draw(values_of(VA.targets[0], prediction[video].n_frames))
        changed[video] = Track.of(video, values, data.draw(masks(values.shape)))
    one = evaluate(VA, truth, prediction, allow_missing=True).videos[first]
    two = evaluate(VA, truth, {**prediction, **changed}, allow_missing=True).videos[first]
    assert one.summary == two.summary


@given(pairs())
def test_no_frame_is_invented_or_lost(both):
    truth, prediction = both
    report = evaluate(VA, truth, prediction, allow_missing=True)
    total = report.total
    annotated = sum(int(track.known.all(axis=1).sum()) for track in truth.values())
    assert total.n_frames + total.n_missing == annotated
    assert annotated + total.n_masked == sum(track.n_frames for track in truth.values())
    assert report.coverage == (total.n_frames / annotated if annotated else 1.0)


@given(pairs())
def test_frames_without_a_prediction_are_left_out_where_that_is_allowed(both):
    truth, prediction = both
    report = evaluate(VA, truth, prediction, allow_missing=True)
    kept = [
        (track.values[both_known], pred.values[both_known])
        for track, pred in ((truth[video], prediction[video]) for video in truth)
        for both_known in [(track.known & pred.known).all(axis=1)]
    ]
    y_true, y_pred = map(np.vstack, zip(*kept, strict=True))
    assert report.total.n_frames == len(y_true)
    summary = VA.targets[0].summarise(y_true, y_pred)
    assert report.score == pytest.approx(summary.score, abs=1e-9, nan_ok=True)


@given(pairs())
def test_the_total_is_the_sum_of_the_videos(both):
    report = evaluate(VA, *both, allow_missing=True)
    for name in ("n_frames", "n_masked", "n_missing"):
        assert getattr(report.total, name) == sum(getattr(v, name) for v in report.videos.values())


def test_a_video_without_any_prediction_is_missing_in_full():
    truth = [Track.of("a", TRUE), Track.of("b", TRUE)]
    report = evaluate(VA, truth, [Track.of("a", PRED)], allow_missing=True)
    assert (report.videos["b"].n_frames, report.videos["b"].n_missing) == (0, 4)
    assert report.coverage == 0.5
    assert report.score == pytest.approx(mean_ccc(TRUE, PRED))


def test_a_missing_frame_is_one_that_lacks_any_annotated_value():
    known = unknown(PRED, (0, 1), 3)
    partial = [Track.of("v", PRED, known)]
    report = evaluate(VA, [Track.of("v", TRUE)], partial, allow_missing=True)
    assert (report.total.n_frames, report.total.n_missing) == (2, 2)


def test_a_frame_that_is_not_annotated_needs_no_prediction():
    truth = [Track.of("v", TRUE, unknown(TRUE, 3))]
    assert evaluate(VA, truth, [Track.of("v", PRED, unknown(PRED, 3))]).coverage == 1.0


def test_rows_that_are_listed_may_end_before_their_annotation():
    listed = np.ones(3, bool)
    prediction = Track.of("v", PRED[:3], listed=listed)
    truth = [Track.of("v", TRUE, unknown(TRUE, 3))]
    assert evaluate(VA, truth, [prediction]).coverage == 1.0
    report = evaluate(VA, [Track.of("v", TRUE)], [prediction], allow_missing=True)
    assert report.total.n_missing == 1
    assert report.score == pytest.approx(mean_ccc(TRUE[:3], PRED[:3]), abs=1e-12)


@pytest.mark.parametrize("allow_missing", [False, True])
@pytest.mark.parametrize("rows", [PRED[:3], PRED + PRED[:1], []], ids=["short", "long", "none"])
def test_rows_by_place_must_be_as_many_as_annotated_even_if_the_last_are_masked(
    rows, allow_missing
):
    truth = [Track.of("v", TRUE, unknown(TRUE, 3))]
    prediction = [Track.of("v", np.reshape(rows, (-1, 2)))]
    with pytest.raises(AlignmentError, match="row i is frame i, so one row dropped or added"):
        evaluate(VA, truth, prediction, allow_missing=allow_missing)


def test_a_prediction_may_be_longer_or_shorter_than_a_sparse_annotation():
    listed = np.array([True, True, False, True])
    truth = Track.of("v", TRUE, listed, listed)
    report = evaluate(VA, [truth], [Track.of("v", PRED[:3])], allow_missing=True)
    assert (report.total.n_frames, report.total.n_missing) == (2, 1)


def test_videos_that_are_not_annotated_are_counted_and_ignored():
    truth = [Track.of("a", TRUE)]
    report = evaluate(VA, truth, [Track.of("a", PRED), Track.of("z", TRUE), Track.of("y", TRUE)])
    assert report.unused == ("z", "y")
    assert list(report.videos) == ["a"]
    assert report.score == pytest.approx(mean_ccc(TRUE, PRED))


def test_a_sparse_annotation_takes_predictions_for_more_frames():
    listed = np.array([False, True, True, False])
    truth = Track.of("v", TRUE, listed, listed)
    report = evaluate(VA, [truth], [Track.of("v", PRED + PRED)])
    assert report.score == pytest.approx(mean_ccc(TRUE[1:3], PRED[1:3]))
    assert (report.total.n_frames, report.total.n_masked) == (2, 0)


def test_a_listed_row_without_annotation_is_masked():
    listed = np.array([False, True, True, True])
    truth = Track.of("v", TRUE, unknown(TRUE, 0, 2), listed)
    report = evaluate(VA, [truth], [Track.of("v", PRED)])
    assert (report.total.n_frames, report.total.n_masked) == (2, 1)


def test_a_score_of_no_frames_is_undefined_with_coverage_1():
    report = evaluate(VA, [Track.of("v", TRUE, unknown(TRUE, slice(4)))], [Track.of("v", PRED)])
    assert math.isnan(report.score)
    assert (report.total.n_masked, report.coverage) == (4, 1.0)


def test_a_per_video_score_may_be_undefined_where_the_total_is_not():
    truth = [Track.of("a", [[0.5, 0.5]] * 3), Track.of("b", TRUE)]
    report = evaluate(VA, truth, truth)
    assert math.isnan(report.videos["a"].summary.score)
    assert report.score == pytest.approx(1.0)


def test_a_report_is_frozen():
    report = evaluate(VA, [Track.of("v", TRUE)], [Track.of("v", PRED)])
    with pytest.raises(FrozenInstanceError):
        report.unused = ("w",)


@pytest.mark.parametrize(
    ("truth", "prediction", "message"),
    [
        ([], numbered(1), "there is no annotated video"),
        (
            numbered(9),
            numbered(1),
            (
                r"^8 of 9 annotated videos have no prediction: "
                r"video1, video2, video3, video4, video5 and 3 more\. .*\(--allow-missing\)$"
            ),
        ),
        (
            numbered(3),
            [Track.of(f"video{n}", TRUE, unknown(TRUE, (slice(1, 4), 0))) for n in range(3)],
            (
                "^9 annotated frames of 3 videos have no prediction: video0 frame 2, "
                "video0 frame 3, video0 frame 4, video1 frame 2, video1 frame 3 and 4 more"
                r"\. .*\(--allow-missing\)$"
            ),
        ),
        (
            numbered(1),
            [Track.of("video0", TRUE, unknown(TRUE, (2, 1)))],
            r"^1 annotated frames of 1 videos have no prediction: video0 frame 3\.",
        ),
        (
            numbered(7),
            [Track.of(f"video{number}", TRUE + TRUE) for number in range(7)],
            (
                r"^7 videos have another number of rows than their annotation: "
                r"video0 \(8 rows, annotated 4\), .*video4 \(8 rows, annotated 4\) and 2 more; row"
            ),
        ),
        (
            numbered(1),
            [Track.of("video0", TRUE + TRUE, listed=np.ones(8, bool))],
            (
                "^1 videos have rows beyond the end of their annotation: "
                r"video0 \(8 rows, annotated 4\)$"
            ),
        ),
        (
            numbered(1),
            [Track.of("video0", [[0.0]] * 4)],
            "^video0: expected 2 columns for abaw3-va, found 1$",
        ),
        (
            [Track.of("video0", [[0.0] * 3] * 4)],
            numbered(1),
            "^video0: expected 2 columns for abaw3-va, found 3$",
        ),
        (numbered(1) * 2, numbered(1), "^there are two tracks of video0; expected one a video$"),
        (numbered(1), numbered(1) * 2, "^there are two tracks of video0; expected one a video$"),
    ],
    ids=[
        "nothing", "videos", "frames", "value", "surplus", "beyond", "narrow", "wide",
        "twice", "twice-pred",
    ],
)  # fmt: skip
def test_what_does_not_align_is_refused_with_the_first_offenders(truth, prediction, message):
    with pytest.raises(AlignmentError, match=message):
        evaluate(VA, truth, prediction)


@pytest.mark.parametrize("rows", [TRUE + TRUE, [[0.0]]], ids=["surplus", "columns"])
def test_other_rows_and_columns_are_refused_even_where_frames_may_be_missing(rows):
    with pytest.raises(AlignmentError):
        evaluate(VA, numbered(1), [Track.of("video0", rows)], allow_missing=True)


def test_an_alignment_error_is_a_value_error():
    with pytest.raises(ValueError, match="no annotated video"):
        evaluate(find_challenge("va"), {}, {})


def test_a_sentinel_that_was_left_in_is_refused():
    truth = Track.of("video1", [[0.1, 0.2], [-5, -5]])
    with pytest.raises(DataError, match=r"video1, frame 2: valence: expected -1 to 1, found -5"):
        evaluate("abaw3-va", [truth], [Track.of("video1", [[0.1, 0.2], [0.3, 0.4]])])
