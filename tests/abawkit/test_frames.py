"""Frames are found under their numbers, and no video is longer or shorter than it is."""

import os
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abawkit.errors import DataError, FrameCountWarning
from abawkit.frames import (
    FrameFolder,
    VideoFrames,
    count_frames,
    default_group,
    natural,
    other_people,
    recording,
)

NUMBERS = st.sets(st.integers(1, 9_999_999), max_size=8)
NAMES = ["1", "500", "10-60-1280x720", "122-60-1920x1080-1", "video59", "video10_1", "video45_1"]
PAIRS = [
    *("30-30-1920x1080", "46-30-484x360", "52-30-1280x720", "135-24-1920x1080", "video55"),
    *("video74", "130-25-1280x720", "49-30-1280x720", "6-30-1920x1080", "video29"),
    *("video49", "video5", "video2"),
]
FOREIGN = [
    *(
        "0001.jpg",
        "000001.jpg",
        "00000.jpg",
        "00001.png",
        "00001.JPG",
        "00001.jpeg",
        "12345678.jpg",
    ),
    *("frame00001.jpg", "00001.jpg.part", "Thumbs.db", ".00001.jpg", "-0001.jpg", "00001"),
    "\u0660\u0660\u0660\u0660\u0661.jpg",
]


def fill_folder(folder, *names, data=b"x"):
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(data)
    return folder


def images(name, *frames, folder=Path("nowhere")):
    """Give a video without files."""
    return VideoFrames(
        name=name, folder=folder, frames=np.array(frames, np.int32), foreign=(), fingerprint=""
    )


@pytest.fixture
def video(tmp_path):
    return fill_folder(tmp_path / "video1", "00001.jpg", "00002.jpg", "00007.jpg")


@given(NUMBERS, st.randoms(use_true_random=False))
def test_frames_are_sorted_by_number_in_whatever_order_they_came(numbers, shuffle):
    names = [f"{number:05d}.jpg" for number in sorted(numbers)]
    shuffle.shuffle(names)
    with TemporaryDirectory() as folder:
        index = VideoFrames.index(fill_folder(Path(folder) / "video1", *names))
    assert index.frames.tolist() == sorted(numbers)
    assert index.frames.dtype == np.int32
    assert index.last == max(numbers, default=0)


def test_the_order_of_the_disk_does_not_matter(video, monkeypatch):
    expected = VideoFrames.index(video)
    scan = os.scandir

    class Reversed(list):
        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

    monkeypatch.setattr(os, "scandir", lambda path: Reversed([*scan(path)][::-1]))
    index = VideoFrames.index(video)
    assert (index.frames == expected.frames).all()
    assert index.fingerprint == expected.fingerprint


def test_gaps_are_kept(video):
    assert VideoFrames.index(video).frames.tolist() == [1, 2, 7]


@pytest.mark.parametrize("name", FOREIGN)
def test_a_file_that_is_no_frame_is_named(name, video):
    fill_folder(video, name)
    index = VideoFrames.index(video)
    assert index.foreign == (name,)
    assert index.frames.tolist() == [1, 2, 7]


def test_a_nested_folder_is_named_even_if_it_is_called_like_a_frame(video):
    fill_folder(video / "nested", "00003.jpg")
    (video / "00009.jpg").mkdir()
    assert VideoFrames.index(video).foreign == ("00009.jpg", "nested")


def test_foreign_files_are_sorted(video):
    fill_folder(video, "b", "a", "c")
    assert VideoFrames.index(video).foreign == ("a", "b", "c")


def test_a_folder_that_is_not_there_has_no_images(tmp_path):
    index = VideoFrames.index(tmp_path / "video9")
    assert (index.name, index.last, index.foreign) == ("video9", 0, ())


@pytest.mark.parametrize(("frame", "name"), [(1, "00001.jpg"), (123456, "123456.jpg")])
def test_a_frame_is_a_file(frame, name, video):
    index = VideoFrames.index(fill_folder(video, name))
    assert index.path(frame) == video / name
    assert frame in index.frames


