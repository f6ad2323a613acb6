"""Every format of a comparison, parsed back."""

import csv
import io
import json
import warnings
from dataclasses import replace

import numpy as np
import pytest

from abawkit import Track, evaluate
from abawkit.errors import UncertainWarning, UndefinedMetricWarning
from abawkit.evaluation import compare
from abawkit.evaluation.bootstrap import Bootstrap
from abawkit.report.comparison import as_csv, as_json, as_latex, as_markdown, as_text
from abawkit.report.comparison.tables import letters
from tests.abawkit.evaluation.simulated import reports
from tests.abawkit.report.comparison.readers import (
    latex_tables,
    latex_text,
    markdown_tables,
    markdown_text,
)

FEW = Bootstrap(resamples=200)
NAMES = (r"50 %_\of{all}", "a|b*c*`d` [e] <f>", "$x^2$ & ~#1")


@pytest.fixture(scope="module")
def found():
    """Three systems with names that try each format, the best first."""
    scored = reports("abaw3-va", 5, a=0.0, b=0.3, c=3.0)
    return compare(dict(zip(NAMES, scored.values(), strict=True)), bootstrap=FEW)


@pytest.fixture(scope="module")
def undefined():
    values = np.full((20, 3, 2), 0.5)
    truth = [Track.of(f"video{index}", rows) for index, rows in enumerate(values)]
    report = evaluate("abaw3-va", truth, truth)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        return compare({"a": report, "b": report}, bootstrap=FEW)


def expected_systems(found, decimals):
    rows = []
    for letter, (name, system) in zip("abc", found.systems.items(), strict=True):
        interval = system.intervals.score
        low, high = (f"{end:.{decimals}f}" for end in (interval.low, interval.high))
        values = [system.report.score, *system.report.components.values()]
        score, *components = (f"{value:.{decimals}f}" for value in values)
        rows.append([letter, name, score, f"[{low}, {high}]", *components])
    return rows


def expected_pairs(found, decimals):
    rows = []
    for who, pair in zip(["a vs b", "a vs c", "b vs c"], found.pairs, strict=True):
        for name, gap in {"score": pair.score, **pair.components}.items():
            low, high = (f"{end:z.{decimals}f}" for end in (gap.interval.low, gap.interval.high))
            tests = [gap.bootstrap.value, gap.bootstrap.corrected]
            tests += [gap.randomisation.value, gap.randomisation.corrected]
            difference = f"{gap.difference:+z.{decimals}f}"
            rows.append([who, name, difference, f"[{low}, {high}]", *(f"{p:.4f}" for p in tests)])
    return rows


@pytest.mark.parametrize("decimals", [2, 4])
@pytest.mark.parametrize(
    ("written", "tables", "text"),
    [(as_markdown, markdown_tables, markdown_text), (as_latex, latex_tables, latex_text)],
    ids=["markdown", "latex"],
)
def test_tables_are_read_back(found, written, tables, text, decimals):
    (systems, pairs), _ = tables(written(found, decimals=decimals))
    cells = [[text(cell) for cell in row] for row in systems[1:]]
    assert [[cell[0] for cell in row] for row in cells] == expected_systems(found, decimals)
    assert [[cell[1] for cell in row] for row in cells] == [
        [False, False, True, False, True, True],
        *[[False] * 6] * 2,
    ]
    assert [row[2][2] for row in cells] == ["b,c", "c", ""]
    assert [[text(cell)[0] for cell in row] for row in pairs[1:]] == expected_pairs(
        found, decimals
    )


def test_text_has_the_same_tables_with_marks(found):
    systems, pairs, _ = as_text(found).split("\n\n")
    _, *rows = systems.splitlines()
    scores = [f"{system.report.score:.4f}" for system in found.systems.values()]
    for row, name, score, mark in zip(rows, NAMES, scores, ["*^b,c", "^c", ""], strict=True):
        assert f" {name} " in row
        assert f" {score}{mark} " in row
    assert [row.split() for row in pairs.splitlines()[1:]] == [
        " ".join(row).split() for row in expected_pairs(found, 4)
    ]


