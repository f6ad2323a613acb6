"""Lists say which videos and rows are asked for, and no more than they say is taken from them."""

import re

import pytest

from abawkit.errors import DataError
from abawkit.lists import VideoList, read_video_list
from abawkit.protocol import CHALLENGES


def listed(folder, text):
    path = folder / "list.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_video_list(path)


@pytest.mark.parametrize("header", ["", "video\n", "\ufeffvideo\r\n", "\n"])
def test_a_list_of_videos(header, tmp_path):
    official = listed(tmp_path, f"{header}video10_1\n30-30-1920x1080_left\r\n\n1")
    assert official.videos == ("video10_1", "30-30-1920x1080_left", "1")
    assert official.rows is None
    assert official.n_frames == {}


@pytest.mark.parametrize(
    "header", ["", "video,frames\n", "video, n_frames\n", "filename,Number of rows\n"]
)
def test_a_list_of_frame_counts(header, tmp_path):
    official = listed(tmp_path, f"{header}video2,17\n1, 2502\n")
    assert official.videos == ("video2", "1")
    assert official.rows is None
    assert official.n_frames == {"video2": 17, "1": 2502}


HEADERS = {
    layout.header
    for row in CHALLENGES.values()
    for layout in (row.protocol.annotation, row.protocol.submission)
    if layout.header is not None and layout.key is not None
}


@pytest.mark.parametrize("header", [None, *sorted(HEADERS)])
@pytest.mark.parametrize("rest", ["", ",", ",0.5,-0.5", ",0"])
def test_a_list_of_images(header, rest, tmp_path):
    names = ["b/00001.jpg", "b/00003.jpg", "14-30-1920x1080/00001.jpg", "b/00002.jpg"]
    lines = [header or "", *(name + rest for name in names)]
    official = listed(tmp_path, "\n".join(lines))
    assert official.videos == ("b", "14-30-1920x1080")
    assert list(official.rows) == [("b", 1), ("b", 3), ("14-30-1920x1080", 1), ("b", 2)]
    assert official.n_frames == {"b": 3, "14-30-1920x1080": 1}
    assert official.header == header


def test_rows_that_are_listed_twice_are_kept(tmp_path):
    official = listed(tmp_path, "image,valence,arousal,expression,aus\n1/00001.jpg\n1/00001.jpg")
    assert list(official.rows) == [("1", 1), ("1", 1)]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("video1\nvideo2,17", 2),
        ("video1,17\nvideo2", 2),
        ("video1,17\n\nvideo2,", 3),
        ("video1/00001.jpg\nvideo1/00002.jpg\nvideo2", 3),
        ("video1\nvideo1/00001.jpg,", 2),
        ("video1/00001.jpg\nvideo1/0002.jpg,0.5", 2),
        ("video1/00001.jpg\nvideo1/00000.jpg,", 2),
        ("video,frames\nvideo1,many", 2),
        ("video1,17\nvideo2,-1", 2),
        ("video1,17\nvideo2,17,18", 2),
        ("video1,17\n,18", 2),
        ("video1,17\nvideo2,0", 2),
        ("video1\n..", 2),
        ("video1\ncropped_aligned/video2", 2),
        ("5/00000.jpg\n5/00001.jpg", 1),
        ("cropped_aligned/5/00001.jpg", 1),
        (",", 1),
    ],
)
def test_a_line_of_another_kind_is_named(text, line, tmp_path):
    found = repr(text.split("\n")[line - 1])
    message = rf"list\.txt, line {line}: expected .* found another kind: {re.escape(found)}"
    with pytest.raises(DataError, match=message):
        listed(tmp_path, text)


def test_two_lengths_of_a_video_are_named(tmp_path):
    with pytest.raises(DataError, match=r"line 3: 1 had 17 frames, found 18"):
        listed(tmp_path, "1,17\n1,17\n1,18")


@pytest.mark.parametrize("text", ["", "\n \n", "video\n", "image_location,valence,arousal\n"])
def test_an_empty_list_is_named(text, tmp_path):
    with pytest.raises(DataError, match=r"list\.txt: the list is empty"):
        listed(tmp_path, text)


def test_a_missing_list_is_named(tmp_path):
    with pytest.raises(DataError, match=r"gone\.txt: cannot read this list"):
        read_video_list(tmp_path / "gone.txt")


def test_a_list_that_is_no_text_is_named(tmp_path):
    with pytest.raises(DataError, match=r"list\.txt: cannot read this list"):
        listed(tmp_path, b"\xff\xfe")


def test_all_faults_are_named_at_once_up_to_a_limit(tmp_path):
    with pytest.raises(DataError) as caught:
        listed(tmp_path, "1,17\n" + "2\n" * 25)
    lines = str(caught.value).split("\n")
    assert all(f"line {n}: expected" in line for n, line in enumerate(lines[:20], 2))
    assert lines[20:] == ["and 5 more faults"]


def test_a_list_with_holes_does_not_tell_where_a_video_ends(tmp_path):
    official = listed(tmp_path, "a/00001.jpg\na/00003.jpg\nb/00002.jpg\nb/00001.jpg")
    assert official.n_frames == {"b": 2}


@pytest.mark.parametrize("name", CHALLENGES)
def test_a_header_tells_the_challenges_it_belongs_to(name):
    header = CHALLENGES[name].protocol.submission.header
    official = VideoList(videos=("1",), rows=None, n_frames={}, header=header)
    names = [row.name for row in official.challenges()]
    assert (name in names) == (header is not None)
    assert all(
        CHALLENGES[other].targets[0].names == CHALLENGES[name].targets[0].names for other in names
    )


@pytest.mark.parametrize("first", ["a, number of frames: 2", "a,1O0", "a,0", "a,none"])
def test_a_first_line_without_a_number_is_no_header(first, tmp_path):
    with pytest.raises(DataError, match="line 1: expected every line"):
        listed(tmp_path, f"{first}\nb,2\n")
