"""The official sample is the contract: rows, order, header and columns are taken to the letter."""

import hashlib
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abawkit.errors import DataError, SampleWarning, UsageError
from abawkit.labels.rows import Rows
from abawkit.protocol import CHALLENGES, find_challenge
from submissions.following import run_template
from submissions.run import read_manifest
from submissions.template import Template, choose_template
from tests.submissions.runs import FRAME_LEVEL, draw_run, make_run, save_run

A_FEW = settings(max_examples=settings().max_examples // 10)
NAMES = ["1", "10-60-1280x720", "video10_1_left", "a.b+c(1)"]
ONE_FILE = {name: row for name, row in CHALLENGES.items() if not row.protocol.submission.per_video}
SWAPPED = "image_location,Anger,Neutral,Disgust,Fear,Happiness,Sadness,Surprise,Other"
VA_HEADER = "image_location,valence,arousal"


def read(folder, name, text, file="sample.txt"):
    (folder / file).write_bytes(text.encode())
    return Template.read(folder / file, find_challenge(name))


def read_warned(folder, name, text, **options):
    with pytest.warns(SampleWarning, match="the sample is followed"):
        return read(folder, name, text, **options)


@pytest.mark.parametrize("challenge", ONE_FILE.values(), ids=ONE_FILE)
@pytest.mark.parametrize("rest", ["", ",", "dummies"])
@A_FEW
@given(data=st.data())
def test_rows_and_their_order_are_those_of_the_sample(challenge, rest, data):
    layout = challenge.protocol.submission
    frames = st.just(1) if layout.whole_clips else st.integers(1, 99_999)
    pairs = data.draw(st.lists(st.tuples(st.sampled_from(NAMES), frames), min_size=1))
    rest = ",0" * challenge.protocol.columns if rest == "dummies" else rest
    first = layout.key.first - 1
    keys = [layout.key.pattern.format(video=v, frame=f + first) for v, f in pairs]
    header = [] if layout.header is None else [layout.header]
    with TemporaryDirectory() as folder:
        text = "\n".join([*header, *(key + rest for key in keys)])
        template = read(Path(folder), challenge.name, text)
    assert list(template.rows) == pairs
    assert template.layout.header == layout.header
    assert template.n_frames == {v: [p[0] for p in pairs].count(v) for v in template.videos}


@pytest.mark.parametrize("name", ["abaw1-au", "abaw3-va", "abaw3-expr"])
def test_samples_of_each_video_tell_how_many_rows_it_has(tmp_path, name):
    header = find_challenge(name).protocol.submission.header
    for video, count in {"b": 3, "a": 1, "c": 0}.items():
        (tmp_path / f"{video}.txt").write_text(header + "\n" + "0,0\n" * count)
    template = Template.read(tmp_path, find_challenge(name))
    assert (template.videos, template.rows) == (("a", "b", "c"), None)
    assert template.n_frames == {"a": 1, "b": 3}


@pytest.mark.parametrize("column", ["Label", "Predicted_Label"])
def test_the_header_of_violence_templates_is_taken_to_the_letter(tmp_path, column):
    known = nullcontext() if column == "Label" else pytest.warns(SampleWarning, match=column)
    (tmp_path / "v1.csv").write_text(f"Frame_Number,{column}\n1,\n2,\n4,\n")
    with known:
        template = Template.read(tmp_path, find_challenge("abaw10-vd"))
    assert template.layout.header == f"Frame_Number,{column}"
    assert list(template.rows) == [("v1", 1), ("v1", 2), ("v1", 4)]


def test_samples_that_count_from_0_and_from_1_are_refused_together(tmp_path):
    (tmp_path / "a.csv").write_text("Frame_Number,Label\n0,\n")
    (tmp_path / "b.csv").write_text("Frame_Number,Label\n1,\n")
    with (
        pytest.warns(SampleWarning),
        pytest.raises(DataError, match=r"rows of {frame} from 0 on; found .* from 1 on"),
    ):
        Template.read(tmp_path, find_challenge("abaw10-vd"))


def test_samples_of_videos_that_differ_are_refused(tmp_path):
    (tmp_path / "a.csv").write_text("Frame_Number,Label\n1,\n")
    (tmp_path / "b.csv").write_text("Frame_Number,Predicted_Label\n1,\n")
    with (
        pytest.warns(SampleWarning),
        pytest.raises(DataError, match=r"b\.csv: expected a sample as a\.csv"),
    ):
        Template.read(tmp_path, find_challenge("abaw10-vd"))


@pytest.mark.parametrize("name", FRAME_LEVEL)
def test_a_list_of_names_tells_the_videos_only(tmp_path, name):
    template = read(tmp_path, name, "video\n10\nvideo10_1\n7\n")
    assert (template.videos, template.rows) == (("10", "video10_1", "7"), None)
    assert template.n_frames == {}
    assert template.layout == find_challenge(name).protocol.submission


@pytest.mark.parametrize("name", FRAME_LEVEL)
@pytest.mark.parametrize("header", ["", "video,frames\n"])
def test_a_list_with_numbers_asks_for_every_frame(tmp_path, name, header):
    template = read(tmp_path, name, f"{header}b,2\na,3\n")
    assert (template.videos, template.n_frames) == (("b", "a"), {"b": 2, "a": 3})
    layout = find_challenge(name).protocol.submission
    if layout.key is None or layout.selected:
        assert template.rows is None
    else:
        assert list(template.rows) == list(Rows.whole({"b": 2, "a": 3}))


@pytest.mark.parametrize(
    ("name", "header", "order"),
    [
        ("abaw5-va", "image_location,arousal,valence", (1, 0)),
        ("abaw3-mtl", "image,expression,valence,arousal,aus", (2, 0, 1, *range(3, 15))),
        ("abaw3-mtl", "image,aus,expression,arousal,valence", (*range(3, 15), 2, 1, 0)),
        ("abaw5-va", "image_location,valence,a", ()),
        ("abaw5-expr", "image_location,expression", ()),
        ("abaw5-va", "Image,Valence,Arousal", ()),
    ],
)
def test_another_header_is_followed_with_a_warning(tmp_path, name, header, order):
    template = read_warned(tmp_path, name, f"{header}\nv/00001.jpg,\n")
    assert (template.layout.header, template.layout.order) == (header, order)


@pytest.mark.parametrize("name", FRAME_LEVEL)
@pytest.mark.parametrize("header", ["filename,frames", "Video, number of frames", "a,n_rows"])
def test_the_header_of_a_list_may_name_its_two_columns_as_it_likes(tmp_path, name, header):
    template = read(tmp_path, name, f"{header}\nb,2\n1,12\n")
    assert (template.videos, template.n_frames) == (("b", "1"), {"b": 2, "1": 12})
    assert template.layout == find_challenge(name).protocol.submission


@pytest.mark.parametrize("header", ["v,a", "Name of video: a, number of frames: 2"])
@pytest.mark.parametrize("row", ["", "0.1,0.2", "0,0", "Name of video: b, number of frames: 9"])
def test_a_foreign_header_above_values_is_not_that_of_a_list(tmp_path, header, row):
    with pytest.raises(DataError, match="names none of its columns; hint: give the official"):
        read(tmp_path, "abaw3-va", f"{header}\n{row}\n")


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("abaw5-va", f"{VA_HEADER},"),
        ("abaw5-va", '"image_location","valence","arousal"'),
        ("abaw4-lsd", "image,expression,"),
        ("abaw3-mtl", "image,valence,arousal,expression,aus,"),
    ],
)
def test_a_comma_or_quotes_in_a_header_are_followed_without_a_word(tmp_path, name, header):
    key = find_challenge(name).protocol.submission.key.pattern.format(video="v", frame=1)
    template = read(tmp_path, name, f"{header}\n{key},\n")
    assert (template.layout.header, template.layout.order) == (header, ())


