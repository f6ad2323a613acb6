"""Figures in a browser: views, phones, themes."""

import pytest

from abawkit.report.html.page import render_page
from tests.abawkit.report.html.pages import draw_page

PHONE, WIDE = 390, 1440
PLACE = "#confusion-expr-1-place"


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    path = tmp_path_factory.mktemp("figures") / "page.html"
    path.write_text(render_page(draw_page("abaw3-expr")), "utf-8")
    return path


def see(page, place):
    page.evaluate("abawkit.ready")
    page.locator(place).scroll_into_view_if_needed()
    page.wait_for_selector(f"{place}:not([aria-busy]) svg.main-svg")


def visible(page):
    return page.evaluate(f"document.querySelector('{PLACE}').data.map((one) => one.visible)")


def test_a_button_shows_counts_and_they_stay_in_the_dark_and_on_a_phone(shown, open_page):
    page = open_page(shown, width=WIDE)
    see(page, PLACE)
    assert visible(page) == [True, True, False, False]
    angle = f"document.querySelector('{PLACE}').layout.xaxis.tickangle"
    assert page.evaluate(angle) == 0
    counts = page.locator("#confusion-expr-1").get_by_role("button", name="Counts")
    counts.focus()
    page.keyboard.press("Enter")
    page.locator("button.theme").click()
    assert visible(page) == [False, False, True, True]
    assert counts.get_attribute("aria-pressed") == "true"
    colours = page.evaluate(f"document.querySelector('{PLACE}').data[1].textfont.color")
    names = ("ink", "surface")
    assert set(colours) == {page.evaluate(f"abawkit.colour('{name}')") for name in names}
    page.set_viewport_size({"width": PHONE, "height": 844})
    page.wait_for_function(f"{angle} < 0")
    assert page.locator(PLACE).evaluate("one => one.clientHeight") == 360
    assert visible(page) == [False, False, True, True]
