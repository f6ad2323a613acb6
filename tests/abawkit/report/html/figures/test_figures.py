"""Figures: valid for Plotly, of every challenge; what they draw and say is what the files hold."""

import json
import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from abawkit.evaluation import signature
from abawkit.evaluation.rules import with_rules
from abawkit.evaluation.stacked import stack
from abawkit.protocol import CHALLENGES, Categorical, MultiLabel
from abawkit.report.html.blocks import Figure
from abawkit.report.html.figures import figures
from abawkit.report.html.figures.panels import fixed, numbers, percent, spelled, style
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


@pytest.mark.parametrize(
    ("name", "figure"),
    [
        ("abaw3-expr", "calibration-expr"),
        ("abaw3-au", "calibration-au"),
        ("abaw3-au", "threshold-curves"),
    ],
)
@pytest.mark.parametrize(
    ("smooth", "told"), [("box:101", "smoothing (box:101)"), ("none", "decided on.")]
)
def test_it_is_told_whether_probabilities_are_smoothed(name, figure, smooth, told):
    page = with_outputs(draw_page(name))
    (entry,) = page.entries
    signed = replace(entry, signature=str(signature(entry.report, {"smooth": smooth})))
    assert told in drawn(replace(page, entries=(signed,)))[figure].caption


def test_the_confusion_counts_the_videos_that_count():
    page = draw_page("abaw3-expr")
    hidden = next(iter(page.truth))
    empty = Track.of(hidden, np.full_like(page.truth[hidden].values, np.nan))
    page = replace(page, truth={**page.truth, hidden: empty})
    caption = drawn(page)["confusion-expr-1"].caption
    assert f"frames of {len(page.truth) - 1} videos" in caption


def made(name, truth, prediction, **told):
    """Give a page of tracks that are told, with one entry."""
    page = draw_page(name, videos=["drawn", "as well"])
    entry = replace(page.entries[0], prediction=tracks_of(prediction), **told)
    return replace(page, truth=tracks_of(truth), entries=(entry,))


def tracks_of(values):
    return {video: Track.of(video, np.asarray(rows, float)) for video, rows in values.items()}


def test_the_three_videos_farthest_off_are_named_and_the_farthest_is_said_with_its_bias():
    truth = {video: [[0.1, 0.2]] * 4 for video in "abcde"}
    shift = dict(zip("abcde", [0.01, 0.3, -0.6, 0.02, 0.2], strict=True))
    pred = {video: [[0.1 + by, 0.2 - by / 2]] * 4 for video, by in shift.items()}
    figure = drawn(made("abaw3-va", truth, pred))["plane-bias"]
    assert figure.traces[0]["text"] == ["", "b", "c", "", "e"]
    assert figure.summary == (
        "c is farthest off, in first: its mean valence is 0.60 too low, its mean arousal 0.30 too "
        "high."
    )


def test_the_bias_and_the_plane_are_of_frames_of_which_both_values_count():
    page = made("abaw3-va", {"a": [[0.1, 0.2], [0.1, math.nan]]}, {"a": [[0.3, 0.2], [0.9, 0.2]]})
    page = replace(page, challenge=with_rules(page.challenge, {"va_mask": "value"}))
    blocks = drawn(page)
    assert blocks["plane-bias"].traces[0]["x"] == [0.2]
    assert blocks["plane-bias"].traces[0]["customdata"] == [["a", 1]]
    assert np.sum(blocks["plane-density-1"].traces[0]["customdata"]) == 1


def test_spreads_are_beside_those_of_the_annotations_and_half_of_what_is_moved_is_said():
    truth = {"a": [[-0.4, -0.4], [0.4, 0.4], [0.4, -0.4], [-0.4, 0.4]]}
    pred = {"a": [[-0.2, -0.1], [0.2, 0.1], [0.4, -0.4], [-0.4, 0.4]]}
    blocks = drawn(made("abaw3-va", truth, pred))
    assert blocks["plane-difference-1"].summary.startswith("50 % of the frames would have to move")
    bar = blocks["plane-difference-1"].layout["coloraxis"]["colorbar"]
    assert bar["ticktext"] == ["fewer", "as many", "more"]
    assert bar["tickvals"] == sorted(bar["tickvals"])
    share = [math.sqrt((0.16 + x * x) / 2) / 0.4 for x in (0.2, 0.1)]
    assert f"{100 * share[0]:.0f} % and {100 * share[1]:.0f} % of those" in (
        blocks["plane-density-1"].summary
    )


