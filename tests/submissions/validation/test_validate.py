"""A submission is compared with all there is, and the verdict says with what."""

import json

import pytest

from abawkit.errors import DataError, UsageError
from abawkit.labels import read_labels
from abawkit.protocol import CHALLENGES
from submissions.template import Template, choose_template
from submissions.validation.findings import CODES
from submissions.validation.submission import BLANK_ROW
from submissions.validation.validate import validate
from tests.submissions.asked import predict, submit, template_of

VA3, VA5 = CHALLENGES["abaw3-va"], CHALLENGES["abaw5-va"]
HEAD = "image_location,valence,arousal\n"
N_FRAMES = {"a": 3, "b_left": 2}


@pytest.fixture
def folder(tmp_path):
    """Write a submission of the 3rd edition."""
    for name, n in N_FRAMES.items():
        rows = "".join(f"0.{n}{i},0.1\n" for i in range(n))
        (tmp_path / f"{name}.txt").write_text(f"valence,arousal\n{rows}")
    return tmp_path


def codes(verdict):
    return {one.code for one in (*verdict.errors, *verdict.warnings)}


@pytest.mark.parametrize("challenge", CHALLENGES.values(), ids=CHALLENGES)
def test_what_follows_a_table_of_frames_is_valid(challenge, tmp_path):
    template = Template.of_frames({"a.b": 3, "v_left": 2}, challenge, source="frames.csv")
    path = submit(tmp_path, challenge, predict(challenge, template), template)
    verdict = validate(path, challenge, template=template)
    assert verdict.ok
    assert verdict.n_videos == 2
    assert verdict.compared.startswith("frames.csv (2 videos")


@pytest.mark.parametrize("empty", ["a", "aa"])
@pytest.mark.parametrize(
    ("stranger", "code"), [("zzz", "video-unknown"), ("bb", "video-unknown"),
                           ("c_left", "video-person")],
)  # fmt: skip
def test_a_file_without_rows_lays_no_blame_on_another(tmp_path, empty, stranger, code):
    for name in (empty, stranger, "d"):
        rows = "" if name == empty else "0,0\n0.5,0\n"
        (tmp_path / f"{name}.txt").write_text(f"valence,arousal\n{rows}")
    n_frames = {empty: 2, "c_right": 2, "d": 2}
    template = Template.of_frames(n_frames, VA3, source="frames.csv")
    verdict = validate(tmp_path, VA3, template=template)
    told = {one.code: {place.file for place in one.places} for one in verdict.errors}
    assert told[code] == {str(tmp_path / f"{stranger}.txt")}
    assert told["file-empty"] == {str(tmp_path / f"{empty}.txt")}


@pytest.mark.parametrize("name", ["abaw3-va", "abaw10-vd"])
def test_a_file_of_no_rows_and_a_video_that_nobody_asks_for_is_told_as_a_file(tmp_path, name):
    layout = CHALLENGES[name].protocol.submission
    for video in ("a", "b"):
        (tmp_path / layout.file.format(video=video)).write_text(f"{layout.header}\n")
    template = Template.of_frames({"b": 2}, CHALLENGES[name], source="frames.csv")
    told = {
        one.code: one for one in validate(tmp_path, CHALLENGES[name], template=template).errors
    }
    assert told.keys() == {"file-empty", "row-missing", "video-unknown"}
    (place,) = told["video-unknown"].places
    assert (place.file.rpartition("/")[2], place.line) == (layout.file.format(video="a"), None)


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("abaw4-lsd", ["0.jpg,anger", "1.jpg,2"]),
        ("abaw5-va", ["a/00001.jpg,high,0", "a/00002.jpg,0,0"]),
        ("abaw8-ah", ["a/frame-0.jpg,no", "a/frame-1.jpg,1"]),
    ],
)
@pytest.mark.parametrize("headed", [True, False])
def test_a_bad_first_row_is_a_row_with_a_bad_value(tmp_path, name, rows, headed):
    challenge = CHALLENGES[name]
    header = challenge.protocol.submission.header
    lines = [header] * (headed and header is not None) + rows
    file = tmp_path / challenge.protocol.submission.file
    file.write_text("\n".join(lines) + "\n")
    verdict = validate(file, challenge)
    missing = {"header"} if header is not None and not headed else set()
    assert {one.code for one in verdict.errors} == {"text"} | missing
    assert verdict.n_rows == 2