CHANGES = {
    "a frame comes": lambda video: fill_folder(video, "00003.jpg"),
    "a frame goes": lambda video: (video / "00007.jpg").unlink(),
    "a frame changes its size": lambda video: fill_folder(video, "00002.jpg", data=b"xx"),
    "a frame changes its number": lambda video: (video / "00002.jpg").rename(video / "00003.jpg"),
}
NO_CHANGES = {
    "a foreign file comes": lambda video: fill_folder(video, "00003.png"),
    "a frame is written again": lambda video: fill_folder(video, "00002.jpg"),
    "a frame gets another time": lambda video: os.utime(video / "00002.jpg", (1, 1)),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_fingerprint_changes_when(change, video):
    before = VideoFrames.index(video).fingerprint
    change(video)
    assert VideoFrames.index(video).fingerprint != before


@pytest.mark.parametrize("change", NO_CHANGES.values(), ids=NO_CHANGES)
def test_the_fingerprint_does_not_change_when(change, video):
    before = VideoFrames.index(video).fingerprint
    change(video)
    assert VideoFrames.index(video).fingerprint == before


@pytest.mark.parametrize("name", NAMES + PAIRS)
def test_a_name_without_a_suffix_stays(name):
    assert recording(name) == name


@pytest.mark.parametrize("name", NAMES + PAIRS)
@pytest.mark.parametrize("side", ["_left", "_right"])
def test_only_the_literal_suffix_is_taken_off(name, side):
    assert recording(name + side) == name


@pytest.mark.parametrize("name", ["video1_Left", "videoleft", "video1_left_1", "video1-right"])
def test_what_is_no_literal_suffix_stays(name):
    assert recording(name) == name


def test_names_are_sorted_by_their_numbers():
    names = [
        "1",
        "2",
        "10",
        "10-60-1280x720",
        "video2",
        "video10_1",
        "video10_1_left",
        "video10_2",
    ]
    assert sorted(sorted(names, reverse=True), key=natural) == names


@given(st.lists(st.text("01_v", max_size=4), unique=True), st.randoms(use_true_random=False))
def test_the_order_of_names_is_the_same_however_they_came(names, shuffle):
    ordered = sorted(names, key=natural)
    shuffle.shuffle(names)
    assert sorted(names, key=natural) == ordered


@pytest.mark.parametrize("place", ["", "cropped_aligned", "cropped"])
def test_the_frames_are_found_below_the_data_folder(place, tmp_path):
    for name in ("video10", "video2", "1"):
        fill_folder(tmp_path / place / name, "00001.jpg")
    folder = FrameFolder.index(tmp_path)
    assert folder.root == tmp_path / place
    assert list(folder.videos) == ["1", "video2", "video10"]
    assert folder.foreign == ()


def test_aligned_crops_are_preferred(tmp_path):
    fill_folder(tmp_path / "cropped" / "1", "00001.jpg")
    fill_folder(tmp_path / "cropped_aligned" / "1", "00002.jpg")
    assert FrameFolder.index(tmp_path).videos["1"].frames.tolist() == [2]


def test_what_is_no_video_is_named(video):
    fill_folder(video.parent, "list.txt")
    fill_folder(video.parent / ".cache", "00001.jpg")
    fill_folder(video.parent / "__MACOSX", "00001.jpg")
    folder = FrameFolder.index(video.parent)
    assert list(folder.videos) == ["video1"]
    assert folder.foreign == (".cache", "__MACOSX", "list.txt")


def test_a_video_without_a_face_is_a_video(video):
    (video.parent / "video2").mkdir()
    folder = FrameFolder.index(video.parent)
    assert folder.videos["video2"].last == 0


def test_only_what_is_asked_for_is_listed_in_that_order(video):
    for name in ("video3", "video2"):
        fill_folder(video.parent / name, "00001.jpg")
    folder = FrameFolder.index(video.parent, only=["video3", "video1", "video3"])
    assert list(folder.videos) == ["video3", "video1"]


def test_missing_videos_of_a_list_are_named(video):
    wanted = ["video1", "a", "b"]
    with pytest.raises(DataError, match="no folder for 2 videos of the list: a, b"):
        FrameFolder.index(video.parent, only=wanted)


def test_a_video_of_known_length_may_lack_its_folder(video):
    folder = FrameFolder.index(video.parent, only=["a", "video1"], faceless={"a", "z"})
    assert [row.last for row in folder.videos.values()] == [0, 7]
    with pytest.raises(DataError, match="no folder for 1 videos of the list: b"):
        FrameFolder.index(video.parent, only=["a", "b"], faceless={"a"})


def test_without_frames_the_layout_is_shown(tmp_path):
    fill_folder(tmp_path / "cropped_aligned" / "video1", "0001.jpg", "00000.jpg")
    with pytest.raises(DataError, match="no cropped frames in this folder") as caught:
        FrameFolder.index(tmp_path)
    assert "DATA/cropped_aligned/<video>/00001.jpg" in str(caught.value)


def test_without_a_folder_the_layout_is_shown(tmp_path):
    with pytest.raises(DataError, match="gone: no such folder") as caught:
        FrameFolder.index(tmp_path / "gone")
    assert "--data or ABAWKIT_DATA" in str(caught.value)


LENGTHS = st.dictionaries(st.sampled_from("abcd"), st.integers(0, 9))


@given(LENGTHS, LENGTHS, LENGTHS, st.dictionaries(st.sampled_from("abcd"), st.integers(1, 9)))
def test_the_list_goes_before_annotation_table_and_last_image(official, annotated, given_, last):
    videos = [images(name, frame) for name, frame in last.items()]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FrameCountWarning)
        counts = count_frames(videos, listed=official, annotated=annotated, given=given_)
    assert counts == {name: (last | given_ | annotated | official)[name] for name in last}


