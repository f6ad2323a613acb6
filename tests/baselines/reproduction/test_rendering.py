"""A table is shown beside the paper's numbers, with the notes that concern it."""

import json
import re
from dataclasses import replace

import pytest

from baselines.reproduction import notes
from baselines.reproduction.rendering import as_json, as_text
from baselines.reproduction.results import Outcome, Result
from baselines.reproduction.tables import FRAMES, NETWORKS, TABLES

EVERY = TABLES.values()
MODELS = {**NETWORKS}
SCORES = {"MobileNet v1": "7 probabilities", "EfficientNet-B0": "8 logits"}


def result(table, value, *, seed=1, train=(10, 2)):
    """Make up the result of a head."""
    names = [column.measure for column in table.columns]
    varied = [name for name in ("mtl", "au") if name in names]
    names += [f"{name}_{variant}" for name in varied for variant in ("oracle", "validated")]
    own = {name: round(value + i / 1000, 4) for i, name in enumerate(names)}
    seen = {name: score + 0.1 for name, score in own.items()}
    return Result(key="k", seed=seed, epoch=1, train=train, valid=(5, 1),
                  measures={"official": own, "faces": seen})  # fmt: skip


def outcome(
    table, *values, networks=("MobileNet v1", "EfficientNet-B0"), models=MODELS, **options
):
    """Make up a table of which some networks have features."""
    results = tuple(result(table, value, seed=i, **options) for i, value in enumerate(values))
    found = {setup: results for setup in table.setups if setup.network in networks}
    return Outcome(table=table, features="feats", models=models, scores=SCORES, results=found)


def by_name(tables):
    return pytest.mark.parametrize("table", tables, ids=lambda table: table.name)


@by_name(EVERY)
def test_every_number_of_the_paper_is_shown(table):
    words = as_text(outcome(table, 0.5)).split()
    for row in table.rows:
        assert set(row.paper.split()) <= {*words, "-"}


@by_name(EVERY)
def test_every_number_of_the_published_code_is_shown_with_four_decimals(table):
    words = as_text(outcome(table, 0.5)).split()
    for row in table.rows:
        shown = {f"{float(text):.4f}" for text in row.code.split() if text != "-"}
        assert shown <= set(words)


@by_name(EVERY)
def test_own_numbers_stand_in_both_columns_before_the_papers(table):
    text = as_text(outcome(table, 0.7123))
    first = next(row for row in table.rows if row.network == "EfficientNet-B0")
    block = text.partition(f"EfficientNet-B0, {first.method}")[2].splitlines()[1]
    assert block.split()[-4:-1] == ["0.7123", "0.8123", first.paper.split()[0]]


@by_name(EVERY)
def test_footnotes_are_numbered_in_their_order_and_all_are_used(table):
    body, _, foot = as_text(outcome(table, 0.5)).rpartition("\n\n")
    listed = [int(number) for number in re.findall(r"^\[(\d+)\]", foot, re.MULTILINE)]
    used = {int(n) for marks in re.findall(r"\[([\d,]+)\]", body) for n in marks.split(",")}
    assert listed == list(range(1, len(listed) + 1)) == sorted(used)


@pytest.mark.parametrize(
    ("note", "names"),
    [
        (notes.SELECTION, {"table1", "table2", "table3", "table4", "table5"}),
        (notes.TEN_EPOCHS, {"table1", "table2"}),
        (notes.TWO_RUNS, {"table1", "table2"}),
        (notes.TWENTY_EPOCHS, {"table3", "table4", "table5"}),
        (notes.TRUNCATED.format(number="F1 of Happiness"), {"table2"}),
        (notes.TRUNCATED.format(number="F1 at .5"), {"table3"}),
        (notes.TRUNCATED.format(number="P_EXPR"), {"table5"}),
        (notes.ORACLE, {"table3", "table5"}),
        (notes.VALIDATED, {"table3", "table5"}),
        (notes.OTHER_NETWORK, {"table3"}),
        (notes.OTHER_RUN, {"table4"}),
        (notes.SWAPPED, {"table5"}),
        (notes.WRONG_SUM, {"table5"}),
        (notes.BASELINE_SUM, {"table5"}),
        (notes.INPUT_SIZE, {"table1", "table3", "table4", "table5"}),
        (notes.OLD_WEIGHTS, {"table1", "table3", "table4", "table5"}),
    ],
)
def test_a_note_stands_where_it_matters_and_nowhere_else(note, names):
    shown = {table.name for table in EVERY if note in " ".join(as_text(outcome(table, 0)).split())}
    assert shown == names


def test_the_kind_of_scores_is_told_where_a_head_takes_them():
    text = as_text(outcome(TABLES["table4"], 0.5))
    assert re.search(r"MobileNet v1, scores \[3\]\n", text)
    assert "MobileNet v1, embeddings\n" in text
    assert "[3] The scores of mobilenet_7 are 7 probabilities;" in text


def test_the_kind_of_scores_is_told_where_a_head_takes_them_beside_embeddings():
    text = as_text(outcome(TABLES["table5"], 0.5))
    assert "The scores of enet_b0_8_best_vgaf are 8 logits;" in text


