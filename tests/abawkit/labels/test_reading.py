"""Label files of every edition are read as tracks, or refused with all that is wrong."""

import os
import re
from collections.abc import Callable

import numpy as np
import pytest

from abawkit.errors import AnnotationError, DataError, UnknownChallengeError
from abawkit.labels import detect_challenge, format_labels, read_labels
from abawkit.protocol import CHALLENGES, DEFAULT_EDITION, Categorical, blocks, find_challenge
from abawkit.track import Track

KINDS = ["annotation", "submission"]
FORMS = [
    pytest.param(challenge, getattr(challenge.protocol, kind), id=f"{name}-{kind}")
    for name, challenge in CHALLENGES.items()
    for kind in KINDS
]
HEADED = [form for form in FORMS if form.values[1].header is not None]
DISTINCT = {
    (tuple(target.names for target in form.values[0].targets), form.values[1]): form
    for form in FORMS
}
"""The forms that a reader can tell apart."""
EVERY_FORM = pytest.mark.parametrize(("challenge", "layout"), FORMS)
VA_3 = "valence,arousal\n"
VA_5 = "image_location,valence,arousal\n"
EXPR_3 = "Neutral,Anger,Disgust,Fear,Happiness,Sadness,Surprise,Other\n"
AU_3 = "AU1,AU2,AU4,AU6,AU7,AU10,AU12,AU15,AU23,AU24,AU25,AU26\n"
MTL_3 = "image,valence,arousal,expression,aus\n"
AUS = ",0" * 11


def labels(challenge, frames):
    """Give labels of every target, from its first column's lowest up, the last one unknown."""
    values = np.empty((frames, challenge.protocol.columns))
    for target, columns in blocks(challenge.targets):
        top = len(target.names) - 1 if isinstance(target, Categorical) else 1
        values[:, columns] = (np.arange(frames) % (top + 1))[:, None]
    values[-1] = np.nan
    return values


def sample(challenge, layout):
    """Give the text of a valid file with four rows."""
    clips = layout.key is not None and "frame" not in layout.key.fields
    rows = labels(challenge, 4)
    parts = np.split(rows, 4) if clips else [rows]
    texts = [
        format_labels(
            Track.of(f"clip{number}", part),
            targets=challenge.targets,
            layout=layout,
            sentinels=True,
        )
        for number, part in enumerate(parts)
    ]
    head = "" if layout.header is None else layout.header + "\n"
    return head + "".join(text.removeprefix(head) for text in texts)