def test_a_comma_at_the_end_of_a_header_in_another_order_begins_no_column(tmp_path):
    template = read_warned(tmp_path, "abaw5-va", "image_location,arousal,valence,\nv/00001.jpg,\n")
    assert template.layout.order == (1, 0)


def test_values_that_look_like_a_list_are_rows_below_the_header_of_the_task(tmp_path):
    template = read(tmp_path, "abaw3-va", "valence,arousal\n1,1\n0,1\n")
    assert template.n_frames == {"sample": 2}


def test_the_spelling_of_a_header_is_kept_without_a_word(tmp_path):
    header = "Image_Location,Valence,Arousal"
    assert read(tmp_path, "abaw5-va", f"{header}\nv/00001.jpg,\n").layout.header == header


def test_a_sample_without_header_gives_files_without_one(tmp_path):
    assert read_warned(tmp_path, "abaw5-va", "v/00001.jpg,\n").layout.header is None


@pytest.mark.parametrize("header", ["", "image_location\n"])
def test_a_list_of_images_has_the_header_of_the_table(tmp_path, header):
    assert read(tmp_path, "abaw5-va", f"{header}v/00001.jpg\n").layout.header == VA_HEADER


@pytest.mark.parametrize(
    ("name", "header", "fragment"),
    [
        ("abaw5-va", "image_location,valence", "expected the header 'image_location,valence,"),
        ("abaw5-va", "valence,arousal", "which is that of abaw1-va"),
        ("abaw5-au", VA_HEADER, "which is that of abaw5-va"),
        ("abaw4-lsd", "Frame_Number,Label", "which is that of abaw10-vd"),
        ("abaw10-ah", "video_path,label,transcript", "expected no header of abaw10-ah"),
        ("abaw5-expr", SWAPPED, "an index means another class"),
        ("abaw5-va", "image_location,AU1,AU2", "which names none of its columns"),
    ],
)
def test_a_header_that_cannot_be_meant_is_refused(tmp_path, name, header, fragment):
    if name == "abaw5-va" and header == "valence,arousal":
        fragment = "expected the header"
    with pytest.raises(DataError, match=f"line 1: expected .*{fragment}|{fragment}"):
        read(tmp_path, name, f"{header}\nv/00001.jpg,0\n")


