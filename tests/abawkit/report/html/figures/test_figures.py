"""Figures: valid for Plotly, of every challenge; what they draw and say is what the files hold."""

import json
import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from abawkit.evaluation.stacked import stack
from abawkit.protocol import CHALLENGES, Categorical, MultiLabel
from abawkit.report.html.blocks import Figure
from abawkit.report.html.figures import figures
from abawkit.report.html.figures.panels import fixed, numbers, percent, style
from abawkit.track import Track
from tests.abawkit.report.html.pages import draw_page

graph_objects = pytest.importorskip("plotly.graph_objects")
COLOURS = {
    "@sequential": [[0, "#fff"], [1, "#000"]],
    "@diverging": [[0, "#f00"], [1, "#00f"]],
}


def with_outputs(page):
    """Give each entry outputs from which its labels could have been decided."""
    rng = np.random.default_rng(8)
    n_names = sum(len(target.names) for target in page.challenge.targets)
    outputs = {
        video: Track.of(video, rng.random((track.n_frames, n_names)).round(3))
        for video, track in page.truth.items()
    }
    entries = tuple(replace(entry, outputs=outputs) for entry in page.entries)
    return replace(page, entries=entries)


def coloured(value):
    """Put a colour in place of each name of one."""
    if isinstance(value, dict):
        return {key: coloured(item) for key, item in value.items()}
    if isinstance(value, list):
        return [coloured(item) for item in value]
    named = isinstance(value, str) and value.startswith("@")
    return COLOURS.get(value, "#123456") if named else value


def drawn(page):
    return {block.id: block for section in figures(page) for block in section.blocks}


def sections(page):
    return [section.id for section in figures(page)]


@pytest.mark.parametrize("name", CHALLENGES)
def test_figures_of_every_challenge_are_plotly_and_small(name):
    page = with_outputs(draw_page(name, entries=("first", "second")))
    blocks = drawn(page)
    for figure in blocks.values():
        told = json.loads(json.dumps([figure.traces, figure.layout], allow_nan=False))
        traces, layout = coloured(told)
        wide = graph_objects.Figure(data=traces, layout=layout)
        wide.update_layout(layout.get("meta", {}).get("narrow", {}))
        assert figure.summary.endswith(".")
        assert figure.caption.endswith(".")
    whole = [[figure.traces, figure.layout] for figure in blocks.values()]
    assert len(json.dumps(whole, separators=(",", ":"))) < 300_000


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("abaw3-va", ["plane", "calibration", "flicker"]),
        ("abaw3-expr", ["confusion", "classes", "calibration", "flicker"]),
        ("abaw3-au", ["classes", "units", "calibration", "flicker"]),
        ("abaw4-mtl", ["plane", "confusion", "classes", "units", "calibration", "flicker"]),
        ("abaw8-emi", ["classes"]),
        ("abaw10-ah", ["confusion", "classes", "calibration"]),
    ],
)
def test_a_page_has_the_sections_that_apply(name, expected):
    assert sections(with_outputs(draw_page(name))) == expected


@pytest.mark.parametrize("name", ["abaw3-expr", "abaw3-au"])
def test_without_outputs_the_page_says_what_lacks(name):
    calibration = next(part for part in figures(draw_page(name)) if part.id == "calibration")
    assert calibration.blocks == []
    assert "no raw outputs" in calibration.lead


@pytest.mark.parametrize("name", CHALLENGES)
def test_of_no_frame_that_counts_nothing_fails(name):
    page = draw_page(name)
    hidden = {v: Track.of(v, np.full_like(t.values, np.nan)) for v, t in page.truth.items()}
    for figure in drawn(with_outputs(replace(page, truth=hidden))).values():
        json.dumps([figure.traces, figure.layout], allow_nan=False)


def test_the_confusion_is_that_of_the_score_as_counts_and_as_shares():
    page = draw_page("abaw3-expr")
    matrix = page.entries[0].report.total.summary.parts[0].matrix
    shares, _, counts, text = drawn(page)["confusion-expr-1"].traces
    assert text["text"] == [f"{count:,}" for count in matrix.ravel().tolist()]
    assert [[cell[0] for cell in row] for row in counts["customdata"]] == matrix.tolist()
    expected = matrix / matrix.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(shares["z"], expected, atol=6e-4)


