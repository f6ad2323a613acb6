"""Every row of the table, and what finds them."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score

from abawkit.errors import UnknownChallengeError
from abawkit.protocol import (
    CHALLENGES,
    DEFAULT_EDITION,
    EDITIONS,
    KEY_COLUMNS,
    Categorical,
    Continuous,
    MultiLabel,
    blocks,
    challenges_of,
    column_names,
    find_challenge,
    owners_of,
)
from abawkit.protocol.table import TRIALS_INFERRED, by_name

NEUTRAL_TO_SURPRISE = "Neutral,Anger,Disgust,Fear,Happiness,Sadness,Surprise"
NEUTRAL_TO_OTHER = "Neutral,Anger,Disgust,Fear,Happiness,Sadness,Surprise,Other"
AUS_8 = "AU1,AU2,AU4,AU6,AU12,AU15,AU20,AU25"
AUS_12 = "AU1,AU2,AU4,AU6,AU7,AU10,AU12,AU15,AU23,AU24,AU25,AU26"
COMPOUND = (
    "Fearfully_Surprised,Happily_Surprised,Sadly_Surprised,Disgustedly_Surprised,"
    "Angrily_Surprised,Sadly_Fearful,Sadly_Angry"
)
REACTION = "Adoration,Amusement,Anxiety,Disgust,Empathic-Pain,Fear,Surprise"
MIMICRY = "Admiration,Amusement,Determination,Empathic Pain,Excitement,Joy"

TASKS = {
    1: "va expr au",
    2: "va expr au",
    3: "va expr au mtl",
    4: "mtl lsd",
    5: "va expr au eri",
    6: "va expr au ce emi",
    7: "mtl ce",
    8: "va expr au emi ah",
    9: "va",
    10: "va expr au vd emi ah",
    11: "mtl ah",
}
SUBMISSION_HEADERS = {
    "abaw1-va": "valence,arousal",
    "abaw1-expr": NEUTRAL_TO_SURPRISE,
    "abaw1-au": AUS_8,
    "abaw2-expr": NEUTRAL_TO_SURPRISE,
    "abaw2-au": AUS_12,
    "abaw3-va": "valence,arousal",
    "abaw3-expr": NEUTRAL_TO_OTHER,
    "abaw3-au": AUS_12,
    "abaw3-mtl": "image,valence,arousal,expression,aus",
    "abaw4-mtl": "image,valence,arousal,expression,aus",
    "abaw4-lsd": "image,expression",
    "abaw5-va": "image_location,valence,arousal",
    "abaw5-expr": f"image_location,{NEUTRAL_TO_OTHER}",
    "abaw5-au": f"image_location,{AUS_12}",
    "abaw5-eri": f"File_ID,{REACTION}",
    "abaw6-ce": f"image_location,{COMPOUND}",
    "abaw6-emi": f"Filename,{MIMICRY}",
    "abaw8-ah": None,
    "abaw9-va": "image_location,valence,arousal",
    "abaw10-expr": f"image_location,{NEUTRAL_TO_OTHER}",
    "abaw10-vd": "Frame_Number,Label",
    "abaw11-ah": None,
    "abaw11-mtl": "image,valence,arousal,expression,aus",
}
AH_VIDEO = "Videos/82964/Visite_1/82964_Question_1_2025-04-12_15-24-21_Video.mp4"
SAMPLE_ROWS = [
    ("abaw3-mtl", "video45_1", 8, "video45_1/00008.jpg"),
    ("abaw4-lsd", "0", 1, "0.jpg"),
    ("abaw5-va", "2-30-640x360", 1, "2-30-640x360/00001.jpg"),
    ("abaw5-expr", "14-30-1920x1080", 1, "14-30-1920x1080/00001.jpg"),
    ("abaw6-ce", "01", 2, "01/00002.jpg"),
    ("abaw8-ah", "82683/Visite_1/82683.mp4", 0, "82683/Visite_1/82683.mp4/frame-0.jpg"),
    ("abaw11-ah", AH_VIDEO, 1, AH_VIDEO),
    ("abaw11-mtl", "video45_1", 1, "video45_1/00001.jpg"),
    ("abaw10-vd", "any", 1, "1"),
    ("abaw6-va", "video2_left", 123_456, "video2_left/123456.jpg"),
]
TEST_ROWS = {
    "abaw3-mtl": 51_245,
    "abaw4-mtl": 51_159,
    "abaw4-lsd": 106_120,
    "abaw5-va": 927_210,
    "abaw6-expr": 1_022_655,
    "abaw6-au": 729_736,
    "abaw7-ce": 26_145,
    "abaw7-mtl": 51_159,
    "abaw8-emi": 4_586,
    "abaw8-ah": 169_479,
    "abaw8-va": None,
    "abaw10-ah": 161,
    "abaw11-ah": 152,
}
VIDEOS = {
    "abaw3-va": (341, 71, 152),
    "abaw3-expr": (248, 70, 228),
    "abaw3-au": (295, 105, 141),
    "abaw5-va": (356, 76, 162),
    "abaw10-va": (356, 76, 162),
    "abaw10-au": (295, 105, 141),
}

every_challenge = pytest.mark.parametrize("challenge", CHALLENGES.values(), ids=CHALLENGES)
every_edition = pytest.mark.parametrize("edition", EDITIONS, ids=lambda row: f"abaw{row.number}")


def formats_of(challenge):
    return challenge.protocol.annotation, challenge.protocol.submission


def truth_of(target):
    """Give labels in which every output and class occurs and varies."""
    match target:
        case Continuous():
            return np.linspace(target.low, target.high, 5 * target.columns).reshape(5, -1)
        case Categorical():
            return np.arange(len(target.names))[:, None]
        case MultiLabel():
            return np.repeat([[0], [1]], target.columns, axis=1)


def drawn(challenge, high, columns):
    """Give a random truth and prediction, with the score of their first target."""
    rng = np.random.default_rng(7)
    y_true, y_pred = rng.integers(0, high, (2, 200, columns))
    return y_true, y_pred, CHALLENGES[challenge].targets[0].summarise(y_true, y_pred).score


def test_editions_ascend_from_1_to_11():
    assert [edition.number for edition in EDITIONS] == list(range(1, 12))


def test_every_edition_has_its_tasks():
    found = {row.number: " ".join(p.task for p in row.protocols) for row in EDITIONS}
    assert found == TASKS


def test_number_and_task_are_unique():
    pairs = [(row.number, task.task) for row in EDITIONS for task in row.protocols]
    assert len(set(pairs)) == len(pairs) == len(CHALLENGES)


@every_edition
def test_an_edition_has_venue_and_reference(edition):
    assert edition.venue.strip()
    assert edition.reference.strip()
    assert edition.protocols


@every_challenge
def test_a_challenge_says_where_its_facts_stand(challenge):
    protocol = challenge.protocol
    assert protocol.title
    assert protocol.score
    assert protocol.sources
    assert all(text.strip() for text in (*protocol.sources, *protocol.unconfirmed))
    assert all(split.source for split in protocol.splits)


@pytest.mark.parametrize("number", [4, 5, 8, 9])
def test_an_edition_with_open_questions_lists_them(number):
    assert EDITIONS[number - 1].unconfirmed


@pytest.mark.parametrize(("name", "header"), SUBMISSION_HEADERS.items(), ids=SUBMISSION_HEADERS)
def test_submission_header_is_the_official_one_to_the_letter(name, header):
    assert CHALLENGES[name].protocol.submission.header == header


@pytest.mark.parametrize("number", [3, 5, 6, 8, 10])
def test_annotations_stay_one_file_a_video(number):
    annotations = [find_challenge(t, number).protocol.annotation for t in ("va", "expr", "au")]
    assert [a.header for a in annotations] == ["valence,arousal", NEUTRAL_TO_OTHER, AUS_12]
    assert {(a.file, a.key) for a in annotations} == {("{video}.txt", None)}


@every_challenge
def test_a_header_names_the_columns(challenge):
    """Headers of EXPR and CE list the classes of one column, that of MTL has 4 names for 15."""
    exceptions = {"expr": len(challenge.targets[0].names), "ce": 7, "mtl": 4}
    labels = exceptions.get(challenge.protocol.task, challenge.protocol.columns)
    for layout in formats_of(challenge):
        if layout.header is not None:
            assert len(layout.header.split(",")) == labels + (layout.key is not None)


@every_challenge
def test_a_header_begins_with_its_key(challenge):
    for layout in formats_of(challenge):
        if layout.key is not None:
            assert (layout.key.column is None) == (layout.header is None)
            assert (layout.header or "None").split(",")[0] == str(layout.key.column)


@every_challenge
def test_a_file_and_its_key_together_name_the_video(challenge):
    for layout in formats_of(challenge):
        keyed_by_video = layout.key is not None and "video" in layout.key.fields
        assert layout.per_video != keyed_by_video


def test_mtl_rows_have_15_labels():
    assert CHALLENGES["abaw3-mtl"].protocol.columns == 15
    names = column_names(CHALLENGES["abaw3-mtl"].targets)
    assert ",".join(names) == f"valence,arousal,expr,{AUS_12}"


@every_challenge
def test_the_targets_share_out_all_columns(challenge):
    spans = [span for _, span in blocks(challenge.targets)]
    columns = [column for span in spans for column in range(span.start, span.stop)]
    assert columns == list(range(challenge.protocol.columns))
    assert len(column_names(challenge.targets)) == challenge.protocol.columns


@every_challenge
def test_blocks_can_have_another_width(challenge):
    spans = [span for _, span in blocks(challenge.targets, width=lambda t: len(t.names) + 1)]
    widths = [len(target.names) + 1 for target in challenge.targets]
    assert [span.stop - span.start for span in spans] == widths
    assert [span.start for span in spans] == [0, *(span.stop for span in spans[:-1])]


def test_the_1st_editions_rows_say_that_its_lists_of_lengths_are_not_read():
    (note,) = CHALLENGES["abaw1-va"].edition.unconfirmed
    assert "{VA,Expr}_Challenge_video_and_total_number_of_frames.txt" in note
    assert note.endswith("they are not read")


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("abaw1-expr", NEUTRAL_TO_SURPRISE),
        ("abaw4-lsd", "Anger,Disgust,Fear,Happiness,Sadness,Surprise"),
        ("abaw7-ce", COMPOUND),
        ("abaw10-emi", MIMICRY),
        ("abaw1-au", AUS_8),
        ("abaw11-ah", "No A/H,A/H"),
        ("abaw10-vd", "Non-violence,Violence"),
    ],
)
def test_names_stand_in_the_order_of_their_indices(name, names):
    assert ",".join(CHALLENGES[name].targets[0].names) == names


@every_challenge
def test_a_sentinel_is_no_valid_value(challenge):
    for target in challenge.targets:
        match target:
            case Continuous():
                assert not target.low <= target.unannotated <= target.high
            case Categorical():
                assert target.unannotated not in range(len(target.names))
            case MultiLabel():
                assert target.unannotated not in {0, 1}


@pytest.mark.parametrize(("task", "sentinel"), [("va", -5), ("expr", -1), ("au", -1)])
def test_aff_wild2_marks_unannotated_values(task, sentinel):
    rows = [c for c in CHALLENGES.values() if c.protocol.task == task]
    assert {row.targets[0].unannotated for row in rows} == {sentinel}


def test_va_hides_whole_frames_and_au_single_values():
    va, _, au = CHALLENGES["abaw3-mtl"].targets
    assert (va.masking, au.masking) == ("frame", "value")


@pytest.mark.parametrize(("name", "video", "frame", "row"), SAMPLE_ROWS)
def test_key_renders_the_official_sample_row(name, video, frame, row):
    key = CHALLENGES[name].protocol.submission.key
    assert key.pattern.format(video=video, frame=frame) == row


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("abaw3-va", "{video}.txt"),
        ("abaw3-mtl", "MTL_predictions.txt"),
        ("abaw5-va", "predictions.txt"),
        ("abaw10-vd", "{video}.csv"),
    ],
)
def test_submission_file_is_named_as_asked(name, file):
    assert CHALLENGES[name].protocol.submission.file == file


def test_only_ah_frames_count_from_0():
    keyed = {n: c.protocol.submission.key for n, c in CHALLENGES.items()}
    assert [name for name, key in keyed.items() if key and key.first != 1] == ["abaw8-ah"]


def test_only_ah_of_whole_videos_is_submitted_with_probabilities():
    names = [n for n, c in CHALLENGES.items() if c.protocol.submission.probabilities]
    assert names == ["abaw10-ah", "abaw11-ah"]
    assert not any(c.protocol.annotation.probabilities for c in CHALLENGES.values())


@pytest.mark.parametrize(("name", "rows"), TEST_ROWS.items(), ids=TEST_ROWS)
def test_official_number_of_test_rows(name, rows):
    splits = {split.name: split for split in CHALLENGES[name].protocol.splits}
    assert splits["test"].rows == rows


@pytest.mark.parametrize(("name", "videos"), VIDEOS.items(), ids=VIDEOS)
def test_official_number_of_videos(name, videos):
    splits = CHALLENGES[name].protocol.splits
    assert tuple(split.name for split in splits) == ("train", "validation", "test")
    assert tuple(split.videos for split in splits) == videos


def test_only_the_test_rows_of_the_6th_edition_are_known():
    splits = CHALLENGES["abaw6-va"].protocol.splits
    assert [split.rows for split in splits] == [None, None, 927_210]


@every_challenge
def test_perfect_predictions_score_the_maximum(challenge):
    scores = []
    for target in challenge.targets:
        truth = truth_of(target)
        scores.append(target.summarise(truth, truth).score)
    assert sum(scores) == pytest.approx(len(challenge.targets), abs=1e-12)


@every_challenge
def test_a_score_has_one_value_an_output_or_class(challenge):
    for target in challenge.targets:
        truth = truth_of(target)
        assert len(target.summarise(truth, truth).per_output) == len(target.names)


@pytest.mark.parametrize("name", ["abaw1-expr", "abaw2-expr"])
def test_early_expression_score_is_067_f1_and_033_accuracy(name):
    y_true, y_pred, score = drawn(name, high=7, columns=1)
    f1 = f1_score(y_true, y_pred, average="macro", labels=range(7))
    expected = 0.67 * f1 + 0.33 * accuracy_score(y_true, y_pred)
    assert score == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("name", "columns"), [("abaw1-au", 8), ("abaw2-au", 12)])
def test_early_action_unit_score_is_half_f1_half_accuracy_of_cells(name, columns):
    y_true, y_pred, score = drawn(name, high=2, columns=columns)
    f1 = f1_score(y_true, y_pred, average="macro")
    expected = 0.5 * f1 + 0.5 * (y_true == y_pred).mean()
    assert score == pytest.approx(expected, abs=1e-12)


def test_composite_score_ignores_unknown_values():
    summarise = CHALLENGES["abaw2-expr"].targets[0].summarise
    known = [True, True, False]
    assert summarise([0, 1, -1], [0, 2, 5], known=known).score == summarise([0, 1], [0, 2]).score


@pytest.mark.parametrize("number", [3, 5, 6, 8, 10])
def test_later_expression_score_is_macro_f1_over_8(number):
    y_true, y_pred, score = drawn(f"abaw{number}-expr", high=6, columns=1)
    total = f1_score(y_true, y_pred, average=None, labels=range(8), zero_division=0).sum()
    assert score == pytest.approx(total / 8, abs=1e-12)


@pytest.mark.parametrize(
    ("name", "columns", "printed", "total"),
    [
        ("abaw2-expr", 1, (76.33, 80.69), 77.7688),
        ("abaw2-expr", 1, (68.34, 77.09), 71.2275),
        ("abaw2-au", 12, (50.59, 88.82), 69.705),
        ("abaw2-au", 12, (48.92, 89.15), 69.035),
    ],
)
def test_weights_reproduce_the_official_leaderboards_of_the_2nd(name, columns, printed, total):
    truth = np.zeros((1, columns))
    weights = CHALLENGES[name].targets[0].summarise(truth, truth).weights
    assert np.dot(weights, printed) == pytest.approx(total, abs=1e-9)


def test_early_scores_name_their_components():
    truth = np.zeros((2, 12))
    summary = CHALLENGES["abaw2-au"].targets[0].summarise(truth, truth)
    assert summary.components == {"f1": 0.0, "accuracy": 1.0}


def test_intensities_are_scored_by_correlation():
    truth = truth_of(CHALLENGES["abaw6-emi"].targets[0])
    summary = CHALLENGES["abaw6-emi"].targets[0].summarise(truth, truth / 2 + 0.1)
    assert summary.components == {"pearson": pytest.approx(1.0, abs=1e-12)}


@every_challenge
def test_a_challenge_is_found_by_its_name(challenge):
    assert find_challenge(challenge.name) is challenge
    assert find_challenge(challenge.name.upper()) is challenge
    assert find_challenge(challenge.name, challenge.edition.number) is challenge


@every_challenge
def test_a_challenge_is_found_by_task_and_edition(challenge):
    task, number = challenge.protocol.task, challenge.edition.number
    assert find_challenge(task, number) is challenge
    assert find_challenge(f" {task.upper()} ", edition=number) is challenge


def test_the_default_edition_is_the_3rd():
    assert DEFAULT_EDITION == 3
    assert find_challenge("va").name == "abaw3-va"


@pytest.mark.parametrize(
    ("name", "edition", "fragments"),
    [
        ("abaw6-va", 5, ["'abaw6-va' is of edition 6", "edition 5 was asked for"]),
        ("lsd", None, ["edition 3 has no task 'lsd'", "it is in edition 4"]),
        ("ce", 5, ["edition 5 has no task 'ce'", "6, 7"]),
        ("abaw4-va", None, ["edition 4 has no task 'va'", "1, 2, 3, 5, 6, 8, 9, 10"]),
        ("exp", 3, ["no task 'exp'", "it has va, expr, au, mtl", "did you mean 'expr'?"]),
        ("abaww6-va", None, ["edition 3 has no task", "did you mean 'abaw6-va'?"]),
        ("va", 12, ["there is no edition 12", "there are 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11"]),
        ("abaw0-va", None, ["there is no edition 0"]),
        ("abaw" + "9" * 5000 + "-va", None, ["edition 3 has no task"]),
    ],
    ids=["conflict", "default", "edition", "name", "task", "typo", "12th", "0th", "long"],
)
def test_an_unknown_challenge_is_refused_with_what_there_is(name, edition, fragments):
    with pytest.raises(UnknownChallengeError) as caught:
        find_challenge(name, edition)
    assert [part for part in fragments if part not in str(caught.value)] == []


def test_no_hint_is_given_without_a_near_match():
    with pytest.raises(UnknownChallengeError) as caught:
        find_challenge("qqqq", 9)
    assert str(caught.value) == "edition 9 has no task 'qqqq'; it has va"


def test_an_added_row_is_listed_under_its_own_names():
    added = replace(EDITIONS[5], number=12)
    names = set(by_name((*EDITIONS, added))) - set(CHALLENGES)
    assert names == {"abaw12-va", "abaw12-expr", "abaw12-au", "abaw12-ce", "abaw12-emi"}


@every_challenge
def test_the_number_of_submissions_is_seven_in_the_2nd_edition_and_five_in_the_others(challenge):
    assert challenge.protocol.trials == (7 if challenge.edition.number == 2 else 5)
    confirmed = {"abaw10-ah", "abaw11-ah", "abaw10-vd"}
    inferred = TRIALS_INFERRED in challenge.protocol.unconfirmed
    assert inferred == (challenge.name not in confirmed)
    assert challenge.protocol.trials_confirmed == (not inferred)


def test_only_files_of_trials_are_numbered():
    numbered = {name for name, row in CHALLENGES.items() if row.protocol.submission.numbered}
    assert numbered == {"abaw8-ah", "abaw10-ah", "abaw11-ah"}


def test_numbers_go_on_from_those_of_the_edition():
    first = find_challenge("abaw8-ah").protocol.submission
    assert [first.trial_file(index) for index in range(2)] == ["trial-1.txt", "trial-2.txt"]
    assert find_challenge("abaw11-ah").protocol.submission.trial_file(12) == "trial-12.txt"


@every_challenge
def test_a_file_has_its_own_name_or_that_of_another_trial(challenge):
    layout = challenge.protocol.submission
    assert layout.fits(layout.file)
    assert layout.fits("trial-17.txt") == layout.numbered
    others = (f"{layout.file}2", f"my-{layout.file}", "trial-.txt", "trial-1_txt", "trial-1.csv")
    assert not any(map(layout.fits, others))


@every_challenge
def test_a_header_is_owned_by_all_that_have_it(challenge):
    for layout in (challenge.protocol.annotation, challenge.protocol.submission):
        if layout.header is not None:
            owners = owners_of(layout.header)
            assert challenge in owners
            assert all(layout.header in {x.header for x in row.protocol.layouts} for row in owners)
            assert owners_of(f"{layout.header} ") == []


@every_challenge
def test_a_challenge_is_asked_for_by_its_task_or_its_name_and_its_edition(challenge):
    name, task, number = challenge.name, challenge.protocol.task, challenge.edition.number
    asked = [
        (None, None),
        (task.upper(), None),
        (f" {name}", None),
        (None, number),
        (task, number),
    ]
    assert all(challenge.is_asked(*row) and challenge in challenges_of(*row) for row in asked)
    assert challenges_of(name, number) == challenges_of(task, number) == [challenge]
    assert not challenge.is_asked(name, number + 1)
    assert not challenge.is_asked(f"{task}x", None)


def test_what_nobody_can_mean_is_told_with_what_there_is():
    with pytest.raises(UnknownChallengeError, match="edition 9 has no task 'mtl'; it is in"):
        challenges_of("mtl", 9)
    with pytest.raises(UnknownChallengeError, match="there is no edition 99; there are 1, 2"):
        challenges_of(edition=99)


def test_key_columns_are_those_of_the_table():
    assert {"image_location", "image", "File_ID", "Filename", "Frame_Number"} == KEY_COLUMNS


@every_challenge
def test_files_of_mtl_list_selected_frames(challenge):
    protocol = challenge.protocol
    selected = {protocol.annotation.selected, protocol.submission.selected}
    assert selected == {protocol.task == "mtl"}
