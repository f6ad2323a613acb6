"""The line that tells what a score was computed on."""

from hashlib import sha256
from importlib.metadata import version

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abawkit import CHALLENGES, Track, evaluate
from abawkit.errors import UsageError
from abawkit.evaluation import Signature, signature
from abawkit.evaluation.bootstrap import Bootstrap
from abawkit.evaluation.signature import FIELDS
from abawkit.protocol import MultiLabel
from tests.abawkit.evaluation.corpora import pair

ROWS = [[0.1, 0.4], [0.3, -0.2], [-0.5, 0.6]]
RULES = ("mask", "ddof", "absent", "pool")
OTHERS = st.from_regex(r"\A[A-Za-z#][A-Za-z0-9_-]{2,9}\Z").filter(lambda name: name != "challenge")


def rules_of(fields):
    return {name: fields[name] for name in RULES if name in fields}


@st.composite
def signatures(draw):
    """Draw what a signature of this version or a later one could be."""
    challenge = draw(st.sampled_from([*CHALLENGES, "abaw99-new"]))
    names = st.sampled_from([field.name for field in FIELDS]) | OTHERS
    return Signature(challenge=challenge, fields=draw(st.dictionaries(names, st.text())))


@pytest.fixture
def report():
    truth = [Track.of("a", ROWS, [True, True, False]), Track.of("b", ROWS)]
    return evaluate("abaw3-va", truth, truth)


@pytest.fixture
def partial():
    truth = [Track.of("a", ROWS), Track.of("b", ROWS)]
    return evaluate("abaw3-va", truth, truth[:1], allow_missing=True)


def test_the_challenge_comes_first_and_the_version_last(report):
    first, *_, last = str(signature(report)).split("|")
    assert (first, last) == ("abaw3-va", f"abawkit:{version('abawkit')}")


def test_it_counts_what_was_scored(report):
    fields = signature(report).fields
    assert (fields["videos"], fields["frames"], fields["masked"]) == ("2", "5", "1")
    assert (fields["coverage"], fields["missing"]) == ("1.0000", "refused")


def test_it_tells_which_values_were_scored_and_their_labels(report):
    fields, fingerprint = signature(report).fields, report.total.fingerprint
    assert (fields["list"], fields["labels"]) == (fingerprint.list, fingerprint.labels)


def test_it_shows_that_frames_were_allowed_to_be_missing(partial):
    fields = signature(partial).fields
    assert (fields["coverage"], fields["missing"]) == ("0.5000", "allowed")


def test_it_names_the_rules(report):
    told = rules_of(signature(report).fields)
    assert told == {"pool": "frames", "mask": "va:frame", "ddof": "0"}


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("abaw3-expr", {}, {"pool": "frames", "absent": "expr:zero"}),
        ("abaw2-expr", {"absent": "skip"}, {"pool": "frames", "absent": "expr:skip"}),
        ("abaw3-au", {}, {"pool": "frames", "mask": "au:value", "absent": "au:zero"}),
        ("abaw2-au", {"au_mask": "frame"},
         {"pool": "frames", "mask": "au:frame", "absent": "au:zero"}),
        ("abaw5-eri", {}, {"pool": "clips", "mask": "eri:frame"}),
        ("abaw11-ah", {}, {"pool": "clips", "absent": "ah:zero"}),
        (
            "abaw3-mtl", {"va_mask": "value", "absent": "skip"},
            {"pool": "frames", "mask": "va:value+au:value", "ddof": "0",
             "absent": "expr:skip+au:zero"},
        ),
    ],
)  # fmt: skip
def test_it_names_the_rules_that_its_targets_have_and_no_others(name, options, expected):
    rows = np.eye(2, CHALLENGES[name].protocol.columns)
    tracks = [Track.of(f"video{number}", [row]) for number, row in enumerate(rows)]
    assert rules_of(signature(evaluate(name, tracks, tracks, **options)).fields) == expected


@pytest.mark.parametrize(
    ("processing", "fill", "smooth"),
    [
        (None, "?", "?"),
        ({"fill": "linear"}, "linear", "?"),
        ({"fill": "linear", "smooth": "box:101"}, "linear", "box:101"),
    ],
    ids=["unknown", "half", "known"],
)
def test_it_shows_how_predictions_were_made_as_far_as_known(report, processing, fill, smooth):
    fields = signature(report, processing).fields
    assert (fields["fill"], fields["smooth"]) == (fill, smooth)


