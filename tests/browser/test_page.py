"""A page in a browser: tables, themes, links, phones, printing."""

import json

import pytest

from abawkit.report.html.page import render_page
from tests.abawkit.report.html.pages import N_VIDEOS, draw_page

WIDE, PHONE = 1440, 390


@pytest.fixture(scope="session")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    made = {}

    def page_of(name, entries=("first", "second")):
        if name not in made:
            made[name] = folder / f"{name}.html"
            made[name].write_text(render_page(draw_page(name, entries=entries)), "utf-8")
        return made[name]

    return page_of


def cells(page, column):
    table = page.locator("#video-scores tbody tr:visible")
    return table.evaluate_all(f"rows => rows.map((row) => row.cells[{column}].textContent)")


def colours(page):
    """Give the colours of the page's ground and of a figure's text."""
    return page.evaluate(
        """() => [document.body, document.querySelector('.main-svg text')].map(
          (one) => getComputedStyle(one)[one === document.body ? 'backgroundColor' : 'fill'])"""
    )


def draw_all(page):
    page.evaluate("abawkit.ready")
    for place in page.locator("[data-kind]").all():
        place.scroll_into_view_if_needed()
    page.wait_for_function("!document.querySelector('[data-kind][aria-busy]')")


def widest(page):
    return page.evaluate("document.documentElement.scrollWidth")


@pytest.mark.parametrize(("name", "dark"), [("abaw4-mtl", False), ("abaw8-emi", True)])
def test_everything_is_drawn_without_a_complaint_and_fits_a_phone(pages, open_page, name, dark):
    page = open_page(pages(name), width=PHONE, height=844, dark=dark)
    draw_all(page)
    places = page.locator("[data-kind]").count()
    assert page.locator("[data-kind]:has(svg.main-svg, canvas)").count() == places > 0
    assert widest(page) == PHONE


def changes(page, column):
    return [float(text.replace("\N{MINUS SIGN}", "-")) for text in cells(page, column)]


def test_a_table_is_sorted_by_number_either_way(pages, open_page):
    page = open_page(pages("abaw8-emi"))
    head = page.locator("#video-scores thead th", has_text="Moves it by second")
    column = head.evaluate("one => one.cellIndex")
    for order in ("ascending", "descending"):
        head.get_by_role("button").click()
        assert changes(page, column) == sorted(changes(page, column), reverse=order[0] == "d")
        assert head.get_attribute("aria-sort") == order
    assert page.locator("#video-scores th[aria-sort=none]").count() == column
    assert min(changes(page, column)) < 0 < max(changes(page, column))


def test_a_table_is_sorted_by_name_with_the_keyboard(pages, open_page):
    page = open_page(pages("abaw8-emi"))
    page.locator("#video-scores thead button").first.focus()
    page.keyboard.press("Enter")
    assert cells(page, 0) == [f"video{i}" for i in range(N_VIDEOS)]


def test_the_filter_leaves_what_fits(pages, open_page):
    page = open_page(pages("abaw8-emi"))
    page.get_by_label("Find in All videos").fill("VIDEO1")
    assert set(cells(page, 0)) == {"video1", *(f"video{i}" for i in range(10, 20))}
    assert page.locator("#video-scores-shown").inner_text() == f"11 of {N_VIDEOS}"


def test_the_button_changes_the_theme_of_page_and_figures_and_is_remembered(pages, open_page):
    page = open_page(pages("abaw8-emi"))
    page.locator("[data-kind]").first.scroll_into_view_if_needed()
    page.wait_for_selector(".main-svg text")
    before = colours(page)
    button = page.get_by_role("button", name="Dark colours")
    button.click()
    page.wait_for_function(
        "was => getComputedStyle(document.body).backgroundColor != was", arg=before[0]
    )
    assert all(new != old for new, old in zip(colours(page), before, strict=True))
    page.reload()
    assert button.get_attribute("aria-pressed") == "true"


