"""A header is mended if it says the same, and only then."""

from dataclasses import replace

import pytest

from abawkit.errors import SubmissionError
from abawkit.protocol import CHALLENGES, find_challenge
from submissions.validation.fixing import fix
from submissions.validation.fixing.form import is_misspelt

VA = find_challenge("abaw5-va")
MTL = find_challenge("abaw4-mtl")
VD = find_challenge("abaw10-vd")


@pytest.mark.parametrize("name", sorted(CHALLENGES))
def test_of_all_headers_with_the_same_key_only_its_own_is_a_misspelt_one(name):
    challenge, layout = CHALLENGES[name], CHALLENGES[name].protocol.submission
    for other in CHALLENGES.values():
        header = other.protocol.submission.header
        if header is None or layout.header is None:
            continue
        start = 0 if layout.key is None else 1
        same = header.split(",")[start:] == layout.header.split(",")[start:]
        assert is_misspelt(header.upper(), layout, challenge) == same


@pytest.mark.parametrize("header", [
    "image_location,Valence,Arousal", "IMAGE LOCATION , valence , arousal ,",
    "frame,VALENCE,arousal",
])  # fmt: skip
def test_case_spaces_and_the_name_of_the_key_do_not_count(header):
    assert is_misspelt(header, VA.protocol.submission, VA)


@pytest.mark.parametrize("header", [
    "image_location,arousal,valence", "image_location,valence", "valence,arousal",
    "image_location,valence,arousal,dominance", "image_location,v,a", "",
])  # fmt: skip
def test_other_names_or_another_order_do(header):
    assert not is_misspelt(header, VA.protocol.submission, VA)


def test_the_columns_of_mtl_may_be_named_one_by_one():
    units = ",".join(MTL.targets[2].names)
    header = f"image,Valence,Arousal,Expr,{units}"
    assert is_misspelt(header, MTL.protocol.submission, MTL)
    assert not is_misspelt(header.replace("AU1,AU2", "AU2,AU1"), MTL.protocol.submission, MTL)


@pytest.mark.parametrize("text", [
    b"image_location,valence,arousal\na/00001.jpg,0,0\nb\xff/00001.jpg,0,0\n",
    "image_location,valence,arousal\na/00001.jpg,0,0\n".encode("utf-16"),
    b"", b"image_location,valence,arousal\n",
    b"image_location,arousal,valence\na/00001.jpg,0,0\n",
])  # fmt: skip
def test_what_is_no_such_file_is_refused(tmp_path, text):
    path = tmp_path / "pred.txt"
    path.write_bytes(text)
    with pytest.raises(SubmissionError, match="not repaired, and nothing written"):
        fix(path, VA)
    assert [*tmp_path.iterdir()] == [path]


def test_the_usual_name_of_a_column_is_a_misspelling_of_the_samples():
    layout = replace(VD.protocol.submission, header="Frame_Number,Predicted_Label")
    assert is_misspelt("Frame_Number,Label", layout, VD)
    assert not is_misspelt("Frame_Number,Score", layout, VD)
