"""Which columns and rows of a table are taken, and what is said of the others."""

import numpy as np
import pandas as pd
import pytest

from abawkit.errors import AbawkitWarning, DataError
from abawkit.protocol import find_challenge
from submissions.conversion import from_frame


def values_of(table, challenge, **options):
    """Give the labels of each video as lists."""
    tracks = from_frame(pd.DataFrame(table), challenge, **options)
    return {video: track.values.tolist() for video, track in tracks.items()}  # noqa: PD011


VA = {"video": ["a", "a"], "frame": [1, 2], "valence": [0.5, -1], "arousal": [0, 1]}
EXPRESSIONS = ["Neutral", "Anger", "Disgust", "Fear", "Happiness", "Sadness", "Surprise", "Other"]


def va(**columns):
    return {**VA, **columns}


@pytest.mark.parametrize(
    "table",
    [
        {"Video_Name": ["a", "a"], "FRAME": [1, 2], "Valence": [0.5, -1], "a-rousal": [0, 1]},
        {
            "image_location": ["a/00001.jpg", "a/00002.jpg"],
            "valence": [0.5, -1],
            "arousal": [0, 1],
        },
        {"path": ["a/2.png", "a/1.png"], "valence": [-1, 0.5], "arousal": [1, 0]},
        {"image": ["a/frame-0.jpg", "a/frame-1.jpg"], "valence": [0.5, -1], "arousal": [0, 1]},
        va(valence=["0.5", " -1 "], frame=["1", "2.0"]),
        va(valence=pd.array([0.5, -1], "Float64"), arousal=[False, True]),
    ],
    ids=["spelling", "image_location", "png", "frame-0", "text", "nullable"],
)
def test_columns_are_found_by_name(table):
    assert values_of(table, "abaw6-va") == {"a": [[0.5, 0], [-1, 1]]}


def test_named_levels_of_the_index_are_columns():
    table = pd.DataFrame(VA).set_index(["video", "frame"])
    assert from_frame(table, "va")["a"].values.tolist() == [[0.5, 0], [-1, 1]]  # noqa: PD011


def test_frames_may_count_from_0_if_that_is_said():
    assert values_of(va(frame=[0, 1]), "va", first=0) == {"a": [[0.5, 0], [-1, 1]]}


def test_action_units_are_decided_by_their_thresholds():
    units = {f"AU{n:02d}": [0.4, 0.5] for n in (1, 2, 4, 6, 12, 15, 20, 25)}
    table = {"video": ["a", "a"], "frame": [1, 2], **units}
    assert values_of(table, "abaw1-au") == {"a": [[0] * 8, [1] * 8]}
    assert values_of(table, "abaw1-au", thresholds=[0.4]) == {"a": [[1] * 8, [1] * 8]}


@pytest.mark.parametrize("name", ["expr", "expression", "Label", "predicted_label", "class"])
def test_a_class_is_told_by_name_or_index_in_any_column_for_it(name):
    table = {"video": ["a"] * 3, "frame": [1, 2, 3], name: ["happiness", "3", "7.0"]}
    assert values_of(table, "expr") == {"a": [[4], [3], [7]]}


def test_a_label_wins_over_the_probabilities_beside_it():
    table = {"video": ["a"], "label": [1], "No A/H": [0.6], "A/H": [0.4]}
    track = from_frame(pd.DataFrame(table), "abaw11-ah")["a"]
    assert track.values.tolist() == [[1]]  # noqa: PD011
    assert track.probabilities.tolist() == [[0.6, 0.4]]


def test_what_is_no_probability_is_not_kept_as_one():
    table = {"video": ["a"], "No A/H": [2.5], "A/H": [-4.0]}
    track = from_frame(pd.DataFrame(table), "abaw11-ah")["a"]
    assert (track.values.tolist(), track.probabilities) == ([[0]], None)  # noqa: PD011


def test_clips_are_named_with_or_without_their_suffix():
    table = {"image": ["0.jpg", "007"], "expression": [0, 5]}
    assert values_of(table, "abaw4-lsd") == {"0": [[0]], "007": [[5]]}


def test_sentinels_and_empty_values_are_not_known():
    values = values_of(va(valence=[-5, None]), "va")["a"]
    assert np.isnan([row[0] for row in values]).all()