@given(LENGTHS, LENGTHS, LENGTHS)
def test_a_length_that_fits_is_no_warning(official, annotated, given_):
    known = given_ | annotated | official
    videos = [images(name, *range(1, length + 1)) for name, length in known.items()]
    assert count_frames(videos, listed=official, annotated=annotated, given=given_) == known


def test_a_guess_is_a_warning_that_says_why_it_can_be_one_short():
    videos = [images("1", 1, 17), images("2"), images("3", 5)]
    wanted = r"^2 videos end at their last image, .*: 1, 2\. The official count is often one more$"
    with pytest.warns(FrameCountWarning, match=wanted):
        counts = count_frames(videos, listed={"3": 5}, annotated={}, given={})
    assert counts == {"1": 17, "2": 0, "3": 5}


def test_images_beyond_the_end_are_a_warning():
    with pytest.warns(FrameCountWarning, match=r"left out: 1 \(16 frames, last image 17\)"):
        counts = count_frames([images("1", 1, 17)], listed={"1": 16}, annotated={}, given={})
    assert counts == {"1": 16}


def test_a_run_beside_the_videos_is_no_video(tmp_path):
    fill_folder(tmp_path / "1", "00001.jpg")
    fill_folder(tmp_path / "preds", "manifest.json")
    (tmp_path / "empty").mkdir()
    folder = FrameFolder.index(tmp_path)
    assert list(folder.videos) == ["1", "empty"]
    assert folder.foreign == ("preds",)


@pytest.mark.parametrize(("video", "others"), [
    ("a", ["a_left", "a_right"]), ("a_left", ["a", "a_right"]), ("a_right", ["a", "a_left"]),
])  # fmt: skip
def test_the_other_people_of_a_recording_have_its_other_names(video, others):
    assert other_people(video) == others


@pytest.mark.parametrize(
    ("video", "group"),
    [
        ("video86_1", "video86"),
        ("video10_1_left", "video10"),
        ("122-60-1920x1080-1", "122-60-1920x1080"),
        ("122-60-1920x1080", "122-60-1920x1080"),
        ("10-60-1280x720_right", "10-60-1280x720"),
        ("video86", "video86"),
        ("video86_x", "video86_x"),
        ("myvideo8_1", "myvideo8_1"),
        ("4-30", "4-30"),
        ("a_1", "a_1"),
        ("Videos/82964/Visite_1/82964_Question_1_2025_Video.mp4", "Videos/82964"),
        ("Videos/82964/Visite_2/82964_Question_1_2025_Video.mp4", "Videos/82964"),
        ("Videos/829/a_left", "Videos/829"),
        ("Videos/82964", "Videos/82964"),
        ("myVideos/82964/a", "myVideos/82964/a"),
    ],
)
def test_by_default_a_group_is_a_recording(video, group):
    assert default_group(video) == group
