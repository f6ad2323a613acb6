"""What stands first on a page."""

import math
from dataclasses import replace

import pytest

from abawkit.errors import ComparisonWarning
from abawkit.evaluation import evaluate
from abawkit.evaluation.bootstrap import Intervals
from abawkit.evaluation.comparing import compare
from abawkit.evaluation.coverage import compare_coverage
from abawkit.evaluation.influence import gains, influence
from abawkit.evaluation.interval import Interval
from abawkit.report.html.overview import overview
from abawkit.report.html.tables import beside_the_first, gains_table
from abawkit.report.html.words import signed
from abawkit.track import Track
from tests.abawkit.report.html.pages import BOOTSTRAP, draw_page


def facts(page):
    return [fact.text for fact in overview(page).cards[0].facts]


def with_interval(page, **interval):
    (entry,) = page.entries
    same = dict.fromkeys(entry.report.components, Interval(**interval))
    classes = dict.fromkeys(entry.report.per_class, Interval(**interval))
    intervals = Intervals(
        bootstrap=BOOTSTRAP,
        n_units=30,
        score=Interval(**interval),
        components=same,
        per_class=classes,
    )
    return replace(page, entries=(replace(entry, intervals=intervals),))


def test_a_score_stands_where_it_belongs_on_its_axis():
    page = with_interval(draw_page("abaw3-va"), low=-0.2, high=1.0, mean=0.5)
    (card,) = overview(page).cards
    score = page.entries[0].report.score
    assert card.axes == (("-0.5", "1"), ("-0.5", "1"))
    assert card.whole.point == pytest.approx(100 * (score + 0.5) / 1.5, abs=0.01)
    assert (card.whole.start, card.whole.stop, card.whole.zero) == (20.0, 100.0, 33.33)


def test_cards_of_several_entries_have_one_axis():
    page = draw_page("abaw4-mtl", entries=("a", "b"), right=(0.95, 0.05))
    first, second = overview(page).cards
    assert first.axes == second.axes
    assert float(first.axes[0][1]) >= page.entries[0].report.score > float(first.axes[1][1])


def test_what_is_undefined_is_said_and_not_drawn():
    page = with_interval(draw_page("abaw3-va"), low=math.nan, high=math.nan, mean=math.nan)
    (card,) = overview(page).cards
    assert card.interval == "95 % interval undefined"
    assert card.whole.start is None


def test_the_parts_of_a_card_are_components_or_else_classes():
    names = [
        [part.name for part in overview(draw_page(name)).cards[0].parts]
        for name in ("abaw4-mtl", "abaw3-expr", "abaw2-expr")
    ]
    assert names[0] == ["CCC valence", "CCC arousal", "F1 EXPR", "F1 AU"]
    assert names[1][:2] == ["Neutral", "Anger"]
    assert names[2] == ["F1 EXPR", "Accuracy EXPR"]


def test_frames_without_a_face_are_told_with_the_score_of_the_others():
    page = draw_page("abaw3-va")
    (entry,) = page.entries
    found = compare_coverage(entry.report, page.truth, entry.prediction, entry.faces)
    (line,) = [text for text in facts(page) if "no face" in text]
    assert line.startswith(f"{100 * found.share:.3g} %")
    better = found.with_faces.score - entry.report.score
    assert line.endswith(f"is {found.with_faces.score:.4f} ({signed(better)})")


def test_without_knowing_faces_nothing_is_said_of_them():
    assert not any("face" in text for text in facts(draw_page("abaw3-va", faces=False)))


@pytest.mark.parametrize(("n_videos", "warned"), [(19, True), (20, False)])
def test_few_videos_are_warned_of(n_videos, warned):
    page = draw_page("abaw3-va", videos=[f"v{i}" for i in range(n_videos)])
    found = [fact.text for fact in overview(page).cards[0].facts if fact.warn]
    said = "Only 19 videos: with fewer than 20, intervals are too narrow"
    assert found == [said] * warned


def test_missing_predictions_are_warned_of():
    page = draw_page("abaw3-va")
    (entry,) = page.entries
    (video, *_) = page.truth
    short = {**entry.prediction, video: Track.of(video, page.truth[video].values * math.nan)}
    report = evaluate(page.challenge, page.truth, short, allow_missing=True)
    page = replace(page, entries=(replace(entry, report=report, faces=None),))
    assert any("have no prediction" in text for text in facts(page))


