"""A bundle holds what the platform asks for, and abawkit to the letter."""

import io
import re
import zipfile
from pathlib import Path

import pytest

import abawkit
from abawkit import CHALLENGES, read_labels
from abawkit.bundle import building as module
from abawkit.bundle.building import IMAGE, bundle_files, write_bundle
from abawkit.errors import DataError, UsageError
from tests.abawkit.bundle.container import told, write_truth
from tests.abawkit.evaluation.corpora import corpus

ALL = pytest.mark.parametrize("challenge", CHALLENGES.values(), ids=CHALLENGES)
VA, MTL = CHALLENGES["abaw6-va"], CHALLENGES["abaw4-mtl"]
PACKAGE = Path(abawkit.__file__).parent


@ALL
def test_every_file_that_the_description_names_is_there(challenge):
    made = bundle_files(challenge)
    text = made["competition.yaml"].decode()
    files = [name for key in ("file", "image", "terms") for name in told(text, key)]
    folders = [*told(text, "scoring_program"), *told(text, "reference_data")]
    assert len(files) == 4
    assert folders == ["scoring_program/", "reference_data/"]
    assert all(made[name] for name in files)
    assert all(any(name.startswith(folder) for name in made) for folder in folders)


@ALL
def test_pages_tell_the_rules_of_the_challenge(challenge):
    made = bundle_files(challenge)
    page = made["evaluation.md"].decode()
    layout = challenge.protocol.submission
    assert challenge.protocol.score in page
    assert f"`{layout.file}`" in page
    assert layout.header is None or f"`{layout.header}`" in page
    assert all(choice in page for choice in challenge.protocol.unconfirmed)
    texts = [made[name] for name in made if name.endswith((".md", ".yaml", "Dockerfile"))]
    assert not any(b"$" in text for text in texts)


def test_the_program_carries_abawkit_byte_for_byte():
    made = bundle_files(VA)
    source = {
        path.relative_to(PACKAGE).as_posix(): path.read_bytes()
        for path in PACKAGE.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    top = "scoring_program/abawkit/"
    carried = {name.removeprefix(top): made[name] for name in made if name.startswith(top)}
    assert carried == source
    assert any(name.endswith("/LICENSE") for name in made)


def test_annotations_are_in_a_bundle_only_if_they_are_given(tmp_path):
    truth = write_truth(tmp_path / "gt", VA, corpus(VA, 1, masked=0.1))
    lines = [line for file in truth.iterdir() for line in file.read_bytes().split(b"\n")[1:4]]
    without, made = bundle_files(VA), bundle_files(VA, annotations=truth)
    assert not any(line in text for line in lines for text in without.values())
    assert [name for name in without if name.startswith("reference")] == [
        "reference_data/README.md"
    ]
    found = {name: made[name] for name in made if name.startswith("reference_data/")}
    assert found == {f"reference_data/{f.name}": f.read_bytes() for f in truth.iterdir()}


def test_annotations_that_cannot_be_scored_by_are_refused(tmp_path):
    (tmp_path / "video1.txt").write_text("valence,arousal\n0.1,7\n")
    with pytest.raises(DataError, match=r"video1.txt, line 2: .*7"):
        bundle_files(VA, annotations=tmp_path)


@pytest.mark.parametrize("name", ["labels", "labels.txt.bak", "labels.v2", ".labels.txt"])
def test_annotations_that_the_program_would_not_read_are_refused(tmp_path, name):
    truth = write_truth(tmp_path / "gt", MTL, corpus(MTL, 1))
    file = next(truth.iterdir()).rename(tmp_path / name)
    with pytest.raises(DataError, match=r"expected one that ends in .txt or .csv and begins"):
        bundle_files(MTL, annotations=file)


@pytest.mark.parametrize("name", ["labels.txt", "LABELS.CSV"])
def test_annotations_in_one_file_are_read_back(tmp_path, name):
    truth = write_truth(tmp_path / "gt", MTL, corpus(MTL, 1))
    file = next(truth.iterdir()).rename(tmp_path / name)
    made = bundle_files(MTL, annotations=file)[f"reference_data/{name}"]
    (truth / name).write_bytes(made)
    assert [*read_labels(truth, MTL)] == [*corpus(MTL, 1)]


@pytest.mark.parametrize(("image", "told_image"), [(None, IMAGE), ("me/my:1", "me/my:1")])
def test_the_image_is_the_one_that_is_given(image, told_image):
    options = {} if image is None else {"image": image}
    made = bundle_files(VA, **options)
    assert told(made["competition.yaml"].decode(), "docker_image") == [told_image]
    assert told_image in made["README.md"].decode()


def test_what_the_program_needs_is_said():
    made = bundle_files(VA)
    for name in ("README.md", "scoring_program/metadata.yaml", "scoring_program/score.py"):
        text = re.sub(r"\s+", " ", made[name].decode())
        assert "Python 3.11" in text
        assert "numpy 2.0" in text
    assert b'"numpy>=2.0" "jinja2>=' in made["Dockerfile"]


@pytest.mark.parametrize("details", [True, False])
def test_the_program_shows_single_videos_only_if_asked_to(details):
    program = bundle_files(VA, details=details)["scoring_program/score.py"].decode()
    assert f'challenge="abaw6-va", details={details})' in program


def test_the_same_options_give_the_same_bytes(tmp_path):
    one, two = (write_bundle(tmp_path / name, VA).read_bytes() for name in ("a.zip", "b.zip"))
    assert one == two
    with zipfile.ZipFile(io.BytesIO(one)) as packed:
        assert {name: packed.read(name) for name in packed.namelist()} == bundle_files(VA)


def test_a_file_that_is_there_is_replaced_only_by_force(tmp_path):
    out = tmp_path / "bundle.zip"
    out.write_bytes(b"mine")
    with pytest.raises(UsageError, match="is there already; --force"):
        write_bundle(out, VA)
    assert out.read_bytes() == b"mine"
    assert zipfile.is_zipfile(write_bundle(out, VA, force=True))


def test_a_bundle_is_a_zip(tmp_path):
    with pytest.raises(UsageError, match=r"expected the name of a zip, such as bundle.tar.zip"):
        write_bundle(tmp_path / "bundle.tar", VA)


def test_a_bundle_is_not_half_written(tmp_path):
    with pytest.raises(DataError):
        write_bundle(tmp_path / "bundle.zip", VA, annotations=tmp_path / "nowhere")
    assert not [*tmp_path.iterdir()]


def test_what_python_leaves_in_the_source_is_not_carried(tmp_path, monkeypatch):
    (tmp_path / "__pycache__").mkdir()
    for name in ("a.py", "__pycache__/a.cpython-311.pyc"):
        (tmp_path / name).write_text("1")
    monkeypatch.setattr(module, "_ROOT", tmp_path)
    carried = [name for name in bundle_files(VA) if name.startswith("scoring_program/abawkit/")]
    assert carried == ["scoring_program/abawkit/a.py"]
