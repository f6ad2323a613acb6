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


def test_a_table_is_sorted_by_number_either_way_by_name_with_the_keyboard_and_filtered(
    pages, open_page
):
    page = open_page(pages("abaw8-emi"))
    head = page.locator("#video-scores thead th", has_text="Moves it by second")
    column = head.evaluate("one => one.cellIndex")
    for order in ("ascending", "descending"):
        head.get_by_role("button").click()
        assert changes(page, column) == sorted(changes(page, column), reverse=order[0] == "d")
        assert head.get_attribute("aria-sort") == order
    assert page.locator("#video-scores th[aria-sort=none]").count() == column
    assert min(changes(page, column)) < 0 < max(changes(page, column))
    page.locator("#video-scores thead button").first.focus()
    page.keyboard.press("Enter")
    assert cells(page, 0) == [f"video{i}" for i in range(N_VIDEOS)]
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


def shown(page, video):
    page.wait_for_function(
        "video => document.querySelector('.timelines')?.dataset.shown?.startsWith(video + '|')",
        arg=video,
    )


def test_a_video_of_the_table_leads_to_its_timeline_and_does_so_again(pages, open_page):
    page = open_page(pages("abaw3-va"))
    link = page.locator("#video-scores").get_by_role("link", name="video7", exact=True)
    link.click()
    shown(page, "video7")
    assert page.evaluate("location.hash") == "#timeline=video7"
    read_on(page)
    link.click()
    read_on(page)
    page.get_by_role("button", name="Next video").click()
    page.wait_for_function("!location.hash.endsWith('=video7')")
    shown(page, page.evaluate("location.hash").removeprefix("#timeline="))
    link.click()
    shown(page, "video7")


def read_on(page):
    """Wait for the timelines to be what is looked at, by eyes and by the keyboard."""
    page.wait_for_function(
        """() => document.querySelector('#timelines').getBoundingClientRect().top < 200
          && document.activeElement.id === 'timelines-heading'"""
    )


def test_figures_wait_until_they_are_near_and_the_navigation_marks_what_is_read(pages, open_page):
    page = open_page(pages("abaw8-emi"))
    page.evaluate("abawkit.ready")
    page.wait_for_timeout(300)
    last = page.locator("[data-kind]").last
    assert last.get_attribute("aria-busy") == "true"
    page.locator("nav.parts a").last.click()
    page.wait_for_function(
        "document.querySelector('nav.parts a:last-child').getAttribute('aria-current') == 'true'"
    )
    last.scroll_into_view_if_needed()
    page.wait_for_function("!Array.from(document.querySelectorAll('[data-kind]')).pop().ariaBusy")


def test_scripts_find_colours_draw_long_lists_and_copy_the_whole_signature(pages, open_page):
    page = open_page(pages("abaw8-emi"))
    assert page.evaluate("abawkit.colour('@ink') === abawkit.colour('ink')")
    scale = page.evaluate("abawkit.colour('@sequential')")
    assert [place for place, _ in scale] == [0, 0.2, 0.4, 0.6, 0.8, 1]
    assert "no colour" in page.evaluate(
        "() => { try { abawkit.colour('@none') } catch (error) { return error.message } }"
    )
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
    page.get_by_role("button", name="Copy the signature of first").click()
    text = page.locator("#signature-1").inner_text().replace("\n", "")
    page.wait_for_function("document.querySelector('[data-copy]').textContent != 'Copy'")
    assert text.startswith("abaw8-emi|")
    assert text.endswith("|abawkit:" + text.rsplit(":", 1)[1])


WHEN = "before", "after"
SLOWLY = """() => {
  const unpack = abawkit.frames.unpack;
  abawkit.frames.unpack = async (...given) => {
    await new Promise((done) => { setTimeout(done, 500); });
    return unpack(...given);
  };
}"""
NOTES = """() => Array.from(document.querySelectorAll('[data-kind]'),
  (one) => getComputedStyle(one, '::before').content.includes('Not drawn'))"""


def test_printed_it_is_light_and_whole_or_says_what_is_not_drawn(pages, open_page):
    page = open_page(pages("abaw3-va"), dark=True)
    page.evaluate("abawkit.ready")
    page.emulate_media(media="print")
    assert page.evaluate(NOTES)[-1] is True
    page.emulate_media(media="screen")
    busy = "document.querySelectorAll('[data-kind]:not(:has(.main-svg))').length"
    page.evaluate(f"() => {{ print = () => {{ document.title = 'printed without ' + {busy} }} }}")
    page.evaluate(SLOWLY)
    page.get_by_role("button", name="Print").click()
    page.wait_for_function("document.title.startsWith('printed')")
    assert page.title() == "printed without 0"
    page.emulate_media(media="print")
    assert not any(page.evaluate(NOTES))
    page.emulate_media(media="screen")
    scheme = "getComputedStyle(document.documentElement).colorScheme"
    found = [page.evaluate(f"dispatchEvent(new Event('{when}print')); {scheme}") for when in WHEN]
    assert found == ["light", "dark"]


def test_drawing_leaves_what_is_stored_and_every_control_has_a_name(pages, open_page):
    page = open_page(pages("abaw8-emi"))
    stored = page.locator("[data-kind=figure]").first.get_attribute("id") + "-data"
    before = page.evaluate("id => document.getElementById(id).textContent", stored)
    draw_all(page)
    assert json.loads(before)["traces"]
    assert page.evaluate("id => document.getElementById(id).textContent", stored) == before
    nameless = page.evaluate(
        """() => Array.from(document.querySelectorAll('main button, main select, main input'))
          .filter((one) => !(one.textContent.trim() || one.ariaLabel || one.labels?.length))
          .map((one) => one.outerHTML)"""
    )
    assert nameless == []
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