def test_of_several_entries_each_is_set_beside_the_first():
    page = draw_page("abaw3-va", entries=("a", "b", "c"), right=(0.9, 0.1, 0.9))
    (table,) = overview(page).groups[0]
    assert [row[0].text for row in table.rows] == ["b", "c"]
    difference = page.entries[1].report.score - page.entries[0].report.score
    assert table.rows[0][1].value == pytest.approx(difference)
    assert table.rows[0][-1].text == "worse than a"


def test_the_same_predictions_are_told_as_such():
    page = draw_page("abaw3-expr")
    (entry,) = page.entries
    twice = replace(page, entries=(entry, replace(entry, name="again")))
    (table,) = overview(twice).groups[0]
    assert table.rows[0][-1].text == "the same predictions"


def test_where_signatures_differ_is_told_and_only_there():
    page = draw_page("abaw3-va", entries=("a", "b"))
    ids = [table.id for group in overview(page).groups for table in group]
    assert "differences" in ids
    same = replace(page.entries[1], signature=page.entries[0].signature)
    page = replace(page, entries=(page.entries[0], same))
    assert "differences" not in [t.id for group in overview(page).groups for t in group]


def test_movers_go_from_what_pulls_down_to_what_lifts():
    page = draw_page("abaw3-va")
    groups = overview(page).groups
    (table,) = [t for group in groups for t in group if t.id == "movers-1"]
    changes = [row[2].value for row in table.rows]
    assert changes == sorted(changes)
    assert changes[0] < 0 < changes[-1]
    all_changes = sorted(found.change for found in influence(page.entries[0].report))
    assert (changes[0], changes[-1], len(changes)) == (all_changes[0], all_changes[-1], 10)


def test_what_cannot_be_compared_by_its_signature_is_told_from_what_can():
    page = draw_page("abaw3-va", entries=("a", "b"))
    first, second = page.entries
    other = second.signature.replace("|mask:va:frame|", "|mask:va:value|")
    page = replace(page, entries=(first, replace(second, signature=other)))
    (table,) = [t for group in overview(page).groups for t in group if t.id == "differences"]
    rows = [[cell.text for cell in row] for row in table.rows]
    assert [row[1:] for row in rows] == [
        ["b", "va:value", "va:frame", "no"],
        ["b", "b", "a", "yes"],
    ]


def test_p_of_both_tests_stand_under_their_names():
    page = draw_page("abaw3-va", entries=("a", "b"), right=(0.5, 0.5))
    (table,) = overview(page).groups[0]
    reports = {entry.name: entry.report for entry in page.entries}
    (pair,) = compare(reports, bootstrap=BOOTSTRAP, baseline="a").pairs
    p = pair.score.randomisation.value, pair.score.bootstrap.value
    assert p[0] != p[1]
    assert table.columns[3:5] == ("p, randomisation", "p, bootstrap")
    assert [cell.value for cell in table.rows[0][3:5]] == list(p)
    assert [cell.text for cell in table.rows[0][3:5]] == [f"{value:.3f}" for value in p]
    assert table.rows[0][-1].text == "not told apart from a"


def test_the_axis_of_all_cards_reaches_the_entry_that_is_lowest():
    page = draw_page("abaw3-va", entries=("a", "b"), right=(0.9, 0.5))
    first, second = page.entries
    low = Interval(low=-0.7, high=0.5, mean=0.1)
    second = replace(second, intervals=replace(second.intervals, score=low))
    cards = overview(replace(page, entries=(first, second))).cards
    assert [card.axes[0] for card in cards] == [("-1", "1")] * 2


def test_entries_that_are_not_scored_on_the_same_are_compared_with_a_warning():
    page = draw_page("abaw3-va", entries=("first", "second"))
    one, other = page.entries
    video, track = next(iter(other.prediction.items()))
    known = track.known.copy()
    known[: len(known) // 2] = False
    partly = {**other.prediction, video: Track.of(video, track.values, known)}
    report = evaluate(page.challenge, page.truth, partly, allow_missing=True)
    page = replace(page, entries=(one, replace(other, prediction=partly, report=report)))
    with pytest.warns(ComparisonWarning, match="not scored on the same: frames"):
        table = beside_the_first(page)
    assert "Beware: first and second are not scored on the same" in table.caption


def test_what_would_lower_the_score_is_no_gain():
    (entry,) = draw_page("abaw3-expr").entries
    for gain, row in zip(gains(entry.report), gains_table(entry, 1).rows, strict=True):
        more = gain.as_others > entry.report.score
        assert (row[-1].text != "-") == more
