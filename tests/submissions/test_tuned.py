"""Tuned settings are read as they were written, and put on the outputs they were found for."""

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abawkit.errors import DataError, UsageError
from abawkit.protocol import find_challenge
from abawkit.temporal import FILLS
from submissions import Processing, Tuned
from submissions.decide import output_names

AU, MTL = find_challenge("au"), find_challenge("mtl")
NUMBERS = st.floats(0, 1).map(float)
SETTINGS = st.builds(
    Tuned,
    challenge=st.just("abaw3-mtl"),
    fill=st.sampled_from([None, *FILLS]),
    smooth=st.dictionaries(
        st.sampled_from(["va", "expr", "au"]), st.sampled_from(["none", "box:3"])
    ),
    thresholds=st.just(()) | st.tuples(*[NUMBERS] * 12),
    offsets=st.just(()) | st.tuples(*[st.floats(-3, 3)] * 10).map(lambda row: row + (0.0,) * 12),
    weights=st.dictionaries(st.sampled_from(["va", "expr"]), st.tuples(NUMBERS, NUMBERS)),
    members=st.just(("a", "b")),
    evidence=st.just({"honest": 0.25, "folds": 5}),
)  # fmt: skip


def content(**changes):
    whole = {"abawkit_tuned": 1, "challenge": "abaw3-au", "smooth": {"au": "box:3"}}
    return json.dumps(whole | changes)


@given(tuned=SETTINGS)
def test_settings_are_read_as_they_were_written(tmp_path_factory, tuned):
    path = tmp_path_factory.mktemp("tuned") / "tuned.json"
    tuned.save(path)
    assert Tuned.load(path) == tuned


def test_only_the_challenge_has_to_be_there(tmp_path):
    (tmp_path / "t.json").write_text('{"abawkit_tuned": 1, "challenge": "abaw3-au"}')
    assert Tuned.load(tmp_path / "t.json") == Tuned(challenge="abaw3-au")


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        (None, "cannot read this; expected a file of abawkit tune"),
        ("{", "cannot read this"),
        (b"\xff", "cannot read this"),
        ("[1]", "these are no tuned settings"),
        ('{"challenge": "abaw3-va"}', "these are no tuned settings"),
        (content(abawkit_tuned=2), "found version 2 of the file, this reads 1"),
        (content(challenge="abaw3-xy"), "no challenge 'abaw3-xy'"),
        (content(challenge=["abaw3-va"]), "no challenge ['abaw3-va']"),
        (content(smooth=["box:3"]), "cannot understand smooth: ['box:3']"),
        (content(smooth={"au": 3}), "cannot understand smooth: {'au': 3}"),
        (content(thresholds=0.5), "cannot understand thresholds: 0.5"),
        (content(thresholds=["x"]), "cannot understand thresholds: ['x']"),
        (content(thresholds=[True]), "cannot understand thresholds: [True]"),
        (content(offsets=[float("nan")]), "cannot understand offsets: [nan]"),
        (content(weights=[1]), "cannot understand weights: [1]"),
        (content(weights={"au": 1}), "cannot understand weights: {'au': 1}"),
        (content(weights={"va": [1]}, members=["a"]), "cannot understand weights: {'va': [1]}"),
        (content(weights={"au": [1, 2]}, members=["a"]), "cannot understand weights: {'au': [1"),
        (content(weights={"au": [-1]}, members=["a"]), "cannot understand weights: {'au': [-1]}"),
        (content(weights={"au": [1e999]}, members=["a"]), "cannot understand weights: {'au': [i"),
        (content(thresholds=[10**400]), "cannot understand thresholds: [1000"),
        (content(fill="x"), "cannot understand fill: 'x'"),
        (content(fill=["linear"]), "cannot understand fill: ['linear']"),
        ("[" * 100_000, "cannot read this"),
        (content(members="ab"), "cannot understand members: 'ab'"),
        (content(members=[1]), "cannot understand members: [1]"),
        (content(evidence=3), "cannot understand evidence: 3"),
    ],
)
def test_other_files_are_refused(tmp_path, text, fragment):
    path = tmp_path / "t.json"
    if text is not None:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(DataError, match=rf"t\.json: {re.escape(fragment)}"):
        Tuned.load(path)


def test_an_option_wins_over_what_is_tuned_and_that_over_the_default():
    tuned = Tuned(
        challenge="abaw3-mtl", smooth={"va": "box:7", "expr": "box:9"}, thresholds=(0.25,) * 12
    )
    parsed = Processing.parse(MTL, smooth="va=none", tuned=tuned)
    assert [str(chosen) for chosen in parsed.smooth.values()] == ["none", "box:9", "median:15"]
    assert parsed.thresholds == (0.25,) * 12
    assert parsed.fill == "linear"
    parsed = Processing.parse(MTL, fill="nearest", smooth="none", thresholds=".75", tuned=tuned)
    assert {str(chosen) for chosen in parsed.smooth.values()} == {"none"}
    assert parsed.thresholds == (0.75,) * 12
    assert parsed.fill == "nearest"


