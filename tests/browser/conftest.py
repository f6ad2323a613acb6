"""A real browser, without a window, that looks at the pages of reports."""

import os
import shutil
from importlib import import_module

import pytest

NAMES = "chromium", "chromium-browser", "google-chrome", "chrome"
SWITCHES = (
    *("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
LOCAL = "file:", "data:", "blob:"


def refuse(why):
    """Skip the test, or fail it where a browser is required."""
    (pytest.fail if os.environ.get("ABAWKIT_REQUIRE_BROWSER") else pytest.skip)(why)


def import_playwright():
    """Give what drives the browser."""
    try:
        return import_module("playwright.sync_api")
    except ImportError as error:
        refuse(f"no playwright: {error}")


@pytest.fixture(scope="session")
def browser():
    """Start Chromium, or skip; with ABAWKIT_REQUIRE_BROWSER set, fail where that cannot be."""
    found = os.environ.get("ABAWKIT_BROWSER") or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        refuse(f"no browser: none of {', '.join(NAMES)}")
    with import_playwright().sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=list(SWITCHES))
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser):
    """Open a page of a file; at the end it has complained of nothing and asked for nothing."""
    contexts, complaints, requests = [], [], []

    def listen(request):
        if not request.url.startswith(LOCAL):
            requests.append(request.url)

    def complain(message):
        if message.type in {"error", "warning"}:
            complaints.append(message.text)

    def open_page(path, *, width=1280, height=800, dark=False, fragment=""):
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(40_000)
        page.on("console", complain)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", listen)
        page.goto(path.resolve().as_uri() + fragment)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
    assert requests == []