@pytest.mark.parametrize(
    ("lines", "pattern", "first"),
    [
        ("v/000001.jpg,\nv/000012.jpg,", "{video}/{frame:06d}.jpg", 1),
        ("v/00001.png,\nw/00002.png,", "{video}/{frame:05d}.png", 1),
        ("v/9.jpg,\nv/10.jpg,", "{video}/{frame}.jpg", 1),
        ("v/00000.jpg,\nv/00001.jpg,", "{video}/{frame:05d}.jpg", 0),
    ],
)
def test_another_way_to_name_images_is_followed(tmp_path, lines, pattern, first):
    template = read_warned(tmp_path, "abaw5-va", f"{VA_HEADER}\n{lines}\n")
    assert (template.layout.key.pattern, template.layout.key.first) == (pattern, first)
    assert min(frame for _, frame in template.rows) >= 1


@pytest.mark.parametrize(
    ("name", "text", "pattern", "first"),
    [
        ("abaw10-vd", "Frame_Number,Label\n0,\n1,\n2,", "{frame}", 0),
        ("abaw10-vd", "Frame_Number,Label\n0001,\n0002,", "{frame:04d}", 1),
        ("abaw4-lsd", "image,expression\n0.png,\na.b.png,", "{video}.png", 1),
        ("abaw8-ah", "v/frame-0.png,0\nv/frame-1.png,0", "{video}/frame-{frame}.png", 0),
        ("abaw8-ah", "v/frame-00.jpg,\nw/frame-10.jpg,", "{video}/frame-{frame:02d}.jpg", 0),
    ],
)
def test_another_key_of_any_kind_is_followed(tmp_path, name, text, pattern, first):
    template = read_warned(tmp_path, name, text, file="sample.csv")
    assert (template.layout.key.pattern, template.layout.key.first) == (pattern, first)
    assert min(frame for _, frame in template.rows) >= 1


@pytest.mark.parametrize(
    "line", ["", "garbage", "v/00002.png,", "v/0002.jpg,", "v/00002.jpg.jpg,"]
)
def test_a_line_that_is_no_row_is_named(tmp_path, line):
    with pytest.raises(DataError, match=r"sample\.txt, line 3: expected a row of <video>/00001"):
        read(tmp_path, "abaw5-va", f"{VA_HEADER}\nv/00001.jpg,\n{line}\nv/00003.jpg,\n")


@pytest.mark.parametrize("text", ["", "\n", f"{VA_HEADER}\n"])
def test_a_sample_without_rows_is_refused(tmp_path, text):
    with pytest.raises(DataError, match="this sample"):
        read(tmp_path, "abaw5-va", text)