def test_a_baseline_has_the_lines_that_the_paper_has_of_it():
    lines = as_text(outcome(TABLES["table5"], 0.5)).partition("VGGFACE, baseline")[2].splitlines()
    assert lines[1].split() == ["P_MTL", "-", "-", "0.30", "-"]
    assert lines[2].startswith("MobileNet v1, embeddings + scores")


def test_the_notes_of_a_network_are_left_out_where_another_model_stands_for_it():
    models = {**NETWORKS, "EfficientNet-B2": "mine"}
    text = as_text(outcome(TABLES["table1"], 0.5, models=models))
    assert "EfficientNet-B2 (mine), embeddings\n" in text
    assert "300 x 300" not in text


def test_a_network_without_features_shows_the_paper_and_how_to_get_them():
    text = as_text(outcome(TABLES["table4"], 0.5))
    assert text.count("no features of enet_b2_8: abawkit extract --data DATA "
                      "--model enet_b2_8 --out feats") == 1  # fmt: skip
    block = text.partition("EfficientNet-B2, scores")[2].splitlines()[1]
    assert block.split() == ["CCC-Valence", "-", "-", "0.408", "-"]


@by_name(EVERY)
def test_other_epochs_than_those_of_the_published_code_are_told(table):
    text = " ".join(as_text(replace(outcome(table, 0.5), epochs=3)).split())
    assert "Each head was trained with --epochs 3 here" in text
    assert notes.TEN_EPOCHS not in text
    assert notes.TWENTY_EPOCHS not in text


def test_the_rows_of_thresholds_show_their_own_sums():
    table = TABLES["table5"]
    text = as_text(outcome(table, 0.5, networks=("EfficientNet-B2",)))
    oracle = text.partition("different AU thresholds")[2].splitlines()[1:5]
    assert [line.split()[-4] for line in oracle] == ["0.5040", "0.5010", "0.5020", "0.5060"]


def test_several_seeds_show_mean_and_deviation():
    text = as_text(outcome(TABLES["table1"], 0.5, 0.52))
    assert "0.5100 ± 0.0141" in text
    assert "standard deviation over 2 seeds" in text
    assert "±" not in as_text(outcome(TABLES["table1"], 0.5))


def test_frames_are_counted_beside_the_papers():
    text = as_text(outcome(TABLES["table1"], 0.5))
    assert "paper: trained on 585,317 frames with a face, not on 12,044 without" in text
    assert "here: trained on 10 frames with a face, not on 2 without; validation 5 and 1" in text


def test_networks_with_other_frames_are_counted_apart():
    made = outcome(TABLES["table1"], 0.5)
    first = next(iter(made.results))
    made.results[first] = (result(made.table, 0.5, train=(9, 3)),)
    text = as_text(made)
    assert "here (MobileNet v1): trained on 9 frames" in text
    assert "here (MobileNet v1, EfficientNet-B0): trained on 10 frames" in text


@by_name(EVERY)
def test_lines_fit_on_a_screen(table):
    text = as_text(outcome(table, 0.5, 0.6, networks=NETWORKS))
    assert max(map(len, text.splitlines())) < 100


def test_columns_are_aligned():
    text = as_text(outcome(TABLES["table3"], 0.5, 0.6))
    rows = [line for line in text.splitlines() if line.startswith("  F1")]
    assert len({len(line) for line in rows}) == 1


@by_name(EVERY)
def test_json_has_every_row_measure_and_seed(table):
    shown = as_json(outcome(table, 0.5, 0.6))
    assert json.loads(json.dumps(shown, allow_nan=False)) == json.loads(json.dumps(shown))
    measures = {column["measure"] for column in shown["columns"]}
    for row, source in zip(shown["rows"], table.rows, strict=True):
        assert row["method"] == source.method
        assert row["values"].keys() == measures
        has = source.network in {"MobileNet v1", "EfficientNet-B0"}
        assert [run["seed"] for run in row["runs"]] == ([0, 1] if has else [])


def test_json_has_the_numbers_as_numbers():
    shown = as_json(outcome(TABLES["table1"], 0.5, 0.6))
    best = shown["rows"][6]["values"]["expr"]
    assert (best["paper"], best["code"]) == (0.381, 0.380707)
    assert best["official"] == {
        "mean": pytest.approx(0.55),
        "sd": pytest.approx(0.0707107),
        "n": 2,
    }
    assert shown["rows"][8]["values"]["expr"]["official"] is None
    assert shown["paper_frames"] == {"train": FRAMES["expr"].train, "valid": FRAMES["expr"].valid}


def test_an_undefined_number_is_shown_as_none():
    made = outcome(TABLES["table4"], 0.5)
    for (found,) in made.results.values():
        found.measures["official"]["valence"] = None
    line = as_text(made).partition("MobileNet v1, scores")[2].splitlines()[1]
    assert line.split() == ["CCC-Valence", "-", "0.6000", "0.404", "-"]


def test_both_columns_that_the_paper_has_the_wrong_way_round_are_marked():
    text = as_text(outcome(TABLES["table5"], 0.5))
    number = re.search(r"\[(\d+)\] The paper has the heads of P_EXPR", text)[1]
    lines = [line for line in text.splitlines() if line.startswith(("  P_VA", "  P_EXPR"))]
    assert len(lines) == 2 * 8
    assert all(f"[{number}]" in line for line in lines)