def test_of_scores_that_are_close_one_is_the_best():
    found = compare(reports("abaw3-va", 0, a=0, b=0), bootstrap=FEW)
    assert abs(found.pairs[0].score.difference) < 0.05
    assert as_text(found).split("\n\n")[0].count("*") == 3


def test_scores_stand_above_each_other_whatever_their_marks(found):
    _, *rows = as_text(found).split("\n\n")[0].splitlines()
    scores = [f"{system.report.score:.4f}" for system in found.systems.values()]
    assert len({row.rindex(f" {score}") for row, score in zip(rows, scores, strict=True)}) == 1


def test_columns_of_the_text_are_aligned(found):
    for block in as_text(found).split("\n\n")[:2]:
        ends = {line.rindex("]") for line in block.splitlines()[1:]}
        assert len(ends) == 1


@pytest.mark.parametrize("written", [as_text, as_markdown, as_latex])
def test_it_is_told_how_the_tests_were_made_and_what_they_leave_open(found, written):
    text = written(found).replace("\\", "")
    for told in (
        "p of at most 0.05 after Holm's correction for 3 pairs.",
        "Each number is corrected by itself.",
        "95 % intervals are bias-corrected percentiles of 200 resamples of 24 videos, seed 12345.",
        "paired approximate randomisation, 200 resamples and swaps of 24 videos, seed 12345, ",
        "They do not cover what another training would give",
        *(f"{'abc'[i]}: {one.signature}" for i, one in enumerate(found.systems.values())),
    ):
        assert told in text


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"correction": "bh"}, "0.05 after the correction of Benjamini and Hochberg for 3 pairs."),
        ({"correction": "bonferroni"}, "0.05 after Bonferroni's correction for 3 pairs."),
        ({"correction": "none"}, "p of at most 0.05, not corrected for 3 pairs."),
        ({"baseline": NAMES[1]}, "0.05 after Holm's correction for 2 pairs."),
        ({"bootstrap": replace(FEW, level=0.9)}, "p of at most 0.1 after Holm"),
    ],
)
def test_the_legend_tells_what_was_asked_for(found, options, told):
    scored = {name: system.report for name, system in found.systems.items()}
    assert told in as_text(compare(scored, **{"bootstrap": FEW, **options}))


def test_of_one_pair_nothing_is_corrected():
    text = as_text(compare(reports("abaw3-expr", 0, a=0, b=0), bootstrap=FEW))
    _, pairs, legend = text.split("\n\n")
    assert "corrected" not in pairs + legend.replace("bias-corrected", "")
    assert "p of at most 0.05." in legend
    assert [row.split()[:4] for row in pairs.splitlines()[1:]] == [["a", "vs", "b", "score"]]


def test_systems_that_are_alike_are_said_to_be(found):
    assert "alike" not in as_text(found)
    report = reports("abaw3-va", 0, a=0)["a"]
    text = as_text(compare({"one": report, "two": report}, bootstrap=FEW))
    assert "a and b are alike in every resample and swap." in text
    assert text.count("*") == 6 + 1


def test_a_small_p_is_not_shown_as_zero(found):
    gap = found.pairs[0].score
    small = replace(gap, bootstrap=replace(gap.bootstrap, value=1e-6))
    one = replace(found, pairs=(replace(found.pairs[0], score=small),))
    assert " 1e-06 " in as_text(one)


def test_json_is_read_back(found):
    content = json.loads(as_json(found))
    assert [each["name"] for each in content["systems"]] == list(NAMES)
    assert [each["above"] for each in content["systems"]] == [[*NAMES[1:]], [NAMES[2]], []]
    for each, system in zip(content["systems"], found.systems.values(), strict=True):
        assert each["score"] == system.report.score
        assert each["interval"]["high"] == system.intervals.score.high
        assert each["interval"]["method"] == system.intervals.score.method
        assert each["signature"] == system.signature
        assert {name: one["value"] for name, one in each["components"].items()} == (
            system.report.components
        )
    drawn = {"n": 200, "level": 0.95, "unit": "video", "n_units": 24, "seed": 12345}
    assert content["bootstrap"] == drawn
    assert (content["correction"], content["alpha"], content["baseline"]) == ("holm", 0.05, None)


