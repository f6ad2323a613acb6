"""The table of videos."""

import math
from dataclasses import replace

import numpy as np
import pytest

from abawkit.evaluation import evaluate
from abawkit.evaluation.influence import influence
from abawkit.report.html.videos import videos
from abawkit.track import Track
from tests.abawkit.report.html.pages import draw_page


def table_of(page, **options):
    (table,) = videos(page, **options).blocks
    return table


def column(table, name):
    return {row[0].text: row[table.columns.index(name)].value for row in table.rows}


def test_the_change_of_a_video_is_the_score_with_it_less_that_without_it():
    page = draw_page("abaw3-expr")
    (entry,) = page.entries
    changes = column(table_of(page), "Moves it by")
    assert list(changes.values()) == sorted(changes.values())
    video = next(iter(changes))
    rest = {name: track for name, track in page.truth.items() if name != video}
    without = evaluate(page.challenge, rest, entry.prediction).score
    assert changes[video] == pytest.approx(entry.report.score - without, abs=1e-12)


def test_each_entry_has_its_columns():
    table = table_of(draw_page("abaw3-va", entries=("a", "b")))
    assert "Score a" in table.columns
    assert "CCC arousal b" in table.columns
    assert table.columns.count("No face") == 1


def test_scores_are_those_of_the_report():
    page = draw_page("abaw4-mtl")
    scores = column(table_of(page), "Score")
    found = {name: video.summary.score for name, video in page.entries[0].report.videos.items()}
    assert scores == pytest.approx(found, nan_ok=True)


def test_frames_without_a_face_are_a_share_of_those_that_count():
    page = draw_page("abaw3-va")
    faces = {name: np.arange(track.n_frames) < 5 for name, track in page.truth.items()}
    known = np.arange(page.truth["video0"].n_frames) < 10
    truth = {**page.truth, "video0": Track.of("video0", page.truth["video0"].values, known)}
    page = replace(page, truth=truth, entries=(replace(page.entries[0], faces=faces),))
    assert column(table_of(page), "No face")["video0"] == 0.5


def test_a_video_whose_faces_nobody_knows_has_no_share():
    page = draw_page("abaw3-va")
    faces = {name: seen for name, seen in page.entries[0].faces.items() if name != "video0"}
    page = replace(page, entries=(replace(page.entries[0], faces=faces),))
    assert math.isnan(column(table_of(page), "No face")["video0"])


def test_videos_are_linked_only_where_there_are_timelines():
    page = draw_page("abaw3-va", videos=["a b", *(f"v{i}" for i in range(20))])
    links = {row[0].text: row[0].link for row in table_of(page).rows}
    assert links["a b"] == "#timeline=a%20b"
    assert {row[0].link for row in table_of(page, linked=False).rows} == {None}


def test_of_clips_there_is_what_is_known_of_each():
    assert table_of(draw_page("abaw8-emi")).columns == ("Video", "Moves it by")


def test_every_video_has_its_own_change_of_each_entry():
    page = draw_page("abaw3-va", entries=("a", "b"))
    table = table_of(page)
    for entry in page.entries:
        found = {one.video: one.change for one in influence(entry.report)}
        assert column(table, f"Moves it by {entry.name}") == found
