"""What is told beside a zip, and manifests that are none."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abawkit.errors import DataError
from submissions.packing.manifest import (
    as_text,
    content_digest,
    manifest_path,
    read_pack_manifest,
    run_settings,
)

ROW = {"content": "c", "settings": None, "score": 0.5, "signature": "s"}
TOLD = {"challenge": "abaw5-va", "zip": {"sha256": "z"}, "submissions": [ROW]}
RUN = {
    "abawkit": "0.1.0",
    "challenge": "abaw5-au",
    "model": {"model": "b0", "head": "au.npz", "provider": "cpu"},
    "labels": {"fill": "linear", "smooth": "none", "thresholds": "0.4"},
}


@pytest.fixture
def path(tmp_path):
    return manifest_path(tmp_path / "a.b.zip")


def test_the_manifest_is_beside_the_zip(path):
    assert path.name == "a.b.json"


def test_what_is_written_is_read(path):
    path.write_text(as_text(TOLD))
    assert read_pack_manifest(path) == {"abawkit_pack": 1, **TOLD}


def test_there_may_be_no_manifest(path):
    assert read_pack_manifest(path) is None


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"abawkit_pack": 2}, "found version 2"),
        ({"challenge": "abaw9-x"}, "no challenge 'abaw9-x'"),
        ({"challenge": []}, r"no challenge \[\]"),
        ({"zip": {}}, "hash of the zip"),
        ({"zip": None}, "hash of the zip"),
        ({"submissions": []}, "what the zip holds"),
        ({"submissions": [ROW, 1]}, "what the zip holds"),
        ({"submissions": [{**ROW, "content": 1}]}, "what the zip holds"),
        ({"submissions": [{**ROW, "settings": []}]}, "what the zip holds"),
        ({"submissions": [{**ROW, "score": 1}]}, "what the zip holds"),
        ({"submissions": [{**ROW, "score": float("inf")}]}, "what the zip holds"),
        ({"submissions": [{**ROW, "score": 10**400}]}, "what the zip holds"),
        ({"submissions": [{**ROW, "signature": 1}]}, "what the zip holds"),
    ],
)
def test_a_manifest_that_cannot_be_understood_is_told(path, change, found):
    path.write_text(json.dumps({"abawkit_pack": 1, **TOLD, **change}))
    with pytest.raises(DataError, match=found):
        read_pack_manifest(path)


@pytest.mark.parametrize("text", [b"{}", b"[]", b"", b"\xff", b"[" * 100_000, b"{"])
def test_another_file_is_no_manifest(path, text):
    path.write_bytes(text)
    with pytest.raises(DataError, match=r"a\.b\.json"):
        read_pack_manifest(path)


def test_one_file_is_known_by_what_it_says_whatever_its_name():
    digest = hashlib.sha256(b"labels").hexdigest()
    assert content_digest({"predictions.txt": digest}) == digest


@given(st.dictionaries(st.text(max_size=3), st.sampled_from(["0", "1"]), min_size=2))
def test_several_files_are_known_by_names_and_content_in_any_order(files):
    backwards = dict(reversed(files.items()))
    name = next(iter(files))
    assert content_digest(backwards) == content_digest(files)
    assert content_digest({**files, name: "2"}) != content_digest(files)
    rest = {key: value for key, value in files.items() if key != name}
    assert content_digest({**rest, f"{name}.": files[name]}) != content_digest(files)


def test_settings_tell_what_decides_the_labels():
    told = run_settings(RUN)
    assert told["run"].startswith("b0 + au.npz [")
    assert (told["model"], told["head"], told["members"]) == ("b0", "au.npz", None)
    assert (told["fill"], told["smooth"], told["offsets"]) == ("linear", "none", None)
    assert told["thresholds"] == "0.4"
    assert (told["identity"], told["abawkit"]) == (RUN["model"], "0.1.0")


def test_settings_name_the_members_of_an_ensemble():
    model = {"model": "ensemble", "method": "weighted", "weights": {"au": [0.4, 0.6]},
             "members": [{"model": "a"}, {"model": "b"}]}  # fmt: skip
    told = run_settings({**RUN, "model": model})
    assert [name.split()[0] for name in told["members"]] == ["a", "b"]
    assert (told["method"], told["weights"]) == ("weighted", {"au": [0.4, 0.6]})