def test_a_value_out_of_range_is_told_with_the_range(tmp_path):
    (tmp_path / "a.txt").write_text("valence,arousal\n7,0\n0,-5\n")
    told = {one.code: one.message for one in validate(tmp_path, VA3).errors}
    assert told == {
        "range": "valence: expected -1 to 1, found 7",
        "sentinel": "arousal: -5 marks what is not annotated; expected -1 to 1",
    }


def test_without_a_sample_nothing_is_said_to_be_compared(folder):
    verdict = validate(folder, VA3)
    assert (verdict.ok, verdict.compared, verdict.n_videos, verdict.n_rows) == (True, None, 2, 5)


@pytest.mark.parametrize(
    ("n_frames", "told"),
    [
        ({"a": 3, "b_left": 2}, {}),
        ({"a": 4, "b_left": 2}, {"row-missing": ("a.txt", 5)}),
        ({"a": 2, "b_left": 2}, {"row-extra": ("a.txt", 4)}),
        ({"a": 3, "b_left": 2, "c": 1}, {"video-missing": ("c.txt", None)}),
        ({"a": 3}, {"video-unknown": ("b_left.txt", 2)}),
        ({"a": 3, "b_right": 2}, {"video-person": ("b_left.txt", 2)}),
    ],
)
def test_files_are_compared_with_the_numbers_of_frames(folder, n_frames, told):
    template = Template.of_frames(n_frames, VA3, source="frames.csv")
    found = {
        one.code: (one.places[0].file.rpartition("/")[2], one.places[0].line)
        for one in validate(folder, VA3, template=template).errors
    }
    assert found == told


def test_a_file_that_cannot_be_read_is_not_missing_besides(folder):
    (folder / "a.txt").write_text("AU1,AU2,AU4,AU6,AU7,AU10,AU12,AU15,AU23,AU24,AU25,AU26\n")
    template = Template.of_frames(N_FRAMES, VA3, source="frames.csv")
    assert codes(validate(folder, VA3, template=template)) == {"header"}


def test_a_file_with_a_header_alone_lacks_its_rows(folder):
    for name in N_FRAMES:
        (folder / f"{name}.txt").write_text("valence,arousal")
    template = Template.of_frames(N_FRAMES, VA3, source="frames.csv")
    verdict = validate(folder, VA3, template=template)
    assert codes(verdict) == {"file-empty", "last-line", "row-missing"}
    assert [one.count for one in verdict.errors] == [2, 5]


def test_rows_are_not_told_as_missing_where_no_key_can_be_read(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text(HEAD + "a/1.jpg,0,0\na/2.jpg,0,0\n")
    template = Template.of_frames({"a": 2}, VA5, source="frames.csv")
    assert codes(validate(path, VA5, template=template)) == {"key"}


def test_of_a_list_of_names_only_the_videos_are_compared(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text(HEAD + "a/00002.jpg,0,0\na/00001.jpg,0,0\na/00004.jpg,0,0\n")
    (tmp_path / "list.txt").write_text("a\nb\n")
    template = Template.read(tmp_path / "list.txt", VA5)
    verdict = validate(path, VA5, template=template)
    usual = {"video-missing", "row-order-unusual", "row-gap"}
    assert codes(verdict) == {*usual, "row-count-unknown"}
    assert verdict.compared.endswith("list.txt (2 videos)")


@pytest.mark.parametrize(
    ("files", "count"),
    [
        ({"list.txt": "a\nb_left\n"}, 2),
        ({"a.txt": "valence,arousal\n0,0\n0,0\n0,0\n", "b_left.txt": "valence,arousal\n"}, 1),
    ],
)
def test_where_nobody_tells_the_number_of_rows_that_is_a_warning(
    folder, files, count, tmp_path_factory
):
    official = tmp_path_factory.mktemp("official")
    for name, text in files.items():
        (official / name).write_text(text)
    frames = tmp_path_factory.mktemp("frames") / "frames.csv"
    frames.write_text("video,frames\na,3\nb_left,2\n")
    like = official / "list.txt" if "list.txt" in files else official
    verdict = validate(folder, VA3, template=choose_template(VA3, like=like, frames=None))
    (told,) = verdict.warnings
    assert (told.code, told.count) == ("row-count-unknown", count)
    assert "rows were not counted" in told.message
    full = choose_template(VA3, like=like, frames=frames)
    assert codes(validate(folder, VA3, template=full)) == set()


def test_what_the_sample_tells_comes_before_the_numbers_of_frames(tmp_path):
    (tmp_path / "s").mkdir()
    (tmp_path / "s/a.txt").write_text("valence,arousal\n0,0\n0,0\n")
    (tmp_path / "s/b.txt").write_text("valence,arousal\n")
    (tmp_path / "frames.csv").write_text("video,frames\na,7\nb,5\n")
    chosen = choose_template(VA3, like=tmp_path / "s", frames=tmp_path / "frames.csv")
    assert chosen.n_frames == {"a": 2, "b": 5}


def test_a_row_beyond_the_last_frame_of_a_video_is_not_asked_for(tmp_path):
    mtl = CHALLENGES["abaw7-mtl"]
    template = Template.of_frames({"a": 5}, mtl, source="frames.csv")
    path = submit(tmp_path, mtl, predict(mtl, template), template)
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines, lines[-1].replace("a/00005", "a/00099")]) + "\n")
    (told,) = validate(path, mtl, template=template).errors
    assert (told.code, told.places[0].line) == ("row-extra", len(lines) + 1)
    assert told.message == "found a/00099.jpg; the video has 5 frames"


