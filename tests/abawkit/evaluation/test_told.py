"""A signature is found where users have one."""

import io
import json
import sys

import pytest

from abawkit import CHALLENGES, evaluate
from abawkit.errors import DataError, UsageError
from abawkit.evaluation import Signature, signature
from abawkit.evaluation.told import read_signature
from abawkit.report import as_json, as_text
from tests.abawkit.evaluation.corpora import pair

REPORT = evaluate("abaw3-va", *pair(CHALLENGES["abaw3-va"]))
OWN = signature(REPORT)
OTHER = Signature(challenge="abaw3-va", fields={"videos": "1"})


@pytest.mark.parametrize(
    "text", [OWN.long, OWN.short, f" {OWN}\n"], ids=["long", "short", "space"]
)
def test_it_is_read_as_it_is(text):
    assert read_signature(text) == OWN


FILES = {
    "long": OWN.long,
    "short": OWN.short,
    "score": as_text(REPORT),
    "json": as_json(REPORT),
    "json with a byte order mark": "\ufeff" + as_json(REPORT),
    "twice": f"{OWN}\nsomething | else\n{OWN}\n",
    "pack": json.dumps({"challenge": "abaw3-va", "submissions": [{"signature": OWN.long}]}),
    "list": json.dumps([{"signature": None}, {"signature": OWN.short}]),
}


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_it_is_found_in_a_file(tmp_path, text):
    (tmp_path / "out").write_text(text, "utf-8")
    assert read_signature(str(tmp_path / "out")) == OWN


def test_it_is_found_in_the_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO(as_text(REPORT)))
    assert read_signature("-") == OWN


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected one signature, found none"),
        ("abaw3-va score  0.5", "expected one signature, found none"),
        ("[" * 100_000, "expected one signature, found none"),
        ('{"signature": 1}', "expected one signature, found none"),
        (f"{OWN}\n{OTHER}", r"found 2 that differ: abaw3-va\|videos:5"),
        (json.dumps({"signature": "abaw3-va|x"}), "part 2: expected name:value, found 'x'"),
    ],
    ids=["empty", "other", "deep", "number", "two", "broken"],
)
def test_a_file_without_the_one_signature_is_refused(tmp_path, text, message):
    (tmp_path / "out").write_text(text, "utf-8")
    with pytest.raises(UsageError, match=message):
        read_signature(str(tmp_path / "out"))


@pytest.mark.parametrize("source", ["nothing.json", "", "abaw3-va", "x" * 5000, "a\0b"])
def test_what_is_neither_signature_nor_file_is_refused(source):
    with pytest.raises(UsageError, match=r"neither a signature, such as abaw3-va\|videos:71, nor"):
        read_signature(source)


def test_a_file_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "out").write_bytes(b"\xff\xfe")
    with pytest.raises(DataError, match="out: cannot read this; expected text or JSON"):
        read_signature(str(tmp_path / "out"))


def test_a_broken_signature_is_refused_with_the_place():
    with pytest.raises(UsageError, match="part 3: expected name:value, found 'x'"):
        read_signature("abaw3-va|videos:1|x")