@pytest.mark.parametrize("nothing", [-1, "-1.0", None, "", "nan"])
def test_a_class_may_be_unknown(nothing):
    table = {"video": ["a", "a"], "frame": [1, 2], "expression": [nothing, 3]}
    track = from_frame(pd.DataFrame(table), "expr")["a"]
    assert track.known.ravel().tolist() == [False, True]


def test_a_missing_row_is_not_listed():
    track = from_frame(pd.DataFrame(va(frame=[1, 3])), "abaw6-va")["a"]
    assert track.listed.tolist() == [True, False, True]
    assert not track.known[1].any()


def test_a_missing_row_is_filled_if_that_is_said():
    track = from_frame(pd.DataFrame(va(frame=[1, 3])), "va", fill="linear")["a"]
    assert track.values.tolist() == [[0.5, 0], [-0.25, 0.5], [-1, 1]]  # noqa: PD011


def test_the_same_row_twice_counts_once():
    table = va(frame=[1, 1], valence=[0.5, 0.5], arousal=[np.nan, np.nan])
    told = "1 row of frames that are there before, with the same values, such as row 1"
    with pytest.warns(AbawkitWarning, match=told) as warned:
        assert len(values_of(table, "va")["a"]) == 1
    assert len(warned) == 1


def test_rows_that_are_there_again_are_counted_once_for_all_targets():
    names = find_challenge("mtl").targets[2].names
    table = {"video": ["a"] * 3, "frame": [1] * 3, "expression": [2] * 3}
    table |= {name: [0] * 3 for name in ("valence", "arousal", *names)}
    with pytest.warns(AbawkitWarning, match=r"^table: 2 rows of frames that are") as warned:
        values_of(table, "mtl")
    assert len(warned) == 1


def test_one_label_with_two_probabilities_is_told():
    table = {"video": ["a", "a"], "label": [1, 1], "p0": [0.25, 0.125], "p1": [0.75, 0.875]}
    with pytest.raises(DataError, match="row 1: a, frame 1 is there before, with other values"):
        values_of(table, "abaw11-ah")


@pytest.mark.parametrize(
    "names", [("p0", "p1"), ("P(0)", "p_1"), ("p(No A/H)", "p(A/H)"), ("No A/H", "p1")], ids=str
)
@pytest.mark.parametrize("challenge", ["abaw10-ah", "abaw11-ah"])
def test_probabilities_are_called_by_their_class_or_its_index(challenge, names):
    table = {"video": ["a", "b"], names[1]: [0.75, 0.25], names[0]: [0.25, 0.75]}
    tracks = from_frame(pd.DataFrame(table), challenge)
    assert [track.values.item() for track in tracks.values()] == [1, 0]  # noqa: PD011
    assert tracks["a"].probabilities.tolist() == [[0.25, 0.75]]


def test_an_index_is_no_name_where_no_probabilities_are_asked_for():
    table = {"video": ["a"], "frame": [1], **{f"p{i}": [0.125] for i in range(8)}}
    with pytest.raises(DataError, match="no column of abaw3-expr"):
        values_of(table, "expr")


def test_probabilities_without_a_label_are_asked_for_by_all_their_names():
    with pytest.raises(DataError, match=r"ah: .* a probability a class: No A/H or p0, A/H or p1"):
        values_of({"video": ["a"], "probability": [0.5]}, "abaw11-ah")


def test_columns_that_mean_nothing_are_told():
    with pytest.warns(AbawkitWarning, match="mean nothing for abaw3-va: 'age', 'id'"):
        from_frame(pd.DataFrame(va(age=[1, 2], id=["x", "y"])), "va")