@pytest.mark.parametrize("challenge", CHALLENGES.values(), ids=CHALLENGES)
def test_thresholds_are_of_units_and_offsets_of_all_else(challenge):
    fields = signature(evaluate(challenge, *pair(challenge))).fields
    units = [isinstance(target, MultiLabel) for target in challenge.targets]
    assert ("thresholds" in fields, "offsets" in fields) == (any(units), not all(units))


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({}, ("?", "?")),
        ({"thresholds": "none", "offsets": "none"}, ("none", "none")),
        ({"thresholds": "0.4", "offsets": "0.4"}, (sha256(b"0.4").hexdigest()[:8],) * 2),
    ],
    ids=["unknown", "default", "own"],
)
def test_thresholds_and_offsets_are_told_by_the_hash_of_their_text(told, expected):
    fields = signature(evaluate("abaw3-mtl", *pair(CHALLENGES["abaw3-mtl"])), told).fields
    assert (fields["thresholds"], fields["offsets"]) == expected


def test_intervals_are_told_by_how_they_were_drawn(report):
    told = signature(report, None, Bootstrap(resamples=500, level=0.9, unit="person", seed=7))
    assert "|bootstrap:500|level:0.9|unit:person|seed:7|abawkit:" in str(told)
    assert not signature(report).fields.keys() & {"bootstrap", "level", "unit", "seed"}


@pytest.mark.parametrize("challenge", CHALLENGES.values(), ids=CHALLENGES)
def test_fields_stand_in_the_order_of_the_table(challenge):
    report = evaluate(challenge, *pair(challenge))
    names = [*signature(report, {"fill": "linear"}, Bootstrap()).fields]
    assert names == [field.name for field in FIELDS if field.name in names]


def test_every_field_is_told_of_one_challenge_or_another():
    reports = [evaluate(row, *pair(row)) for row in CHALLENGES.values()]
    told = {name for report in reports for name in signature(report, {}, Bootstrap()).fields}
    assert told == {field.name for field in FIELDS}


def test_short_and_full_names_stand_for_each_other():
    names, short = ([getattr(row, key) for row in FIELDS] for key in ("name", "short"))
    assert len({*names, *short}) == 2 * len(FIELDS)


def test_the_short_form_tells_the_same_by_shorter_names(report):
    told = signature(report)
    assert len(told.short) < len(told.long) - 60
    assert told.short.startswith("abaw3-va|#:2|f:5|l:")
    assert told.short.endswith(f"|v:{version('abawkit')}")


@given(signatures())
def test_every_signature_is_parsed_back(told):
    assert Signature.parse(str(told)) == told
    assert Signature.parse(told.short) == told
    assert list(Signature.parse(told.short).fields) == list(told.fields)


@given(signatures())
def test_every_signature_is_one_line_of_visible_characters(told):
    for text in (told.long, told.short):
        assert text.isascii()
        assert text.isprintable()
        assert not set(text) & set(" \n")
        assert text.count("|") == len(told.fields)


@given(signatures(), st.data())
def test_spaces_and_line_breaks_in_a_signature_do_not_matter(told, data):
    place = data.draw(st.integers(0, len(told.long)))
    broken = f" {told.long[:place]} \n {told.long[place:]}\n"
    assert Signature.parse(broken) == told


def test_a_value_that_is_no_text_is_parsed_back():
    told = Signature(challenge="abaw3-va", fields={"fill": "\ud800|%7C"})
    assert Signature.parse(str(told)) == told


def test_a_signature_of_another_version_keeps_what_is_not_known():
    told = Signature.parse("abaw3-va|frames:10|moments:va:population|abawkit:0.0.1")
    assert told.fields == {"frames": "10", "moments": "va:population", "abawkit": "0.0.1"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"name of a challenge first, such as abaw3-va, found ''"),
        ("videos:71|frames:3", r"name of a challenge first.*found 'videos:71'"),
        ("abaw3-va|videos", r"part 2: expected name:value, found 'videos'"),
        ("abaw3-va|videos:71|", r"part 3: expected name:value, found ''"),
        ("abaw3-va|videos:71|1f:1", r"part 3: expected name:value, found '1f:1'"),
        ("abaw3-va|videos:71|#:71", r"part 3: videos is told twice"),
        ("abaw3-va|challenge:abaw4-va", r"part 2: challenge is told twice"),
        ("abaw3-va|fill:%FF", r"expected UTF-8 behind the % of '%FF'"),
    ],
)
def test_what_is_no_signature_is_refused_with_the_place(text, message):
    with pytest.raises(UsageError, match=message):
        Signature.parse(text)
