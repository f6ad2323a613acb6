"""Timelines in a browser: what is drawn is what the data say."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from abawkit.protocol import CHALLENGES
from abawkit.report.html import timelines as module
from abawkit.report.html.entry import Page
from abawkit.report.html.page import render_page
from abawkit.report.html.timelines import BUDGET, timelines
from abawkit.track import Track
from tests.abawkit.report.html.pages import draw_entry, draw_values

LONG = 6000
VIDEOS = "video1", "10-60_left", "a<b>&%"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Write pages of long videos, once for each challenge; without the figures below."""
    folder, pages = tmp_path_factory.mktemp("timelines"), {}

    def page_of(name, *, budget=BUDGET):
        if (name, budget) not in pages:
            page, path = long_page(name), folder / f"{name}-{budget}.html"
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("abawkit.report.html.figures.figures", lambda _: [])
                patch.setattr(module, "timelines", partial(timelines, budget=budget))
                path.write_text(render_page(page), "utf-8")
            pages[name, budget] = page, path
        return pages[name, budget]

    return page_of


def long_page(name):
    challenge, rng = CHALLENGES[name], np.random.default_rng(0)
    truth, faces = {}, {}
    for video in VIDEOS:
        values = draw_values(challenge, LONG, rng).repeat(4, axis=0)[:LONG]
        known = np.ones(values.shape, bool)
        known[100:200] = False
        truth[video] = Track.of(video, values, known)
        faces[video] = (np.arange(LONG) < 3000) | (np.arange(LONG) > 3500)
    page = Page(title="A page", challenge=challenge, truth=truth, entries=())
    entries = (
        draw_entry(page, "<b>first", 0.5, faces=faces, rng=rng),
        draw_entry(page, "second", 0.2, faces=faces, rng=rng),
    )
    return replace(page, entries=entries)


def wait(page, shown):
    page.wait_for_function(
        "shown => document.querySelector('.timelines')?.dataset.shown?.endsWith(shown)", arg=shown
    )


def opened(open_page, path, fragment="#timeline=video1", **options):
    page = open_page(path, fragment=fragment, **options)
    wait(page, f"|0|{LONG}")
    return page


def traces(page, plot=0):
    return page.evaluate(
        "i => document.querySelectorAll('.timelines .plot')[i].data.map(({name, x, y, z, yaxis, "
        "hovertemplate}) => ({name, x: Array.from(x || []), y: Array.from(y || []), z, yaxis, "
        "hovertemplate}))",
        plot,
    )


def zoom_in(page, times, until="Every frame"):
    page.get_by_label("Frame", exact=True).fill("3100")
    for _ in range(times):
        page.locator(".zoom").get_by_role("button", name="Zoom in").click()
    page.wait_for_function(
        "until => document.querySelector('.timelines[data-shown] .zoom .note')?.textContent"
        ".includes(until)",
        arg=until,
    )
    shown = page.get_attribute(".timelines", "data-shown").split("|")
    return int(shown[-2]), int(shown[-1])


def test_the_whole_is_drawn_by_ranges_with_what_is_shaded_and_zoomed_in_every_value(
    made, open_page
):
    data, path = made("abaw3-va")
    page = opened(open_page, path)
    check_whole(page, data)
    check_shading(page)
    check_readout(page, data)
    check_zoomed(page, data)


def check_whole(page, data):
    truth = next(t for t in traces(page) if t["name"] == "truth" and t["yaxis"] == "y")
    points = {x: y for x, y in zip(truth["x"], truth["y"], strict=True) if y is not None}
    values = data.truth["video1"].values[:, 0]
    assert all(values[x - 1] == y for x, y in points.items())
    assert {min(points.values()), max(points.values())} == {np.nanmin(values), np.nanmax(values)}
    assert len(points) < LONG / 2
    assert not set(range(101, 201)) & set(points)
    assert None in truth["y"]


def check_shading(page):
    spans = {t["name"]: t["x"] for t in traces(page) if t["yaxis"] == "y" and t["y"]}
    step = 2 * LONG / 900 + 1
    assert spans["not annotated"][0] == pytest.approx(100.5, abs=step)
    assert spans["no face"][0] == pytest.approx(3000.5, abs=step)
    assert spans["no face"][2] == pytest.approx(3501.5, abs=step)


def check_readout(page, data):
    page.get_by_label("Frame", exact=True).fill("3100")
    said = page.locator(".timelines .readout").inner_text()
    value = data.truth["video1"].values[3099, 0]
    assert "frame 3,100 · 03100.jpg · no face" in said
    assert f"valence: truth {value:.3f}, <b>first " in said