def write(folder, text, name="clip0.txt"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def read(folder, text, challenge, name="clip0.txt"):
    return read_labels(write(folder, text, name), challenge)


def faults(folder, text, challenge, **options):
    """Read a file that is wrong and give the lines of the message."""
    path = write(folder, text)
    with pytest.raises(AnnotationError) as caught:
        read_labels(path, challenge, **options)
    return str(caught.value).replace(f"{folder}/", "").split("\n")


def assert_same(tracks, others):
    assert list(tracks) == list(others)
    for track, other in zip(tracks.values(), others.values(), strict=True):
        np.testing.assert_array_equal(track.values, other.values)
        np.testing.assert_array_equal(track.known, other.known)


def in_last_field(change: Callable[[str], str]):
    """Make a change of a line out of a change of its last value."""
    return lambda line: ",".join([*line.split(",")[:-1], change(line.split(",")[-1])])


def in_rows(change: Callable[[str], str], header: str | None):
    """Make a change of a text out of a change of its rows."""
    return lambda text: "\n".join(
        line if line == header else change(line) for line in text.removesuffix("\n").split("\n")
    )


VARIANTS = {
    "CRLF": lambda text, _: text.replace("\n", "\r\n"),
    "byte order mark": lambda text, _: "\ufeff" + text,
    "blank lines at the end": lambda text, _: text + "\n  \n\n",
    "no newline at the end": lambda text, _: text.removesuffix("\n"),
    "spaces after commas": lambda text, _: text.replace(",", ", "),
    "spaces around commas": lambda text, _: text.replace(",", "  ,\t"),
    "spaces at the ends of lines": lambda text, _: text.replace("\n", " \n"),
    "integers with .0": lambda text, header: in_rows(
        in_last_field(lambda value: str(float(value))), header
    )(text),
    "exponents": lambda text, header: in_rows(
        in_last_field(lambda value: f"{float(value):e}"), header
    )(text),
    "all at once": lambda text, _: (
        "\ufeff" + text.replace(",", ", ").replace("\n", "\r\n") + "\r\n"
    ),
}


@EVERY_FORM
@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
def test_an_accepted_variant_reads_like_the_clean_file(challenge, layout, variant, tmp_path):
    text = sample(challenge, layout)
    clean = read(tmp_path, text, challenge)
    assert_same(read(tmp_path, variant(text, layout.header), challenge), clean)


CORRUPTIONS = {
    "dropped value": lambda line: ",".join(line.split(",")[:-1]),
    "extra value": lambda line: line + ",0",
    "two extra values": lambda line: line + ",0,0",
    "empty line": lambda _: "",
    "spaces only": lambda _: "   ",
    "trailing comma": lambda line: line + ",",
    "only commas": lambda line: "," * line.count(",") if "," in line else "x",
    **{
        repr(value): in_last_field(lambda _, value=value: value)
        for value in [
            *("x", "nan", "NaN", "inf", "-inf", "1_000", "0x1", "1e", "1e999", "--1", "-", "."),
            *("1 2", "1;2", "0,5", "None", "'0'", "99", "-7", "1.5.2", "\u0661", "1\x00"),
        ]
    },
}


@pytest.mark.parametrize(("challenge", "layout"), DISTINCT.values())
@pytest.mark.parametrize("corruption", CORRUPTIONS.values(), ids=CORRUPTIONS)
def test_a_single_corruption_is_named_with_its_file_and_line(
    challenge, layout, corruption, tmp_path
):
    lines = sample(challenge, layout).split("\n")
    lines[2] = corruption(lines[2])
    found = faults(tmp_path, "\n".join(lines), challenge)
    assert all(fault.startswith("clip0.txt, line 3: ") for fault in found)
    assert len(found) == 1 or corruption is CORRUPTIONS["only commas"]


@pytest.mark.parametrize(("challenge", "layout"), HEADED)
@pytest.mark.parametrize("header", ["", "valence;arousal", "arousal,valence", "x" * 200])
def test_a_wrong_header_is_named_with_the_one_expected(challenge, layout, header, tmp_path):
    rows = sample(challenge, layout).partition("\n")[2]
    (found,) = faults(tmp_path, f"{header}\n{rows}", challenge)
    assert found.startswith("clip0.txt, line 1: expected the header ")
    assert repr(layout.header) in found


@EVERY_FORM
def test_an_empty_file_is_named(challenge, layout, tmp_path):
    (found,) = faults(tmp_path, "\ufeff\r\n", challenge)
    assert re.fullmatch(r"clip0\.txt, line 1: expected .*, found nothing", found)
    assert layout.header is None or layout.header in found


@EVERY_FORM
@pytest.mark.parametrize("row", [0, 1, 3])
def test_the_line_of_a_fault_is_counted_from_the_header(challenge, layout, row, tmp_path):
    lines = sample(challenge, layout).split("\n")
    number = row + (layout.header is not None)
    lines[number] += ",0"
    (found,) = faults(tmp_path, "\n".join(lines), challenge)
    assert found.startswith(f"clip0.txt, line {number + 1}: ")


@EVERY_FORM
def test_a_file_cut_off_in_its_last_line_keeps_the_rows_before_it(challenge, layout, tmp_path):
    text = sample(challenge, layout)[:-1]
    last = text.rsplit("\n", 1)[1]
    rows = labels(challenge, 3)
    rows[-1] = labels(challenge, 4)[2]
    for cut in range(1, len(last)):
        message, tracks = "", {}
        try:
            tracks = read(tmp_path, text[:-cut], challenge)
        except AnnotationError as error:
            message = str(error)
        values = np.concatenate([rows[:0], *(track.values for track in tracks.values())])
        assert f", line {text.count(chr(10)) + 1}: " in message or np.array_equal(values[:3], rows)


@pytest.mark.parametrize("last", ["0.3,", "0.3", "0.3,-", "0.3,-0.1e", "-"])
def test_a_last_line_that_is_cut_off_is_named(last, tmp_path):
    (found,) = faults(tmp_path, f"{VA_3}0.1,0.2\n{last}", "abaw3-va")
    assert found.startswith("clip0.txt, line 3: ")


@pytest.mark.parametrize(
    ("challenge", "text", "fault"),
    [
        ("abaw3-va", f"{VA_3}0,-1", None),
        ("abaw3-va", f"{VA_3}0,1.0000001", "arousal: expected -1 to 1, or -5 if not annotated, "),
        ("abaw3-va", f"{VA_3}-4,0", "valence: expected -1 to 1, or -5 if not annotated, found -4"),
        ("abaw3-va", f"{VA_3}0,1.0000001", "found 1.0000001"),
        ("abaw3-expr", f"{EXPR_3}8", "expr: expected a class, 0 to 7, or -1 if not annotated, "),
        ("abaw3-expr", f"{EXPR_3}2.5", "found 2.5"),
        ("abaw3-expr", f"{EXPR_3}-5", "found -5"),
        ("abaw1-expr", f"{EXPR_3[:-7]}\n7", "expected a class, 0 to 6"),
        ("abaw3-au", f"{AU_3}2{AUS}", "AU1: expected 0 or 1, or -1 if not annotated, found 2"),
        ("abaw3-au", f"{AU_3}0.5{AUS}", "found 0.5"),
        ("abaw3-au", f"{AU_3}-5{AUS}", "found -5"),
        ("abaw3-mtl", f"{MTL_3}1/00001.jpg,3,0.5,0.5,0{AUS}", "valence: expected -1 to 1"),
        ("abaw3-mtl", f"{MTL_3}1/00001.jpg,0,0,0.5,0{AUS}", "expr: expected a class"),
        ("abaw5-eri", "File_ID,{}\n1,0,0,0,0,0,0,-0.1", "Surprise: expected 0 to 1, or -1"),
    ],
)
def test_values_are_held_to_their_task(challenge, text, fault, tmp_path):
    names = ",".join(find_challenge(challenge).targets[0].names)
    path = write(tmp_path, text.format(names))
    if fault is None:
        assert read_labels(path, challenge)["clip0"].known.all()
    else:
        with pytest.raises(AnnotationError, match=re.escape(fault)):
            read_labels(path, challenge)


@pytest.mark.parametrize(
    "text",
    [b"valence,arousal\n0.1,0.\xff", VA_5.encode() + b"1\xff/00001.jpg,0,0", b"val\xff\n0,0"],
)
def test_bytes_that_are_no_utf_8_are_named(text, tmp_path):
    (found,) = faults(tmp_path, text, "abaw5-va")
    assert re.search(r"line [12]: .*(xff|udcff)", found)


def test_names_in_utf_8_are_read(tmp_path):
    assert list(read(tmp_path, f"{VA_5}vidéo 1/00001.jpg,0,0", "abaw5-va")) == ["vidéo 1"]


@pytest.mark.parametrize(
    "key",
    [
        *("1/00000.jpg", "1/0001.jpg", "1/000001.jpg", "1/00001.png", "1/00001", "1", "", "00001"),
        *("1/123456789012.jpg", "1/-0001.jpg", "1/frame-1.jpg", "1\\00001.jpg"),
    ],
)
def test_a_key_of_another_form_is_named(key, tmp_path):
    (found,) = faults(tmp_path, f"{VA_5}{key},0,0", "abaw5-va")
    wanted = "clip0.txt, line 2: expected a row of <video>/00001.jpg, found "
    assert found == wanted + (repr(key) if key else "nothing")


def test_frames_of_ah_count_from_0(tmp_path):
    tracks = read(tmp_path, "a/b.mp4/frame-0.jpg,1\na/b.mp4/frame-2.jpg,0", "abaw8-ah")
    np.testing.assert_array_equal(tracks["a/b.mp4"].values[:, 0], [1, np.nan, 0])


def test_frames_below_the_first_are_named(tmp_path):
    (found,) = faults(tmp_path, "Frame_Number,Label\n0,1", "abaw10-vd")
    assert found.endswith("expected a row of 1, found '0'")


@pytest.mark.parametrize("name", ["a.b", "a+b(1)[2]^$", ".*", "1|2", "a/b", "video1", "video1x"])
def test_names_are_taken_to_the_letter(name, tmp_path):
    text = f"{VA_5}video1/00002.jpg,0,0\n{name}/00001.jpg,0,0"
    tracks = read(tmp_path, text, "abaw5-va")
    assert list(tracks) == list(dict.fromkeys(["video1", name]))
    assert tracks["video1"].n_frames == 2


@pytest.mark.parametrize("name", ["a.b.txt", "30-30-1920x1080_left.txt", "a (1).csv"])
def test_a_video_is_named_after_its_file(name, tmp_path):
    assert list(read(tmp_path, VA_3, "abaw3-va", name)) == [name[:-4]]


def test_a_row_may_be_there_twice(tmp_path):
    tracks = read(tmp_path, f"{VA_5}1/00001.jpg,0,-5\n1/00001.jpg,0,-5", "abaw5-va")
    assert tracks["1"].n_frames == 1


def test_a_row_that_is_there_twice_with_other_values_is_named(tmp_path):
    rows = "1/00001.jpg,0,0\n1/00002.jpg,0,0\n1/00001.jpg,0,0.1"
    assert faults(tmp_path, VA_5 + rows, "abaw5-va") == [
        "clip0.txt, line 4: this row repeats line 2 with other values"
    ]


def test_a_faulty_value_is_not_named_again_as_a_repeat(tmp_path):
    rows = "1/00001.jpg,0,9\n1/00002.jpg,0,0\n1/00002.jpg,0,0"
    (found,) = faults(tmp_path, VA_5 + rows, "abaw5-va")
    assert found.startswith("clip0.txt, line 2: arousal: expected -1 to 1")


def test_all_faults_of_all_files_are_named_at_once(tmp_path):
    write(tmp_path, f"{VA_3}9,0\n0\n0,x", "1.txt")
    write(tmp_path, "arousal,valence\n0,0", "2.txt")
    with pytest.raises(AnnotationError) as caught:
        read_labels(tmp_path, "abaw3-va")
    places = re.findall(r"/(\d)\.txt, line (\d): ", str(caught.value))
    assert sorted(places) == [("1", "2"), ("1", "3"), ("1", "4"), ("2", "1")]


def test_faults_beyond_the_limit_are_counted(tmp_path):
    found = faults(tmp_path, VA_3 + "9,9\n" * 50, "abaw3-va", limit=3)
    assert len(found) == 4
    assert found[-1] == "and 97 more faults"


def test_a_video_in_two_files_is_named(tmp_path):
    write(tmp_path, VA_3, "1.csv")
    write(tmp_path, VA_3, "1.txt")
    with pytest.raises(AnnotationError, match=r"1\.txt, line 2: video 1 was in another file"):
        read_labels(tmp_path, "abaw3-va")


def test_row_i_is_frame_i_and_sentinels_are_masked(tmp_path):
    track = read(tmp_path, f"{VA_3}0.1,-5\n-5,-5\n0.3,-1", "abaw3-va")["clip0"]
    np.testing.assert_array_equal(track.values, [[0.1, np.nan], [np.nan] * 2, [0.3, -1]])
    np.testing.assert_array_equal(track.known, [[True, False], [False, False], [True, True]])
    assert track.listed is None


def test_mtl_has_five_names_over_sixteen_columns(tmp_path):
    text = f"{MTL_3}video1/00001.jpg,0.5,-0.25,7,1{AUS}"
    track = read(tmp_path, text, "abaw3-mtl")["video1"]
    np.testing.assert_array_equal(track.values, [[0.5, -0.25, 7, 1] + [0] * 11])


def test_mtl_lists_some_frames_and_ends_with_the_last(tmp_path):
    rows = [f"v/{frame:05d}.jpg,0,0,0,0{AUS}" for frame in (8, 1, 17)]
    track = read(tmp_path, MTL_3 + "\n".join(rows), "abaw3-mtl")["v"]
    assert track.n_frames == 17
    assert (np.flatnonzero(track.listed) + 1).tolist() == [1, 8, 17]
    np.testing.assert_array_equal(track.known.all(axis=1), track.listed)


def test_mtl_rows_may_be_annotated_in_part(tmp_path):
    text = f"{MTL_3}v/00001.jpg,-5.0,-5.0,-1,1,-1{AUS[2:]}"
    track = read(tmp_path, text, "abaw3-mtl")["v"]
    assert track.known[0].tolist() == [False] * 3 + [True, False] + [True] * 10
    assert track.listed.tolist() == [True]


@EVERY_FORM
def test_an_unannotated_row_is_listed_and_not_known(challenge, layout, tmp_path):
    tracks = read(tmp_path, sample(challenge, layout), challenge)
    assert sum(track.n_frames for track in tracks.values()) == 4
    known = np.concatenate([track.known.all(axis=1) for track in tracks.values()])
    assert known.tolist() == [True, True, True, False]


def test_another_editions_layout_of_the_same_labels_is_understood(tmp_path):
    tracks = read(tmp_path, f"{VA_5}1/00001.jpg,0,0.5", "abaw3-va")
    assert tracks["1"].values.tolist() == [[0, 0.5]]


@pytest.mark.parametrize("row", ["a.mp4,1", "a.mp4,0.25,0.75,1"])
def test_ah_is_read_with_and_without_probabilities(row, tmp_path):
    assert read(tmp_path, row, "abaw10-ah")["a.mp4"].values.tolist() == [[1]]


def test_a_faulty_first_line_does_not_change_the_layout_of_the_others(tmp_path):
    rows = "a.mp4,0.5,1\nb.mp4,0.25,0.75,1\nc.mp4,0.25,0.75,1"
    assert faults(tmp_path, rows, "abaw10-ah") == [
        "clip0.txt, line 1: expected 4 values (name,p(No A/H),p(A/H),ah), found 3: 'a.mp4,0.5,1'"
    ]


def test_files_are_read_in_the_order_of_their_names(tmp_path):
    for name in ("b", "a", "c"):
        write(tmp_path, VA_3, f"{name}.txt")
    assert list(read_labels(tmp_path, "abaw3-va")) == ["a", "b", "c"]


def test_other_files_of_a_folder_are_left_alone(tmp_path):
    write(tmp_path, VA_3, "1.txt")
    write(tmp_path, "{}", "manifest.json")
    write(tmp_path, b"\x00\x05\x16\x07", "._1.txt")
    (tmp_path / "raw.txt").mkdir()
    assert list(read_labels(tmp_path, "abaw3-va")) == ["1"]


@EVERY_FORM
def test_path_and_challenge_may_be_given_by_name(challenge, layout, tmp_path):
    path = write(tmp_path, sample(challenge, layout))
    assert_same(read_labels(str(path), challenge.name.upper()), read_labels(path, challenge))


@pytest.mark.parametrize("line", ['"valence", "arousal"', "valence,arousal,"])
def test_a_header_in_quotes_or_with_a_comma_tells_the_challenge_but_is_a_fault(line, tmp_path):
    path = write(tmp_path, line, "0.5,0.5")
    assert detect_challenge(path).protocol.task == "va"
    with pytest.raises(UnknownChallengeError, match="this is the header of abaw1-va"):
        detect_challenge(path, task="au")
    with pytest.raises(AnnotationError, match="line 1: expected the header"):
        read_labels(path, "va")


def test_suffixes_in_upper_case_are_those_of_label_files(tmp_path):
    (tmp_path / "a.TXT").write_text("valence,arousal\n0.5,0.5\n")
    assert list(read_labels(tmp_path, "va")) == ["a"]


def test_a_pipe_is_not_read(tmp_path):
    os.mkfifo(tmp_path / "a.txt")
    with pytest.raises(DataError, match=r"a\.txt: this is no regular file"):
        read_labels(tmp_path / "a.txt", "va")


def test_an_unknown_challenge_is_named(tmp_path):
    with pytest.raises(UnknownChallengeError, match="no edition 99"):
        read_labels(tmp_path, "abaw99-va")


@pytest.mark.parametrize("function", [lambda path: read_labels(path, "va"), detect_challenge])
def test_what_is_no_place_of_label_files_is_named(function, tmp_path):
    with pytest.raises(DataError, match="gone: no such file or folder"):
        function(tmp_path / "gone")
    with pytest.raises(
        DataError, match=r"no label files \(\.txt, \.csv\) in this folder; found n"
    ):
        function(tmp_path)
    (tmp_path / "1.jpg").touch()
    with pytest.raises(DataError, match=r"in this folder; found 1\.jpg"):
        function(str(tmp_path))


@pytest.mark.parametrize(("challenge", "layout"), HEADED)
def test_a_challenge_is_told_from_header_task_and_edition(challenge, layout, tmp_path):
    path = write(tmp_path, sample(challenge, layout))
    found = detect_challenge(
        str(path), task=challenge.protocol.task, edition=challenge.edition.number
    )
    assert found is challenge


@pytest.mark.parametrize(("challenge", "layout"), HEADED)
def test_the_default_edition_is_preferred_and_then_the_newest(challenge, layout, tmp_path):
    editions = [
        row.edition.number
        for row in CHALLENGES.values()
        if layout.header in {row.protocol.annotation.header, row.protocol.submission.header}
    ]
    found = detect_challenge(write(tmp_path, sample(challenge, layout)))
    assert found.protocol.task == challenge.protocol.task
    best = DEFAULT_EDITION if DEFAULT_EDITION in editions else max(editions)
    assert found.edition.number == best


@pytest.mark.parametrize(("edition", "name"), [(None, "abaw11-ah"), (8, "abaw8-ah")])
def test_files_without_a_header_need_the_task(edition, name, tmp_path):
    path = write(tmp_path, "a.mp4,1")
    assert detect_challenge(path, task="ah", edition=edition).name == name
    with pytest.raises(UnknownChallengeError, match="or --task"):
        detect_challenge(path)
    with pytest.raises(UnknownChallengeError, match="ah: no header"):
        detect_challenge(path, edition=11)


def test_without_a_header_the_first_row_tells_frames_from_clips(tmp_path):
    path = write(tmp_path, "clips/a.mp4/frame-0.jpg,1")
    assert detect_challenge(path, task="ah").name == "abaw8-ah"
    assert detect_challenge(path, task="ah", edition=11).name == "abaw11-ah"


def test_an_unknown_header_lists_what_there_is(tmp_path):
    with pytest.raises(UnknownChallengeError) as caught:
        detect_challenge(write(tmp_path, "angle,size"))
    message = str(caught.value)
    assert "clip0.txt: its first line is 'angle,size'" in message
    assert sorted(message.split("\n")[1:]) == [
        "  au: 'AU1,AU2,AU4,AU6,AU7,AU10,AU12,AU15,AU23,AU24,AU25,AU26'",
        "  expr: 'Neutral,Anger,Disgust,Fear,Happiness,Sadness,Surprise,Other'",
        "  mtl: 'image,valence,arousal,expression,aus'",
        "  va: 'valence,arousal'",
    ]


def test_a_long_header_is_shortened(tmp_path):
    with pytest.raises(UnknownChallengeError) as caught:
        detect_challenge(write(tmp_path, "angle,size"), edition=6)
    assert max(map(len, str(caught.value).split("\n")[1:])) < 100


@pytest.mark.parametrize(
    ("options", "given"),
    [
        ({"task": "lsd"}, "--task lsd"),
        ({"edition": 4}, "--edition 4"),
        ({"task": "MTL", "edition": 3}, "--task MTL --edition 3"),
        ({"task": "abaw4-mtl"}, "--task abaw4-mtl"),
    ],
)
def test_the_header_of_another_challenge_is_said_to_be_that(options, given, tmp_path):
    with pytest.raises(UnknownChallengeError) as caught:
        detect_challenge(write(tmp_path, "valence,arousal"), **options)
    assert str(caught.value).removeprefix(f"{tmp_path / 'clip0.txt'}: ") == (
        "this is the header of abaw1-va, abaw2-va, abaw3-va, abaw5-va, abaw6-va and 3 more; "
        f"{given} was given"
    )


@pytest.mark.parametrize(
    ("content", "fragment"),
    [
        (b"", "this file is empty; expected labels"),
        (b"\n\n", "this file is empty; expected labels"),
        (b"\x89PNG\r\n\x1a\n\0", "this is no text file, it starts with "),
        (b"\x7fELF" + b"\0" * 500, "this is no text file, it starts with "),
    ],
)
def test_a_file_that_holds_no_labels_is_named_in_one_line(content, fragment, tmp_path):
    with pytest.raises(UnknownChallengeError) as caught:
        detect_challenge(write(tmp_path, content))
    message = str(caught.value)
    assert fragment in message
    assert "\n" not in message
    assert len(message) < len(str(tmp_path)) + 200


@pytest.mark.parametrize("task", ["EXPR", " Expr ", "ABAW2-EXPR"])
def test_a_task_is_told_in_upper_or_lower_case(task, tmp_path):
    header = CHALLENGES["abaw2-expr"].protocol.annotation.header
    assert detect_challenge(write(tmp_path, header), task=task).name == "abaw2-expr"


def test_an_unknown_header_lists_only_what_was_asked_for(tmp_path):
    path = write(tmp_path, "angle,size")
    with pytest.raises(UnknownChallengeError) as caught:
        detect_challenge(path, task="va", edition=5)
    assert str(caught.value).split("\n")[1:] == [
        "  va: 'image_location,valence,arousal'",
        "  va: 'valence,arousal'",
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"edition": 99}, "there is no edition 99; there are 1, 2, 3"),
        ({"task": "smile"}, "edition 3 has no task 'smile'; it has va"),
        ({"task": "lsd", "edition": 3}, "edition 3 has no task 'lsd'; it is in edition 4"),
    ],
)
def test_a_challenge_that_does_not_exist_is_not_told(options, message, tmp_path):
    with pytest.raises(UnknownChallengeError, match=message):
        detect_challenge(write(tmp_path, VA_3), **options)