@pytest.mark.parametrize(
    ("rest", "layout", "sample"),
    [(",0.5,0.5,0", True, True), (",0", False, False), (",", True, False), ("", True, False)],
)
def test_the_first_row_tells_whether_there_are_probabilities(tmp_path, rest, layout, sample):
    template = read(tmp_path, "abaw11-ah", f"Videos/1/a.mp4{rest}\nVideos/2/b.mp4{rest}\n")
    assert (template.layout.probabilities, template.probabilities) == (layout, sample)
    assert template.videos == ("Videos/1/a.mp4", "Videos/2/b.mp4")


def test_rows_that_are_neither_with_nor_without_probabilities_are_refused(tmp_path):
    with pytest.raises(DataError, match="expected 1 or 3 values in a row of abaw11-ah"):
        read(tmp_path, "abaw11-ah", "Videos/1/a.mp4,0.5,0\n")


def test_the_hash_is_that_of_the_bytes(tmp_path):
    text = f"{VA_HEADER}\nv/00001.jpg,\n"
    assert read(tmp_path, "abaw5-va", text).sha256 == hashlib.sha256(text.encode()).hexdigest()


def test_numbers_of_frames_complete_a_list_of_names(tmp_path):
    (tmp_path / "list.txt").write_text("b\na\n")
    (tmp_path / "frames.csv").write_text("video,frames\na,1\nc,9\nb,2\n")
    paths = {"like": tmp_path / "list.txt", "frames": tmp_path / "frames.csv"}
    template = choose_template(find_challenge("abaw5-va"), **paths)
    assert list(template.rows) == [("b", 1), ("b", 2), ("a", 1)]
    (tmp_path / "list.txt").write_text("b\nd\n")
    with pytest.raises(DataError, match=r"1 videos of .* have no number: d"):
        choose_template(find_challenge("abaw5-va"), **paths)
    (tmp_path / "list.txt").write_text("b/00001.jpg\n")
    with pytest.raises(UsageError, match="leave --frames out"):
        choose_template(find_challenge("abaw5-va"), **paths)


def test_without_a_sample_there_may_be_numbers_of_frames_or_nothing(tmp_path):
    (tmp_path / "frames.csv").write_text("a,2\n")
    challenge = find_challenge("va")
    assert choose_template(challenge, like=None, frames=None) is None
    chosen = choose_template(challenge, like=None, frames=tmp_path / "frames.csv")
    assert chosen.n_frames == {"a": 2}


@pytest.mark.parametrize("challenge", FRAME_LEVEL.values(), ids=FRAME_LEVEL)
def test_a_run_tells_its_own_rows(tmp_path, challenge):
    run = make_run(tmp_path, challenge)
    template = run_template(run, tmp_path)
    assert template.n_frames == {"video1": 9, "b_left": 6, "b_right": 7}
    assert read_manifest(tmp_path)["in_order"] is True
    keyed = challenge.protocol.submission.key is not None
    assert (template.rows is not None) == keyed
    assert not keyed or list(template.rows) == list(Rows.whole(template.n_frames))


def test_a_run_in_the_order_of_a_list_has_that_of_its_file(tmp_path):
    challenge = find_challenge("abaw5-va")
    run = draw_run(challenge)
    rows = [(name, frame) for name, raw in run.videos.items() for frame in raw.rows][::-1]
    save_run(tmp_path, run, rows=rows)
    run = draw_run(challenge)
    manifest = read_manifest(tmp_path)
    assert manifest["in_order"] is False
    run = type(run)(challenge=challenge, manifest=manifest, videos=run.videos)
    assert list(run_template(run, tmp_path).rows) == rows
    assert run_template(run).rows is None


def test_of_frames_that_a_run_selects_in_no_known_order_the_last_is_told():
    run = draw_run(find_challenge("abaw7-mtl"))
    last = {name: raw.rows[-1] for name, raw in run.videos.items()}
    counts = [{"video": name, "n_rows": 1} for name in run.videos]
    manifest = {**run.manifest, "in_order": False, "videos": counts}
    template = run_template(replace(run, manifest=manifest))
    assert (template.rows, template.n_frames) == (None, last)