def test_pairs_of_json_are_read_back(found):
    for each, pair in zip(json.loads(as_json(found))["pairs"], found.pairs, strict=True):
        assert (each["first"], each["second"], each["same"]) == (pair.first, pair.second, False)
        assert each["components"].keys() == pair.components.keys()
        for one, gap in (
            (each["score"], pair.score),
            *((each["components"][name], gap) for name, gap in pair.components.items()),
        ):
            assert one["difference"] == gap.difference
            assert one["interval"]["low"] == gap.interval.low
            assert one["bootstrap"]["p"] == gap.bootstrap.value
            assert one["randomisation"]["corrected"] == gap.randomisation.corrected


def test_csv_is_read_back(found):
    rows = [*csv.DictReader(io.StringIO(as_csv(found)))]
    read = {(row["system"], row["other"], row["number"]): row for row in rows}
    assert len(read) == len(rows) == 6 * 3
    for name, system in found.systems.items():
        row = read[name, "", "ccc_arousal"]
        assert float(row["value"]) == system.report.components["ccc_arousal"]
        assert float(row["low"]) == system.intervals.components["ccc_arousal"].low
        assert row["p_bootstrap"] == row["significant"] == ""
    for pair in found.pairs:
        row, gap = read[pair.first, pair.second, "score"], pair.score
        assert float(row["value"]) == gap.difference
        assert float(row["mean"]) == gap.interval.mean
        assert float(row["p_bootstrap_corrected"]) == gap.bootstrap.corrected
        assert float(row["p_randomisation"]) == gap.randomisation.value
        assert row["significant"] == "true"


def test_what_is_undefined_is_said_to_be(undefined):
    assert as_text(undefined).count("undefined") == 4 * 2 + 4 * 3
    content = json.loads(as_json(undefined), parse_constant=pytest.fail)
    assert content["systems"][0]["score"] is None
    test = {"p": None, "corrected": None, "undefined": 200}
    assert content["pairs"][0]["score"]["bootstrap"] == test
    rows = [*csv.DictReader(io.StringIO(as_csv(undefined)))]
    assert {row["value"] for row in rows} == {""}
    assert rows[-1]["significant"] == "false"


def test_a_name_over_several_lines_stays_in_its_row(found):
    first, *others = found.systems.items()
    named = replace(found, systems={"a\n\n\tb": first[1], **dict(others)}, pairs=found.pairs[2:])
    assert len(as_text(named).split("\n\n")) == 3
    assert markdown_tables(as_markdown(named))[0][0][1][1] == "a b"


def test_there_are_letters_for_any_number_of_systems(found):
    system = found.systems[NAMES[0]]
    many = replace(found, systems={f"{index}": system for index in range(60)})
    named = [*letters(many).values()]
    assert (named[0], named[25], named[26], named[59]) == ("a", "z", "a1", "h2")
    assert len(set(named)) == 60


def test_persons_are_named_as_such():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UncertainWarning)
        text = as_text(
            compare(
                reports("abaw3-va", 0, a=0, b=0), bootstrap=Bootstrap(resamples=100, unit="person")
            )
        )
    assert "resamples of 24 persons" in text


def test_what_is_significant_and_undefined_is_told_of_each_test_by_itself(found):
    gap = found.pairs[0].score
    swapped = replace(gap.randomisation, corrected=0.06, undefined=7)
    drawn = replace(gap.bootstrap, corrected=0.04, undefined=3)
    pair = replace(found.pairs[0], score=replace(gap, randomisation=swapped, bootstrap=drawn))
    one = replace(found, pairs=(pair,))
    row = next(row for row in csv.DictReader(io.StringIO(as_csv(one))) if row["other"])
    assert (row["p_bootstrap_corrected"], row["significant"]) == ("0.04", "false")
    content = json.loads(as_json(one))
    told = content["pairs"][0]["score"]
    assert (told["bootstrap"]["undefined"], told["randomisation"]["undefined"]) == (3, 7)
    assert content["systems"][0]["above"] == []