def test_a_target_that_was_tuned_without_offsets_has_none_and_others_keep_theirs():
    own = (1.0,) * 10 + (0.0,) * 12
    before = replace(Processing.parse(MTL, thresholds=".25"), offsets=own)
    after = before.revised(MTL, tuned=Tuned(challenge=MTL.name, smooth={"va": "none"}))
    assert (after.offsets, after.thresholds) == ((0.0,) * 2 + own[2:], (0.25,) * 12)
    found = (0.0,) * 2 + (2.0,) * 8 + (0.0,) * 12
    after = before.revised(MTL, tuned=Tuned(challenge=MTL.name, offsets=found))
    assert after.offsets == own[:2] + found[2:]


def test_what_was_not_tuned_stays():
    before = Processing.parse(MTL, fill="nearest", smooth="box:3", thresholds=".25")
    assert before.revised(MTL, tuned=Tuned(challenge=MTL.name)) == before
    after = before.revised(MTL, tuned=Tuned(challenge=MTL.name, smooth={"va": "none"}))
    assert after.describe()["smooth"] == "va=none,expr=box:3,au=box:3"
    kept = before.revised(MTL, fill="previous", smooth="va=box:5", tuned=Tuned(challenge=MTL.name))
    assert kept.describe()["smooth"] == "va=box:5,expr=box:3,au=box:3"
    assert kept.fill == "previous"


def test_the_fill_is_the_one_of_the_search_unless_it_is_given_or_a_run_has_one():
    tuned = Tuned(challenge=MTL.name, fill="nearest")
    assert Processing.parse(MTL, tuned=tuned).fill == "nearest"
    assert Processing.parse(MTL, tuned=tuned, fill="previous").fill == "previous"
    assert Processing.parse(MTL, fill="previous").revised(MTL, tuned=tuned).fill == "previous"


def test_default_smoothing_is_the_tuned_one_where_there_is_one():
    before = Processing.parse(MTL, smooth="box:3")
    after = before.revised(
        MTL, smooth="default", tuned=Tuned(challenge=MTL.name, smooth={"va": "none"})
    )
    assert [str(chosen) for chosen in after.smooth.values()] == ["none", "box:101", "median:15"]


@pytest.mark.parametrize(
    ("found", "wanted"), [("abaw3-expr", "abaw5-expr"), ("abaw10-au", "abaw3-au")]
)
def test_settings_of_another_edition_are_taken_if_its_outputs_are_the_same(found, wanted):
    target = wanted.split("-")[1]
    tuned = Tuned(challenge=found, smooth={target: "box:7"})
    assert str(Processing.parse(find_challenge(wanted), tuned=tuned).smooth[target]) == "box:7"


@pytest.mark.parametrize(
    ("found", "fragment"),
    [
        ("abaw3-va", "abaw3-va (va: 2 outputs); expected those of abaw3-au (au: 12 outputs)"),
        ("abaw1-au", "are of abaw1-au (au: 8 outputs)"),
        ("abaw3-mtl", "are of abaw3-mtl (va: 2 outputs; expr: 8 outputs; au: 12 outputs)"),
    ],
)  # fmt: skip
def test_settings_of_other_outputs_are_refused(found, fragment):
    with pytest.raises(UsageError, match=re.escape(fragment)):
        Processing.parse(AU, tuned=Tuned(challenge=found))


@pytest.mark.parametrize(
    ("settings", "fragment"),
    [
        ({"smooth": {"va": "box:3"}}, "abaw3-au has no target 'va', only au"),
        ({"smooth": {"au": "box:2"}}, "expected an odd width"),
        (
            {"thresholds": (0.5,) * 11},
            "the tuned settings: expected one threshold, or 12, one for",
        ),
        ({"thresholds": (1.5,) * 12}, "expected thresholds from 0 to 1, found 1.5"),
        ({"offsets": (0.0,) * 11}, "the tuned settings: expected 12 offsets, one for each of AU1"),
        ({"offsets": (0.0,) * 11 + (2.0,)}, "AU26 has the offset 2; an action unit has a thresh"),
    ],
)
def test_settings_that_do_not_fit_are_refused(settings, fragment):
    with pytest.raises(UsageError, match=re.escape(fragment)):
        Processing.parse(AU, tuned=Tuned(challenge="abaw3-au", **settings))


@given(tuned=SETTINGS)
def test_what_is_tuned_is_described_and_read_back_from_a_manifest(tuned):
    parsed = Processing.parse(MTL, tuned=tuned)
    described = json.loads(json.dumps(parsed.describe()))
    assert Processing.parse(MTL, **described) == parsed
    assert len(parsed.offsets) in {0, len(output_names(MTL))}