def test_the_largest_confusion_is_named_with_its_share():
    page = draw_page("abaw3-expr")
    truth = {"a": Track.of("a", [[3.0]] * 10 + [[0.0]] * 5)}
    pred = {"a": Track.of("a", [[6.0]] * 4 + [[3.0]] * 6 + [[0.0]] * 4 + [[1.0]])}
    entry = replace(page.entries[0], prediction=pred)
    figure = drawn(replace(page, truth=truth, entries=(entry,)))["confusion-expr-1"]
    assert figure.summary.startswith("Fear is taken for Surprise in 40 % of its 10 frames")


@pytest.mark.parametrize("name", ["abaw3-expr", "abaw3-au", "abaw8-emi"])
def test_bars_have_the_scores_and_reach_the_ends_of_their_intervals(name):
    page = draw_page(name)
    (entry,) = page.entries
    (trace,) = drawn(page)[f"scores-{page.challenge.targets[0].name}"].traces
    names = page.challenge.targets[0].names
    assert trace["x"] == pytest.approx([entry.report.per_class[n] for n in names], abs=1e-4)
    ends = [entry.intervals.per_class[n] for n in names]
    high = np.add(trace["x"], trace["error_x"]["array"])
    low = np.subtract(trace["x"], trace["error_x"]["arrayminus"])
    assert high == pytest.approx([end.high for end in ends], abs=3e-4)
    assert low == pytest.approx([end.low for end in ends], abs=3e-4)


@pytest.mark.parametrize("name", ["abaw3-expr", "abaw3-au"])
def test_precision_and_recall_make_the_f1_of_the_score(name):
    page = draw_page(name)
    target = page.challenge.targets[0]
    (trace,) = drawn(page)[f"precision-recall-{target.name}"].traces
    precision, recall = np.array(trace["x"][::3]), np.array(trace["x"][1::3])
    f1 = 2 * precision * recall / (precision + recall)
    expected = [page.entries[0].report.per_class[name] for name in target.names]
    assert f1 == pytest.approx(expected, abs=1e-3)
    filled, open_mark = trace["marker"]["symbol"][:2]
    assert (filled, open_mark) == ("circle", "circle-open")


@pytest.mark.parametrize("name", ["abaw3-expr", "abaw3-au"])
def test_shares_are_those_of_the_labels(name):
    page = draw_page(name)
    target = page.challenge.targets[0]
    truth, entry = drawn(page)[f"shares-{target.name}"].traces
    for trace, tracks in ((truth, page.truth), (entry, page.entries[0].prediction)):
        labels = np.concatenate([track.values for track in tracks.values()])
        one_hot = labels == np.arange(8) if isinstance(target, Categorical) else labels == 1
        assert trace["x"] == pytest.approx(one_hot.mean(axis=0), abs=1e-4)


def test_the_plane_counts_every_frame_and_shows_too_many_as_above_zero():
    page = draw_page("abaw3-va")
    blocks = drawn(page)
    frames = sum(track.n_frames for track in page.truth.values())
    for place in (0, 1):
        assert np.sum(blocks[f"plane-density-{place}"].traces[0]["customdata"]) == frames
    share = [np.array(blocks[f"plane-density-{i}"].traces[0]["customdata"]) for i in (0, 1)]
    gap = np.array(blocks["plane-difference-1"].traces[0]["z"], float)
    expected = 100 * (share[1] - share[0]) / frames
    np.testing.assert_allclose(np.nan_to_num(gap), expected, atol=6e-4)


def test_the_bias_of_a_video_is_predicted_less_annotated():
    page = draw_page("abaw3-va")
    (trace,) = drawn(page)["plane-bias"].traces
    video = trace["customdata"][4][0]
    gap = page.entries[0].prediction[video].values - page.truth[video].values
    assert [trace["x"][4], trace["y"][4]] == pytest.approx(gap.mean(axis=0), abs=1e-3)


def test_threshold_marks_stand_at_the_score_and_at_the_top_of_the_curve():
    page = with_outputs(draw_page("abaw3-au"))
    limits = tuple(np.linspace(0.2, 0.75, 12).round(2).tolist())
    page = replace(page, entries=(replace(page.entries[0], thresholds=limits),))
    traces = drawn(page)["threshold-curves"].traces
    for unit, name in enumerate(page.challenge.targets[0].names):
        curve, used, best = traces[3 * unit : 3 * unit + 3]
        assert used["x"] == [limits[unit]]
        assert used["y"] == pytest.approx([page.entries[0].report.per_class[name]], abs=1e-3)
        assert best["y"][0] == max(curve["y"]) == curve["y"][round(100 * best["x"][0]) - 1]