def test_a_row_that_the_sample_has_twice_is_wanted_twice(tmp_path):
    (tmp_path / "s.txt").write_text(HEAD + "a/00001.jpg,\na/00001.jpg,\n")
    template = Template.read(tmp_path / "s.txt", VA5)
    path = tmp_path / "a.txt"
    path.write_text(HEAD + "a/00001.jpg,0,0\n" * 2)
    assert codes(validate(path, VA5, template=template)) == set()
    path.write_text(HEAD + "a/00001.jpg,0,0\n")
    assert codes(validate(path, VA5, template=template)) == {"row-missing"}
    path.write_text(HEAD + "a/00001.jpg,0,0\n" * 3)
    assert codes(validate(path, VA5, template=template)) == {"row-duplicate"}


def test_labels_alone_are_refused_where_the_sample_has_probabilities(tmp_path):
    ah = CHALLENGES["abaw11-ah"]
    tracks = predict(ah, Template.of_frames({"a": 1, "b": 1}, ah, source="x"))
    template = template_of(tmp_path / "official", ah, tracks, dummy="values")
    path = tmp_path / "trial-0.txt"
    path.write_text("a,1\nb,0\n")
    assert codes(validate(path, ah)) == set()
    (told,) = validate(path, ah, template=template).errors
    assert (told.code, told.count, told.places[0].line) == ("columns", 2, 1)
    assert told.message.startswith("expected 4 values (name,p(")
    assert told.message.endswith("found 2: 'a,1'")


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("a,nan,nan,1\nb,0.4,0.6,1\n", {"nan": 1}),
        ("a,-0.1,1.1,1\nb,0.4,0.6,1\n", {"range": 1}),
        ("a,0.6,1\nb,0.6,1\n", {"columns": 2}),
        ("a,0.4,0.6,1\nb,1\n", {"columns": 1}),
    ],
)
def test_what_is_wrong_with_probabilities_is_told_once(tmp_path, rows, told):
    ah = CHALLENGES["abaw11-ah"]
    tracks = predict(ah, Template.of_frames({"a": 1, "b": 1}, ah, source="x"))
    template = template_of(tmp_path / "official", ah, tracks, dummy="values")
    (tmp_path / "trial-0.txt").write_text(rows)
    errors = validate(tmp_path / "trial-0.txt", ah, template=template).errors
    assert {one.code: one.count for one in errors} == told
    assert "expected 4 values" in errors[0].message or "columns" not in told


def test_a_run_tells_which_videos_have_no_face(folder):
    rows = [{"video": "a", "n_faces": 0}, {"video": "b_left", "n_faces": 2}]
    manifest = {"challenge": "abaw3-va", "planned": [*N_FRAMES], "videos": rows, "labels": {}}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (told,) = validate(folder, VA3).warnings
    assert (told.code, told.count) == ("no-face", 1)
    assert told.message == "a has no frame with a face: its rows are a constant"


