"""A submission's challenge is told by its name, its run, the sample's header or its own."""

import json

import pytest

from abawkit.errors import DataError, UnknownChallengeError, UsageError
from abawkit.protocol import CHALLENGES
from submissions.identify import editions_like, identify, run_challenge

VA_3 = "valence,arousal\n0,0\n"
VA_5 = "image_location,valence,arousal\na/00001.jpg,0,0\n"


@pytest.fixture
def file(tmp_path):
    """Give a function that writes a file with some text."""

    def write(text, name="a.txt"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


@pytest.fixture
def run(tmp_path):
    """Write the manifest of a run of the 6th edition."""
    manifest = {"challenge": "abaw6-va", "planned": ["a"], "videos": []}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    return tmp_path


@pytest.mark.parametrize(
    ("text", "asked", "name"),
    [
        (VA_3, {}, "abaw3-va"),
        (VA_5, {"edition": 8}, "abaw8-va"),
        ("anything", {"task": "au", "edition": 6}, "abaw6-au"),
        ("anything", {"task": "abaw5-eri"}, "abaw5-eri"),
        ("anything,else\n1,2\n", {"task": "VA"}, "abaw3-va"),
        ("a,nonsense\n", {"task": "emi"}, "abaw10-emi"),
        ("video.mp4,0\n", {"task": "ah"}, "abaw11-ah"),
    ],
)
def test_name_header_or_the_tasks_default_edition_tell(file, text, asked, name):
    assert identify(file(text), **asked).name == name


def test_the_header_of_the_sample_comes_before_that_of_the_file(file):
    sample = file("image_location,valence,arousal\na/00001.jpg,\n", "sample.txt")
    assert identify(file(VA_3), like=sample).edition.number > 3
    assert identify(file(VA_3), like=file("a\nb\n", "list.txt")).name == "abaw3-va"


def test_a_run_tells_by_its_manifest(run):
    for asked in ({}, {"task": "va"}, {"edition": 6}, {"task": "ABAW6-VA"}):
        assert identify(run, **asked).name == "abaw6-va"


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ({"task": "au"}, "--task au was given"),
        ({"task": "va", "edition": 5}, "--task va --edition 5 was given"),
        ({"task": "abaw5-va"}, "--task abaw5-va was given"),
    ],
)
def test_a_run_of_another_challenge_is_refused(run, asked, given):
    with pytest.raises(UsageError, match=f"is a run of abaw6-va, {given}.*abawkit convert"):
        identify(run, **asked)


@pytest.mark.parametrize("content", ["{", "[]", '{"challenge": "x"}', '{"videos": []}'])
def test_a_manifest_of_something_else_does_not_matter(tmp_path, content):
    (tmp_path / "manifest.json").write_text(content)
    (tmp_path / "a.txt").write_text(VA_3)
    assert run_challenge(tmp_path) is None
    assert identify(tmp_path).name == "abaw3-va"


def test_a_run_that_was_stopped_is_refused(tmp_path):
    manifest = {"challenge": "abaw6-va", "planned": ["a"], "labels": {}}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(DataError, match="this run was stopped"):
        identify(tmp_path)


def test_what_nothing_tells_is_refused(file, tmp_path):
    with pytest.raises(UnknownChallengeError, match="the header of no known challenge"):
        identify(file("a,b\n1,2\n"))
    with pytest.raises(UnknownChallengeError, match="the header of no known challenge"):
        identify(file("a,b\n1,2\n"), edition=3)
    with pytest.raises(UnknownChallengeError, match="has no task 'xx'"):
        identify(file(VA_3), task="xx")
    with pytest.raises(DataError, match="no such file"):
        identify(tmp_path / "nothing", task="va")


def test_what_has_to_be_certain_is_not_chosen_among_editions_of_one_form(file, run):
    sample = file(VA_5, "sample.txt")
    for text, like, found in (
        (VA_3, None, "abaw1-va, abaw2-va, abaw3-va"),
        (VA_3, sample, "va10"),
    ):
        names = found.replace("va10", "abaw5-va, abaw6-va, abaw8-va, abaw9-va, abaw10-va")
        with pytest.raises(UsageError, match=f"any of {names}; tell which with --edition"):
            identify(file(text), like=like, certain=True)
    assert identify(file(VA_3), edition=2, certain=True).name == "abaw2-va"
    assert identify(file(VA_3), task="abaw1-va", certain=True).name == "abaw1-va"
    assert identify(run, certain=True).name == "abaw6-va"
    assert identify(file("File_ID,x\n"), task="eri", certain=True).name == "abaw5-eri"


def test_editions_of_one_form_differ_in_nothing_that_their_files_have():
    alike = {name: {row.name for row in editions_like(CHALLENGES[name])} for name in CHALLENGES}
    assert all(name not in others for name, others in alike.items())
    assert all(name in alike[other] for name, others in alike.items() for other in others)
    assert alike["abaw3-expr"] == alike["abaw8-ah"] == alike["abaw10-vd"] == set()
    assert alike["abaw11-mtl"] == {"abaw3-mtl", "abaw4-mtl", "abaw7-mtl"}
    assert alike["abaw3-au"] == {"abaw2-au"}