def test_a_video_of_the_table_leads_to_its_timeline(pages, open_page):
    page = open_page(pages("abaw3-va"))
    page.locator("#video-scores").get_by_role("link", name="video7", exact=True).click()
    page.wait_for_function("document.querySelector('#timelines svg.main-svg')")
    assert page.evaluate("location.hash") == "#timeline=video7"
    page.wait_for_function(
        "document.querySelector('#timelines').getBoundingClientRect().top < 200"
    )
    assert "video7" in page.locator("#timelines select").last.evaluate(
        "one => one.selectedOptions[0].textContent"
    )


def test_figures_wait_until_they_are_near(pages, open_page):
    page = open_page(pages("abaw8-emi"))
    page.evaluate("abawkit.ready")
    page.wait_for_timeout(300)
    last = page.locator("[data-kind]").last
    assert last.get_attribute("aria-busy") == "true"
    last.scroll_into_view_if_needed()
    page.wait_for_function("!Array.from(document.querySelectorAll('[data-kind]')).pop().ariaBusy")


def test_the_signature_can_be_copied_and_is_whole(pages, open_page):
    page = open_page(pages("abaw8-emi"))
    page.get_by_role("button", name="Copy the signature of first").click()
    text = page.locator("#signature-1").inner_text().replace("\n", "")
    page.wait_for_function("document.querySelector('[data-copy]').textContent != 'Copy'")
    assert text.startswith("abaw8-emi|")
    assert text.endswith("|abawkit:" + text.rsplit(":", 1)[1])


def test_the_navigation_marks_what_is_read(pages, open_page):
    page = open_page(pages("abaw3-va"))
    page.locator("nav.parts").get_by_role("link", name="Timelines").click()
    page.wait_for_function(
        "document.querySelector('nav.parts [aria-current]').textContent == 'Timelines'"
    )


def test_colours_are_found_by_name_and_unknown_ones_refused(pages, open_page):
    page = open_page(pages("abaw8-emi"))
    assert page.evaluate("abawkit.colour('@ink') === abawkit.colour('ink')")
    scale = page.evaluate("abawkit.colour('@sequential')")
    assert [place for place, _ in scale] == [0, 0.2, 0.4, 0.6, 0.8, 1]
    assert "no colour" in page.evaluate(
        "() => { try { abawkit.colour('@none') } catch (error) { return error.message } }"
    )


def test_long_lists_of_numbers_reach_plotly_as_they_are(pages, open_page):
    page = open_page(pages("abaw8-emi"))
    drawn = page.evaluate(
        """async () => {
          const place = document.createElement('div');
          document.body.append(place);
          const y = new Float64Array([1, 2, 3]);
          await abawkit.plot(place, [{y, marker: {color: ['@good', '@bad', '@none']}}], {});
          return [place.data[0].y === y, place.data[0].marker.color];
        }"""
    )
    assert drawn[0]
    assert drawn[1][0].startswith("#")
    assert drawn[1][2] == "@none"


def test_printed_it_is_light_and_whole(pages, open_page):
    page = open_page(pages("abaw8-emi"), dark=True)
    page.evaluate("abawkit.ready")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.wait_for_function("!document.querySelector('[data-kind][aria-busy]')")
    light = page.evaluate("getComputedStyle(document.documentElement).colorScheme")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    dark = page.evaluate("getComputedStyle(document.documentElement).colorScheme")
    assert (light, dark) == ("light", "dark")


def test_every_control_has_a_name_and_the_first_is_the_way_to_the_content(pages, open_page):
    page = open_page(pages("abaw8-emi"))
    draw_all(page)
    nameless = page.evaluate(
        """() => Array.from(document.querySelectorAll('main button, main select, main input'))
          .filter((one) => !(one.textContent.trim() || one.ariaLabel || one.labels?.length))
          .map((one) => one.outerHTML)"""
    )
    assert nameless == []
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"


def test_stored_data_are_not_touched_by_drawing(pages, open_page):
    page = open_page(pages("abaw8-emi"))
    stored = page.locator("[data-kind=figure]").first.get_attribute("id") + "-data"
    before = page.evaluate("id => document.getElementById(id).textContent", stored)
    draw_all(page)
    assert json.loads(before)["traces"]
    assert page.evaluate("id => document.getElementById(id).textContent", stored) == before
