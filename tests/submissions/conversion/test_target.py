"""Where a submission goes."""

import pytest

from abawkit.errors import DataError, UsageError
from abawkit.protocol import find_challenge
from submissions.conversion.target import target_of

FOLDER, FILE = (find_challenge(name).protocol.submission for name in ("abaw3-va", "abaw6-va"))


AH = find_challenge("abaw11-ah").protocol.submission
TEXTS = {
    FOLDER: "valence,arousal\n0,0\n",
    FILE: "image_location,valence,arousal\na/00001.jpg,0,0\n",
    AH: "a/b.mp4,1\n",
}


def target(out, layout, *sources, force=False, kept=()):
    return target_of(out, layout, sources, force=force, kept=kept)


def old(folder, layout):
    """Write what an earlier conversion wrote."""
    path = folder / layout.file.format(video="a")
    path.write_text(TEXTS[layout])
    return path


def test_a_file_has_the_name_of_the_edition_unless_it_is_given(tmp_path):
    assert target(tmp_path / "new", FILE) == tmp_path / "new" / "predictions.txt"
    assert target(tmp_path / "new.txt", FILE) == tmp_path / "new.txt"
    (tmp_path / "v1.0").mkdir()
    assert target(tmp_path / "v1.0", FILE) == tmp_path / "v1.0" / "predictions.txt"


def test_files_by_video_go_into_the_folder(tmp_path):
    assert target(tmp_path / "v1.0", FOLDER) == tmp_path / "v1.0"


def test_what_is_there_is_replaced_only_if_that_is_said(tmp_path):
    for layout in TEXTS:
        folder = tmp_path / layout.file
        folder.mkdir()
        old(folder, layout)
        with pytest.raises(UsageError, match="is there already; choose another, or --force"):
            target(folder, layout)
        assert target(folder, layout, force=True)


def test_an_empty_folder_is_not_there(tmp_path):
    assert target(tmp_path, FOLDER) == tmp_path


@pytest.mark.parametrize("role", ["source", "kept"])
@pytest.mark.parametrize("layout", [FILE, FOLDER], ids=["file", "folder"])
def test_what_is_read_is_never_the_output(layout, role, tmp_path):
    file = old(tmp_path, layout)
    for path in (tmp_path, file):
        read = {"source": {"sources": [path]}, "kept": {"sources": [], "kept": [path]}}[role]
        with pytest.raises(UsageError, match=r"(is|holds|is in) (a source|what .* by), .* never"):
            target_of(tmp_path, layout, force=True, **read)


def test_what_is_read_may_be_beside_the_output(tmp_path):
    sample = old(tmp_path, FILE)
    assert target(tmp_path / "new", FOLDER, tmp_path, kept=[sample]) == tmp_path / "new"
    assert target(tmp_path / "b.txt", FILE, sample) == tmp_path / "b.txt"


def test_a_name_does_not_hide_what_is_read(tmp_path):
    sample = old(tmp_path, FILE)
    (tmp_path / "link.txt").symlink_to(sample)
    with pytest.raises(UsageError, match="is what the rows are told by"):
        target(tmp_path / "link.txt", FILE, force=True, kept=[sample])


@pytest.mark.parametrize(
    ("layout", "text"),
    [
        (FOLDER, "a\nb\n"),
        (FOLDER, TEXTS[FILE]),
        (FOLDER, ""),
        (FILE, "image_location,AU1\n"),
        (AH, TEXTS[FOLDER].replace(",", " ")),
        (AH, "\x00,1\n"),
    ],
)
def test_a_file_of_another_kind_is_not_replaced(layout, text, tmp_path):
    old(tmp_path, layout)
    other = tmp_path / layout.file.format(video="b")
    other.write_text(text)
    with pytest.raises(DataError, match=rf"{other.name}, line 1: expected .* nothing else"):
        target(tmp_path, layout, force=True)


def test_nothing_but_a_submission_is_replaced(tmp_path):
    old(tmp_path, FOLDER)
    (tmp_path / "notes.md").touch()
    with pytest.raises(DataError, match=r"nothing but {video}.txt, found notes.md; --force"):
        target(tmp_path, FOLDER, force=True)
    with pytest.raises(DataError, match=r"expected a folder, found a file"):
        target(tmp_path / "a.txt", FOLDER, force=True)
    (tmp_path / "predictions.txt").mkdir()
    with pytest.raises(DataError, match=r"expected a file, found a folder"):
        target(tmp_path, FILE, force=True)