FAULTS = {
    "nothing of it": (
        {"video": ["a"], "frame": [1], "x": [1]},
        "table: no column of abaw3-va; expected va: valence, arousal; found video, frame, x",
    ),
    "a column missing": (
        {"video": ["a"], "frame": [1], "valence": [1]},
        "table: no column arousal of va; expected va: valence, arousal; found video, frame, val",
    ),
    "no rows told": (
        {"video": ["a"], "valence": [1], "arousal": [1]},
        "no column tells of which frame a row is; expected video and frame, or image, image_locat",
    ),
    "too great": (va(valence=[0, 1.3]), "row 1: expected -1 to 1 in valence, found 1.3; nothing"),
    "infinite": (
        va(valence=[np.inf, 1.3]),
        "row 0 and 1 more: expected -1 to 1 in valence, found",
    ),
    "text": (va(arousal=["0", "low"]), "row 1: expected -1 to 1 in arousal, found 'low'"),
    "another value": (va(frame=[1, 1]), "row 1: a, frame 1 is there before, with other values"),
    "frame 0": (va(frame=[0, 1]), "row 0: frame 0 of a counted from 1; expected a whole number"),
    "frame 1.5": (va(frame=[1, 1.5]), "row 1: frame 1.5 of a counted from 1; expected a whole"),
    "no frame": (va(frame=[1, None]), "row 1: frame nan of a"),
    "no video": (va(video=["a", None]), "row 1: expected a video's name in video, found nothing"),
    "a name that cannot be": (
        va(video=["a", "b\0"]),
        "row 1: expected a video's name in video, fo",
    ),
    "frame far away": (
        va(frame=[1, 2_000_000]),
        "frame 2000000 of a counted from 1; expected a whole number from 1 to 1000000",
    ),
    "no image": (
        {"path": ["a/1.jpg", "a1"], "valence": [0, 0], "arousal": [0, 0]},
        "row 1: expected an image such as video/00001.jpg in path, found 'a1'",
    ),
    "the same twice": (va(AROUSAL=[0, 0]), "the columns 'arousal' and 'AROUSAL' mean the same"),
    "dates": (
        va(valence=pd.to_datetime(["2024-01-01"] * 2)),
        "expected numbers or text in 'valence', found datetime64",
    ),
    "no rows": ({name: [] for name in VA}, "no rows; expected one a frame, found the columns"),
}


@pytest.mark.parametrize(("table", "message"), FAULTS.values(), ids=FAULTS)
def test_what_cannot_be_understood_is_told_with_its_place(table, message):
    with pytest.raises(DataError) as fault:
        from_frame(pd.DataFrame(table), "va")
    assert message in str(fault.value)


CLASSES = {
    "an index too great": ({"expression": ["8"]}, "row 0: expected a class in expression, by its"),
    "no class": ({"expression": ["Joy"]}, "from 0 to 7 (Neutral, Anger"),
    "half a class": ({"label": [1.5]}, "found '1.5'"),
    "some classes": (
        {name: [1] for name in EXPRESSIONS[:3]},
        "no column Fear, Happiness, Sadness",
    ),
    "infinite": (
        {name: [np.inf] for name in EXPRESSIONS},
        "row 0 and 7 more: expected a finite number in Neut",
    ),
    "two labels": ({"label": [1], "expression": [1]}, "'label' and 'expression' mean the same"),
}


@pytest.mark.parametrize(("columns", "message"), CLASSES.values(), ids=CLASSES)
def test_what_is_no_class_is_told_with_its_place(columns, message):
    with pytest.raises(DataError) as fault:
        from_frame(pd.DataFrame({"video": ["a"], "frame": [1], **columns}), "expr")
    assert message in str(fault.value)


def test_action_units_are_labels_or_probabilities():
    units = {f"AU{n}": [1.0] for n in (1, 2, 4, 6, 12, 15, 20)}
    table = pd.DataFrame({"video": ["a"], "frame": [1], **units, "AU25": [2.5]})
    with pytest.raises(DataError, match="expected 0 or 1, or a probability in AU25"):
        from_frame(table, "abaw1-au")


def test_a_column_that_is_there_twice_is_told():
    table = pd.DataFrame([["a", 1, 0, 0]], columns=["video", "frame", "valence", "valence"])
    with pytest.raises(DataError, match="the column 'valence' is there 2 times"):
        from_frame(table, "va")


def test_a_few_rows_make_no_room_for_millions_of_frames():
    names = [f"v{i}" for i in range(30)]
    table = {"video": names, "frame": 900_000, "valence": 0, "arousal": 0}
    with pytest.raises(DataError, match="30 rows for videos of 27000000 frames, such as v0 of 9"):
        from_frame(pd.DataFrame(table), "va")


def test_a_clip_has_one_row():
    table = {"video": ["a", "a"], "frame": [1, 2], "label": [0, 0]}
    with pytest.raises(DataError, match="row 1: expected one row a clip, found frame 2 in frame"):
        from_frame(pd.DataFrame(table), "abaw11-ah")


def test_a_clip_has_a_name():
    with pytest.raises(DataError, match="of which clip a row is; expected one of video, video_n"):
        from_frame(pd.DataFrame({"label": [0]}), "abaw11-ah")