def test_classes_that_are_never_found_are_those_that_are_annotated():
    truth = {"a": [[3]] * 10 + [[0]] * 5 + [[1]] * 2}
    pred = {"a": [[6]] * 4 + [[3]] * 6 + [[0]] * 4 + [[3]] + [[0], [3]]}
    figure = drawn(made("abaw3-expr", truth, pred))["confusion-expr-1"]
    assert figure.summary.endswith(" more often. Never found: Anger.")
    assert [row[-1].text for row in figure.numbers.rows] == [*"520", "10", *"0000"]
    assert [view["traces"] for view in figure.layout["meta"]["views"]] == [[0, 1], [2, 3]]


def test_numbers_on_strong_colours_are_written_in_the_colour_of_the_ground():
    figure = drawn(draw_page("abaw3-expr", right=(0.9,)))["confusion-expr-1"]
    heat, text = figure.traces[:2]
    strong = (np.array(heat["z"], float) > 0.6).ravel()
    assert strong.any()
    colours = ["@surface" if one else "@ink" for one in strong]
    assert text["textfont"]["color"] == colours


@pytest.mark.parametrize("name", ["abaw3-expr", "abaw3-au"])
def test_the_best_and_the_worst_class_and_the_lowest_recall_are_said(name):
    page = draw_page(name)
    target = page.challenge.targets[0]
    blocks, scores = drawn(page), page.entries[0].report.per_class
    best, worst = (end(target.names, key=scores.__getitem__) for end in (max, min))
    assert blocks[f"scores-{target.name}"].summary == (
        f"first: best {spelled(best)} ({scores[best]:.2f}), worst {spelled(worst)} "
        f"({scores[worst]:.2f})."
    )
    figure = blocks[f"precision-recall-{target.name}"]
    (trace,) = figure.traces
    recall = dict(zip(target.names, trace["x"][1::3], strict=True))
    lowest = min(recall, key=recall.__getitem__)
    assert f"of the frames with {spelled(lowest)}, its lowest recall" in figure.summary
    assert figure.numbers.columns[1:] == ("first, precision", "first, recall")
    found = {row[0].text: row[2].value for row in figure.numbers.rows}
    assert found == pytest.approx({spelled(n): x for n, x in recall.items()}, abs=1e-3)


def test_the_share_that_is_farthest_off_is_said_whether_too_many_or_too_few():
    truth = {"a": [[0]] * 6 + [[1]] * 2 + [[2]] * 2}
    pred = {"a": [[0]] * 2 + [[1]] * 4 + [[2]] * 4}
    figure = drawn(made("abaw3-expr", truth, pred))["shares-expr"]
    assert figure.summary == (
        "first predicts Neutral in 20.0 % of the frames, where 60.0 % are annotated with it."
    )


def test_shares_of_units_are_of_the_values_that_count():
    row = [0.1, 0.1, 0.0, *[1.0] * 12]
    part, none = [*row], [*row[:3], *[0.0] * 12]
    part[3] = math.nan
    page = made("abaw3-mtl", {"a": [row, part, none]}, {"a": [row] * 3})
    shown, entry = drawn(page)["shares-au"].traces
    assert shown["x"][:2] == pytest.approx([1 / 2, 2 / 3], abs=1e-3)
    assert entry["x"][:2] == [1.0, 1.0]


def test_flicker_is_said_in_times_of_that_of_the_annotations_and_runs_are_shares():
    truth = {"a": [[0]] * 6 + [[1]] * 5}
    pred = {"a": [[0]] * 5 + [[1]] * 1 + [[2]] * 5}
    blocks = drawn(made("abaw3-expr", truth, pred))
    assert blocks["changes-expr"].summary == (
        "Changes in 1,000 frames: 100.0 in the annotations, 200.0 in first (2.0 times)."
    )
    assert [trace["x"] for trace in blocks["runs-expr"].traces] == [[0.0], [0.3333]]