def test_as_many_places_are_named_as_asked_for(tmp_path):
    (tmp_path / "a.txt").write_text("valence,arousal\n" + "9,0\n" * 8)
    for places in (1, 8, 20):
        (told,) = validate(tmp_path, VA3, places=places).errors
        assert (told.count, len(told.places)) == (8, min(places, 8))


def test_an_empty_line_may_be_a_row_where_no_key_tells(folder):
    (folder / "a.txt").write_text("valence,arousal\n0.1,0\n\n0.3,0\n0.4,0\n")
    (told,) = validate(folder, VA3).errors
    assert (told.code, told.hint) == ("blank-line", BLANK_ROW)
    assert "move up a frame" in told.hint
    assert "--fix" not in told.hint


def test_an_empty_line_at_the_end_is_no_row(folder):
    (folder / "a.txt").write_text("valence,arousal\n0.1,0\n0.3,0\n\n")
    (told,) = validate(folder, VA3).errors
    assert (told.code, told.hint) == ("blank-line", CODES["blank-line"].hint)


def test_an_empty_line_between_rows_with_keys_is_no_row(tmp_path):
    (tmp_path / "a.txt").write_text(HEAD + "a/00001.jpg,0,0\n\na/00002.jpg,0,0.1\n")
    (told,) = validate(tmp_path / "a.txt", VA5).errors
    assert (told.code, told.hint) == ("blank-line", CODES["blank-line"].hint)


@pytest.mark.parametrize("listed", [None, "a\n"])
@pytest.mark.parametrize(("frame", "late"), [(9_999_999, True), (99_999, False)])
def test_a_frame_that_no_reader_takes_is_told(tmp_path, listed, frame, late):
    path, official = tmp_path / "a.txt", tmp_path / "list.txt"
    path.write_text(f"{HEAD}a/00001.jpg,0,0\na/{frame}.jpg,0,0\n")
    official.write_text("a\n")
    template = None if listed is None else Template.read(official, VA5)
    verdict = validate(path, VA5, template=template)
    assert [one.code for one in verdict.errors] == ["key"] * late
    assert ("row-gap" in codes(verdict)) is not late
    if late:
        assert verdict.errors[0].places[0].line == 3
        with pytest.raises(DataError):
            read_labels(path, VA5)


def test_another_submission_without_a_frame_in_common_is_refused(folder, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    (other / "b_right.txt").write_text("valence,arousal\n0,0\n")
    said = "expected another submission of a, b_left, found b_right, none of which"
    with pytest.raises(UsageError, match=said):
        validate(folder, VA3, against=other)
    (other / "a.txt").write_text("valence,arousal\n0,0\n")
    assert codes(validate(folder, VA3, against=other)) == set()


def test_another_submission_with_other_frames_of_the_same_video_is_refused(tmp_path):
    for name, frame in (("one.txt", 2), ("other.txt", 3), ("both.txt", 2)):
        (tmp_path / name).write_text(f"{HEAD}a/0000{frame}.jpg,0,0\n")
    with pytest.raises(UsageError, match="found no frame in common in a; hint"):
        validate(tmp_path / "one.txt", VA5, against=tmp_path / "other.txt")
    with pytest.raises(UsageError, match="found no frame in common in a; hint"):
        validate(tmp_path / "other.txt", VA5, against=tmp_path / "one.txt")
    assert validate(tmp_path / "one.txt", VA5, against=tmp_path / "both.txt").ok


def test_a_file_without_rows_is_told_as_such_whatever_it_is_compared_with(folder, tmp_path):
    (tmp_path / "x").mkdir()
    (tmp_path / "x/a.txt").write_text("valence,arousal\n")
    assert codes(validate(tmp_path / "x", VA3, against=folder / "a.txt")) == {"file-empty"}


def test_another_submission_and_training_labels_are_passed_on(folder, tmp_path_factory):
    other = tmp_path_factory.mktemp("training")
    (other / "x.txt").write_text("valence,arousal\n0,0\n0.05,0.05\n")
    assert "training-range" in codes(validate(folder, VA3, training=other))
    assert codes(validate(folder, VA3, against=folder)) == set()
