"""What is written is to the letter, reads back as the same, and is never wrong or half."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from abawkit.errors import SubmissionError
from abawkit.labels import format_labels, read_labels, write_labels
from abawkit.labels.rows import Rows
from abawkit.protocol import CHALLENGES, Continuous, blocks, find_challenge
from abawkit.track import Track
from tests.strategies import masks, values_of

EVERY_ROW = pytest.mark.parametrize("challenge", CHALLENGES.values(), ids=CHALLENGES)
EVERY_KIND = pytest.mark.parametrize("kind", ["annotation", "submission"])
A_FEW = settings(max_examples=settings().max_examples // 5)
NAMES = [
    *("1", "500", "10-60-1280x720", "122-60-1920x1080-1", "video59", "video10_1"),
    *("video10_1_left", "30-30-1920x1080_right", "a.b", "a+b (1)", "é"),
]
VA = find_challenge("abaw3-va")
VA_5 = find_challenge("abaw5-va").protocol.submission


@st.composite
def label_tracks(draw, challenge, layout, *, gaps):
    """Tracks of labels by video; with `gaps`, some values are not known, or not listed."""
    frames = st.integers(1, 6)
    if layout.key is not None and "frame" not in layout.key.fields:
        frames = st.just(1)
    tracks = {}
    for name in draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True)):
        n_frames = draw(frames)
        values = [draw(values_of(target, n_frames)) for target in challenge.targets]
        known = np.ones((n_frames, challenge.protocol.columns), bool)
        listed = known[:, 0].copy()
        if gaps:
            listed = listed if layout.key is None else draw(masks(n_frames))
            listed[-1] = True  # It ends the video.
            known = draw(masks(known.shape)) & listed[:, None]
        rows = None if layout.key is None else listed
        tracks[name] = Track.of(name, np.hstack(values), known, rows)
    return tracks


def written(tracks, challenge, layout, **options):
    """Write tracks, and give the text of each file and what reads back."""
    with TemporaryDirectory() as folder:
        options = {"targets": challenge.targets, "layout": layout} | options
        paths = write_labels(Path(folder), tracks, **options)
        assert sorted(paths) == sorted(Path(folder).iterdir())
        texts = {path.name: path.read_bytes().decode() for path in paths}
        return texts, read_labels(folder, challenge)


def va(*rows, video="1", listed=None):
    return Track.of(video, np.reshape(rows, (-1, 2)), listed=listed)


def va_text(*rows, **options):
    return format_labels(va(*rows), targets=VA.targets, layout=VA.protocol.annotation, **options)


@EVERY_ROW
@EVERY_KIND
@A_FEW
@given(data=st.data())
def test_what_is_written_reads_back_as_the_same_tracks(challenge, kind, data):
    layout = getattr(challenge.protocol, kind)
    gaps = kind == "annotation"
    tracks = data.draw(label_tracks(challenge, layout, gaps=gaps))
    _, back = written(tracks, challenge, layout, sentinels=gaps)
    assert back.keys() == tracks.keys()
    for name, track in tracks.items():
        np.testing.assert_array_equal(back[name].values, track.values)
        np.testing.assert_array_equal(back[name].known, track.known)
        np.testing.assert_array_equal(back[name].listed, track.listed)


@EVERY_ROW
@EVERY_KIND
@A_FEW
@given(data=st.data())
def test_files_are_written_to_the_letter(challenge, kind, data):
    layout = getattr(challenge.protocol, kind)
    tracks = data.draw(label_tracks(challenge, layout, gaps=False))
    texts, _ = written(tracks, challenge, layout)
    assert set(texts) == {layout.file.format(video=name) for name in tracks}
    for text in texts.values():
        assert layout.header is None or text.startswith(layout.header + "\n")
        assert text.endswith("\n")
        assert "\r" not in text
        assert " " not in text.removeprefix(f"{layout.header}\n").replace("a+b (1)", "")
        assert "\n\n" not in text


@EVERY_ROW
@A_FEW
@given(data=st.data())
def test_integers_have_no_point_and_decimals_have_six(challenge, data):
    track = Track.of("1", np.hstack([data.draw(values_of(t, 2)) for t in challenge.targets]))
    layout = VA.protocol.annotation
    row = format_labels(track, targets=challenge.targets, layout=layout).split("\n")[1].split(",")
    for target, columns in blocks(challenge.targets):
        for text, value in zip(row[columns], track.values[0, columns], strict=True):
            real = isinstance(target, Continuous)
            assert text == (f"{value + 0:.6f}" if real else str(int(value)))


@given(arrays("float64", (3, 2), elements=st.floats(-1, 1)))
def test_decimals_are_rounded_and_never_cut(values):
    track = Track.of("1", values)
    _, back = written({"1": track}, VA, VA.protocol.annotation)
    assert np.abs(back["1"].values - values).max() <= 0.5e-6 + 1e-12
    assert np.abs(back["1"].values).max() <= 1


@pytest.mark.parametrize("value", [-0.0, -1e-9, 1e-9])
def test_zero_has_no_sign(value):
    assert va_text(value, value) == "valence,arousal\n0.000000,0.000000\n"


def test_an_integer_zero_has_no_sign():
    target = find_challenge("abaw3-expr").targets
    track = Track.of("1", [[-0.0]])
    assert format_labels(track, targets=target, layout=VA.protocol.annotation)[-3:] == "\n0\n"


def test_a_video_without_frames_is_a_header():
    assert va_text() == "valence,arousal\n"


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("abaw3-va", "valence,arousal\n0.500000,-1.000000\n"),
        ("abaw5-va", "image_location,valence,arousal\n1/00001.jpg,0.500000,-1.000000\n"),
    ],
)
def test_text_of_one_video(name, first):
    protocol = find_challenge(name).protocol
    text = format_labels(va(0.5, -1), targets=protocol.targets, layout=protocol.submission)
    assert text == first


def test_picked_frames_are_written_in_their_order():
    text = va_text(0.1, 0, 0.2, 0, 0.3, 0, frames=[3, 1, 3])
    assert [line[:3] for line in text.split("\n")[1:-1]] == ["0.3", "0.1", "0.3"]


def test_sparse_rows_are_written_where_rows_are_named():
    track = va(0.1, 0, np.nan, np.nan, 0.3, 0, listed=np.array([True, False, True]))
    text = format_labels(track, targets=VA.targets, layout=VA_5)
    assert [line[:11] for line in text.split("\n")[1:-1]] == ["1/00001.jpg", "1/00003.jpg"]


def test_rows_of_an_official_list_are_written_in_its_order():
    tracks = {name: va(0.1, 0, 0.2, 0, video=name) for name in ("b", "a")}
    rows = [("a", 2), ("b", 1), ("a", 1), ("a", 1)]
    texts, _ = written(tracks, VA, VA_5, rows=Rows.of(rows))
    keys = [line.split(",")[0] for line in texts["predictions.txt"].split("\n")[1:-1]]
    assert keys == [f"{video}/{frame:05d}.jpg" for video, frame in rows]


AH = find_challenge("abaw10-ah")


def ah(probabilities, video="a"):
    track = Track.of(video, np.zeros((len(probabilities), 1)))
    return replace(track, probabilities=np.array(probabilities))


@pytest.mark.parametrize("offset", [0, -3e-5, 4e-5])
def test_probabilities_add_up_to_one_to_the_bit(offset):
    p1 = np.clip(np.arange(10_001) / 10_000 + offset, 0, 1)
    tracks = {str(n): ah([[1 - p, p]], str(n)) for n, p in enumerate(p1)}
    texts, back = written(tracks, AH, AH.protocol.submission)
    rows = [line.split(",") for line in texts["trial-0.txt"].splitlines()]
    assert all(len(p0) == len(p1) == 6 for _, p0, p1, _ in rows)
    assert {float(p0) + float(p1) for _, p0, p1, _ in rows} == {1.0}
    assert max(abs(float(row[2]) - p) for row, p in zip(rows, p1, strict=True)) < 0.50001e-4
    np.testing.assert_array_equal(back["7"].probabilities, [[float(p) for p in rows[7][1:3]]])


@pytest.mark.parametrize("wrong", [[0.5, 0.6], [-0.1, 1.1], [np.nan, np.nan]])
def test_what_are_no_probabilities_is_refused(wrong):
    with pytest.raises(SubmissionError, match=r"^7: expected probabilities"):
        format_labels(ah([wrong], "7"), targets=AH.targets, layout=AH.protocol.submission)


def test_probabilities_of_some_videos_only_are_refused(tmp_path):
    tracks = {"a": ah([[0.5, 0.5]]), "b": Track.of("b", [[0]])}
    layout = AH.protocol.submission
    with pytest.raises(SubmissionError, match="b: expected probabilities of all videos or of no"):
        write_labels(tmp_path, tracks, targets=AH.targets, layout=layout)
    assert not list(tmp_path.iterdir())


def test_columns_stand_in_the_order_of_the_layout():
    layout = replace(VA_5, header="image_location,arousal,valence", order=(1, 0))
    text = format_labels(va(0.5, -1), targets=VA.targets, layout=layout)
    assert text == "image_location,arousal,valence\n1/00001.jpg,-1.000000,0.500000\n"


def test_a_file_a_video_has_the_rows_that_are_asked_for():
    challenge = find_challenge("abaw10-vd")
    tracks = {name: Track.of(name, [[0], [1], [0]]) for name in "ab"}
    rows = Rows.of([("b", 3), ("b", 2), ("a", 1)])
    texts, _ = written(tracks, challenge, challenge.protocol.submission, rows=rows)
    header = "Frame_Number,Label\n"
    assert texts == {"b.csv": f"{header}3,0\n2,1\n", "a.csv": f"{header}1,0\n"}


def test_tracks_without_probabilities_are_written_without():
    challenge = find_challenge("abaw10-ah")
    texts, _ = written({"a": Track.of("a", [[1]])}, challenge, challenge.protocol.submission)
    assert texts == {"trial-0.txt": "a,1\n"}


def refusal(track, name="abaw3-va", kind="submission", **options):
    """Write a good video and a wrong one, and give the message; nothing may be written."""
    protocol = find_challenge(name).protocol
    good = Track.of("good", np.zeros((1, protocol.columns)))
    options = {"targets": protocol.targets, "layout": getattr(protocol, kind)} | options
    with TemporaryDirectory() as folder:
        with pytest.raises(SubmissionError) as caught:
            write_labels(Path(folder), {"good": good, track.video: track}, **options)
        assert not list(Path(folder).iterdir())
    return str(caught.value)


@pytest.mark.parametrize("name", ["abaw3-va", "abaw5-va"])
@pytest.mark.parametrize("value", [np.inf, -np.inf, 1.00001, -1.5, -5.0])
def test_values_out_of_range_are_refused(name, value):
    values = np.array([[0, 0], [0.0, value]])
    track = Track(video="7", values=values, known=np.ones((2, 2), bool))
    found = repr(value).removesuffix(".0")
    assert refusal(track, name) == (
        "7: 1 values cannot be written; the first is arousal of frame 2: "
        f"expected -1 to 1, found {found}"
    )


@EVERY_ROW
@EVERY_KIND
def test_an_unknown_value_is_refused_in_a_submission(challenge, kind):
    values = np.zeros((1, challenge.protocol.columns))
    values[0, -1] = np.nan
    message = refusal(Track.of("7", values), challenge.name, kind)
    assert message.startswith("7: 1 values cannot be written; the first is ")
    assert message.endswith(", found no value")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("abaw3-expr", 8, "expr of frame 1: expected a class, 0 to 7, found 8"),
        ("abaw1-expr", 7, "expr of frame 1: expected a class, 0 to 6, found 7"),
        ("abaw3-expr", 0.5, "expr of frame 1: expected a class, 0 to 7, found 0.5"),
        ("abaw3-expr", -1, "expr of frame 1: expected a class, 0 to 7, found -1"),
        ("abaw3-au", 0.5, "AU1 of frame 1: expected 0 or 1, found 0.5"),
        ("abaw3-au", 2, "AU1 of frame 1: expected 0 or 1, found 2"),
        ("abaw5-au", -1, "AU1 of frame 1: expected 0 or 1, found -1"),
        ("abaw5-eri", -0.5, "Adoration of frame 1: expected 0 to 1, found -0.5"),
    ],
)
@pytest.mark.parametrize("sentinels", [False, True])
def test_what_is_no_label_is_refused(name, value, message, sentinels):
    values = np.zeros((1, find_challenge(name).protocol.columns))
    values[0, 0] = value
    assert message in refusal(Track.of("7", values), name, sentinels=sentinels)


def test_refused_values_are_counted_and_the_frame_is_the_pictures():
    with pytest.raises(SubmissionError, match=r"3 values .* valence of frame 5: .* found 3"):
        va_text(0, 0, 0, 0, 0, 0, 0, 0, 3, 4, 5, 0, frames=[2, 5, 6])


class Videos(Mapping):
    """Videos that are made when they are asked for; the last one fails."""

    def __init__(self, folder, error=SubmissionError):
        self.folder, self.error, self.written = folder, error, []

    def __iter__(self):
        return iter("abc")

    def __len__(self):
        return 3

    def __contains__(self, video):
        return video in set("abc")

    def __getitem__(self, video):
        self.written.append(sum(path.stat().st_size for path in self.folder.iterdir()))
        if self.error is not None and video == "c":
            raise self.error
        return Track.of(video, np.zeros((5000, 2)))


ROWS = Rows.whole(dict.fromkeys("abc", 5000))


@pytest.mark.parametrize("error", [SubmissionError, KeyboardInterrupt])
def test_one_file_is_written_whole_or_not_at_all(tmp_path, error):
    target = tmp_path / VA_5.file
    target.write_text("older")
    with pytest.raises(error):
        write_labels(tmp_path, Videos(tmp_path, error), targets=VA.targets, layout=VA_5, rows=ROWS)
    assert list(tmp_path.iterdir()) == [target]
    assert target.read_text() == "older"


def test_one_file_is_written_video_by_video(tmp_path):
    videos = Videos(tmp_path, None)
    write_labels(tmp_path, videos, targets=VA.targets, layout=VA_5, rows=ROWS)
    first, *_, last = videos.written
    assert first < 10_000 < last
    assert len((tmp_path / VA_5.file).read_bytes().splitlines()) == 15_001


@pytest.mark.parametrize("frames", [[0], [3], [-1], [1, 2, 3]])
def test_frames_that_a_video_does_not_have_are_refused(frames):
    with pytest.raises(SubmissionError, match=r"1: no prediction for frame -?\d; it has 2"):
        va_text(0, 0, 0, 0, frames=frames)


def test_listed_videos_without_a_prediction_are_refused():
    message = refusal(va(0, 0), "abaw5-va", rows=Rows.of([("1", 1), ("2", 1), ("3", 1), ("2", 2)]))
    assert message == "2 videos of the list have no prediction: 2, 3"


def test_raw_outputs_are_no_labels():
    track = Track.of("7", np.zeros((1, 8)))
    assert refusal(track, "abaw3-expr") == "7: expected 1 (expr), found 8 columns"


def test_a_clip_has_one_row():
    track = Track.of("7", np.zeros((2, 6)))
    assert refusal(track, "abaw6-emi") == "7: expected one row for the whole clip, found 2"


@pytest.mark.parametrize("name", ["abaw3-va", "abaw10-vd"])
@pytest.mark.parametrize("video", ["a/b", "../a", "", ".a", ".."])
def test_a_name_that_is_no_file_of_a_video_is_refused(name, video):
    track = Track.of(video, np.zeros((1, find_challenge(name).protocol.columns)))
    assert refusal(track, name).endswith(f"found {video!r}")


@pytest.mark.parametrize("video", ["a,b", "a\nb", "", " a", "a\r", "\udcff"])
def test_a_name_that_cannot_stand_in_a_key_is_refused(video):
    assert refusal(va(0, 0, video=video), "abaw5-va") == (
        "expected the name of a video that can stand in {video}/{frame:05d}.jpg, "
        f"found {video!r}"
    )