def test_the_pair_of_units_farthest_from_the_annotations_is_said_from_either_side():
    rng = np.random.default_rng(5)
    labels = rng.integers(0, 2, (400, 12)).astype(float)
    apart, truth = labels.copy(), labels.copy()
    truth[:, 4] = truth[:, 2]
    apart[:, 7] = 1 - apart[:, 3]
    apart[:, 4] = apart[:, 2]
    blocks = drawn(made("abaw3-au", {"a": truth}, {"a": apart}))
    names = CHALLENGES["abaw3-au"].targets[0].names
    assert blocks["together-0"].summary == (
        f"Most bound to each other are {names[2]} and {names[4]}, with 1.00."
    )
    phi = np.corrcoef(truth[:, 3], truth[:, 7])[0, 1]
    assert blocks["together-1"].summary == (
        f"Farthest from the annotations are {names[3]} and {names[7]}: {fixed(-1.0)} predicted, "
        f"{fixed(phi)} annotated."
    )


def test_the_table_of_thresholds_has_what_is_used_and_what_is_best():
    page = with_outputs(draw_page("abaw3-au"))
    figure = drawn(page)["threshold-curves"]
    assert figure.numbers.columns[1:] == tuple(
        f"first, {what}" for what in ("used", "F1", "best", "F1 there")
    )
    for unit, row in enumerate(figure.numbers.rows):
        _, used, best = figure.traces[3 * unit : 3 * unit + 3]
        found = [cell.value for cell in row[1:]]
        expected = [used["x"][0], used["y"][0], best["x"][0], best["y"][0]]
        assert found == pytest.approx(expected, abs=1e-3)


def test_reliability_of_the_top_class_is_against_the_annotation_and_is_said_by_frames():
    outputs = np.zeros((40, 8))
    outputs[:, 0], outputs[:, 1] = 0.9, 0.1
    outputs[30:, 0], outputs[30:, 1] = 0.38, 0.36
    outputs[30:, 2] = 0.26
    truth = {"a": [[0]] * 15 + [[1]] * 25}
    page = made("abaw3-expr", truth, {"a": [[0]] * 40}, outputs=tracks_of({"a": outputs}))
    blocks = drawn(page)
    figure = blocks["calibration-expr"]
    error = (30 * 0.4 + 10 * 0.38) / 40
    assert figure.summary == (
        f"first: ECE {error:.3f}, which says {(30 * 0.9 + 10 * 0.38) / 40:.2f} on average where "
        f"{15 / 40:.2f} is so."
    )
    assert figure.traces[1]["y"] == [0.0, 0.5]
    assert figure.numbers.rows[0][1].value == pytest.approx(error)
    assert blocks["sure-expr"].summary == "first says more than 0.5 in 75 % of the frames."


def test_the_worst_calibrated_unit_is_said_with_its_own_means():
    truth, outputs = np.zeros((20, 12)), np.full((20, 12), 0.1)
    outputs[:, 5] = 0.8
    page = made("abaw3-au", {"a": truth}, {"a": truth}, outputs=tracks_of({"a": outputs}))
    name = page.challenge.targets[0].names[5]
    assert drawn(page)["calibration-au"].summary.endswith(
        f"worst {name} (0.800), which says 0.80 on average where 0.00 is so."
    )


def test_reliability_is_of_the_values_that_count():
    outputs = np.full((30, 22), 0.35)
    labels = np.zeros((30, 15))
    labels[:, 3] = 1
    truth = labels.copy()
    truth[12:, 3] = math.nan
    page = made("abaw3-mtl", {"a": truth}, {"a": labels}, outputs=tracks_of({"a": outputs}))
    curve = drawn(page)["calibration-au"].traces[12]
    assert (curve["customdata"], curve["y"]) == ([12], [1.0])


def test_ends_of_an_interval_are_told_from_low_to_high():
    page = draw_page("abaw3-expr")
    (trace,) = drawn(page)["scores-expr"].traces
    ends = [page.entries[0].intervals.per_class[n] for n in page.challenge.targets[0].names]
    expected = [[end.low, end.high] for end in ends]
    np.testing.assert_allclose(trace["customdata"], expected, atol=1e-3)