def test_units_come_together_as_their_correlation_says():
    page = draw_page("abaw3-au")
    (stacked,) = stack(page.challenge, page.truth, page.entries[0].prediction)
    for figure, labels in (("together-0", stacked.true), ("together-1", stacked.pred)):
        expected = np.corrcoef(labels.T)
        np.fill_diagonal(expected, 0)
        found = np.array(drawn(page)[figure].traces[0]["z"], float)
        np.testing.assert_allclose(np.nan_to_num(found), expected, atol=6e-4)


def test_reliability_counts_every_frame_and_leaves_out_bins_of_few():
    page = with_outputs(draw_page("abaw3-au"))
    stacked = stack(
        page.challenge, page.truth, page.entries[0].prediction, page.entries[0].outputs
    )
    curve = drawn(page)["calibration-au"].traces[12]
    said = stacked[0].outputs[:, 0]
    inside = (said > 0.3) & (said <= 0.4)
    assert inside.sum() == curve["customdata"][3]
    assert curve["y"][3] == pytest.approx(stacked[0].true[inside, 0].mean(), abs=1e-3)
    assert min(curve["customdata"]) >= 10


def test_one_entry_is_told_from_another_by_more_than_its_colour():
    styles = [style(index) for index in range(12)]
    for one, other in pairwise(styles):
        assert one.dash != other.dash
        assert one.pattern != other.pattern
        assert one.symbol != other.symbol
    assert len({(one.colour, one.dash) for one in styles}) == 12


def test_names_of_entries_are_text_and_no_markup():
    page = with_outputs(draw_page("abaw4-mtl", entries=("<b>a&b</b>", "second")))
    for figure in drawn(page).values():
        assert all("<b>" not in trace.get("name", "") for trace in figure.traces)


def test_numbers_are_written_for_readers_and_for_json():
    assert [fixed(-0.126), fixed(math.nan), fixed(-0.001)] == [
        "\N{MINUS SIGN}0.13",
        "\N{EN DASH}",
        "0.00",
    ]
    assert [percent(0.4051, 1), percent(math.nan)] == ["40.5 %", "\N{EN DASH}"]
    assert numbers(np.array([[0.12345, math.nan]]), 3) == [[0.123, None]]


def test_every_target_with_labels_has_its_flicker_beside_that_of_the_truth():
    page = draw_page("abaw4-mtl", entries=("first", "second"))
    blocks = drawn(page)
    for target in page.challenge.targets:
        kind = "changes" if isinstance(target, Categorical | MultiLabel) else "steps"
        figure = blocks[f"{kind}-{target.name}"]
        assert isinstance(figure, Figure)
        assert [trace["name"] for trace in figure.traces] == ["annotated", "first", "second"]


def test_bins_of_few_frames_are_not_drawn():
    page = draw_page("abaw3-au", videos=["a", "b"])
    outputs = {v: np.full((track.n_frames, 12), 0.35) for v, track in page.truth.items()}
    outputs["a"][:9] = 0.95
    entry = page.entries[0]
    entry = replace(entry, outputs={v: Track.of(v, values) for v, values in outputs.items()})
    curve = drawn(replace(page, entries=(entry,)))["calibration-au"].traces[12]
    assert curve["x"] == [0.35]


def test_a_value_that_is_predicted_stands_at_the_mean_of_its_annotations():
    page = draw_page("abaw3-va")
    (stacked,) = stack(page.challenge, page.truth, page.entries[0].prediction)
    curve = drawn(page)["calibration-va"].traces[2]
    said, so = stacked.pred[:, 0], stacked.true[:, 0]
    inside = (said > -0.9) & (said <= -0.8)
    assert curve["x"][1] == pytest.approx(said[inside].mean(), abs=1e-3)
    assert curve["y"][1] == pytest.approx(so[inside].mean(), abs=1e-3)


def test_flicker_is_counted_in_the_annotations_and_in_each_prediction():
    page = draw_page("abaw3-expr")
    truth, entry = drawn(page)["changes-expr"].traces
    for trace, tracks in ((truth, page.truth), (entry, page.entries[0].prediction)):
        changed = [np.diff(track.values[:, 0]) != 0 for track in tracks.values()]
        assert trace["x"] == pytest.approx([1000 * np.concatenate(changed).mean()], abs=1e-3)