def check_zoomed(page, data):
    start, stop = zoom_in(page, 4)
    drawn = next(t for t in traces(page) if t["name"] == "second" and t["yaxis"] == "y2")
    values = data.entries[1].prediction["video1"].values[start:stop, 1]
    assert drawn["x"] == list(range(start + 1, stop + 1))
    np.testing.assert_allclose(drawn["y"], values, atol=1e-9)


def test_classes_are_drawn_as_they_are_with_their_errors(made, open_page):
    data, path = made("abaw3-expr")
    page = opened(open_page, path)
    start, stop = zoom_in(page, 4)
    rows = [["no" if v is None else v for v in row] for row in traces(page)[0]["z"]][::-1]
    truth = data.truth["video1"].values[start:stop, 0]
    first = data.entries[0].prediction["video1"].values[start:stop, 0]
    faces, ribbon = rows[0], rows[4 + 2]
    assert ribbon == truth.tolist()
    assert rows[4 + 2 + 13 + 3] == first.tolist()
    errors = rows[4 + 2 + 13 + 3 + 10 + 1]
    assert [code != "no" for code in errors] == (truth != first).tolist()
    bare = ~data.entries[0].faces["video1"][start:stop]
    assert [code != "no" for code in faces] == bare.tolist()


def test_units_are_told_apart_as_hits_misses_and_false_alarms(made, open_page):
    data, path = made("abaw3-au")
    page = opened(open_page, path)
    start, stop = zoom_in(page, 4)
    rows = traces(page)[0]["z"][::-1]
    truth = data.truth["video1"].values[start:stop, 1]
    second = data.entries[1].prediction["video1"].values[start:stop, 1]
    codes = {(1, 1): 1, (0, 1): 2, (1, 0): 3, (0, 0): None}
    # Under the faces and their gap, units of three rows with a gap between them.
    assert rows[2 + 4] == [0 if value else None for value in truth]
    assert rows[2 + 4 + 2] == [codes[pair] for pair in zip(truth, second, strict=True)]


def test_videos_are_gone_through_by_buttons_lists_and_links(made, open_page):
    _, path = made("abaw3-expr")
    page = opened(open_page, path, fragment="#timeline=a%3Cb%3E%26%25")
    video = page.locator("select.video")
    assert page.get_attribute(".timelines", "data-shown").startswith("a<b>&%|")
    page.get_by_label("Sorted by").select_option(label="Name")
    page.wait_for_function("document.querySelector('.timelines').dataset.shown?.[0] === '1'")
    assert video.locator("option").all_text_contents() == ["10-60_left", "a<b>&%", "video1"]
    page.get_by_role("button", name="Previous video").click()
    page.wait_for_function("document.querySelector('.timelines').dataset.shown?.[0] === 'v'")
    page.evaluate("location.hash = '#timeline=10-60_left'")
    page.wait_for_function("document.querySelector('.timelines').dataset.shown?.[0] === '1'")


def test_what_is_wrong_is_said_a_zoom_is_one_of_all_plots_and_all_fits_a_phone(made, open_page):
    data, path = made("abaw4-mtl")
    page = opened(open_page, path, width=390, height=844)
    verdicts = page.locator(".timelines .verdict")
    assert verdicts.locator("h3").all_inner_texts() == [entry.name for entry in data.entries]
    assert "CCC valence" in verdicts.first.inner_text()
    page.get_by_role("button", name="Dark colours").click()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.evaluate(
        "Plotly.relayout(document.querySelectorAll('.timelines .plot')[1],"
        " {'xaxis.range[0]': 1000.5, 'xaxis.range[1]': 1200.5})"
    )
    wait(page, "|1000|1200")
    ranges = page.evaluate(
        "Array.from(document.querySelectorAll('.timelines .plot'), p => p.layout.xaxis.range)"
    )
    assert ranges == [[1000.5, 1200.5]] * 3


def test_a_thinned_page_draws_the_ranges_that_it_has(made, open_page):
    data, path = made("abaw3-va", budget=100_000)
    page = opened(open_page, path, width=390)
    truth = next(t for t in traces(page) if t["name"] == "truth" and t["yaxis"] == "y")
    values = data.truth["video1"].values[:, 0]
    drawn = [value for value in truth["y"] if value is not None]
    assert [min(drawn), max(drawn)] == [np.nanmin(values), np.nanmax(values)]
    assert "the range of" in page.locator("#timelines .note").last.inner_text()
    assert "zoom in to see more." in page.locator(".timelines .zoom .note").inner_text()
    zoom_in(page, 8, until="ranges of 8 frames")
    said = page.locator(".timelines .readout").inner_text()
    low, high = (f(values[3096:3104]) for f in (np.min, np.max))
    assert f"valence in frames 3,097 to 3,104: truth {low:.3f} to {high:.3f}," in said
