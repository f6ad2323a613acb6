"""Where a browser is required, nothing that it needs may be missing."""

import sys

import pytest

from tests.browser.conftest import import_playwright


@pytest.mark.parametrize(
    ("required", "outcome"), [("1", pytest.fail.Exception), ("", pytest.skip.Exception)]
)
def test_without_playwright_tests_fail_only_where_a_browser_is_required(
    required, outcome, monkeypatch
):
    monkeypatch.setenv("ABAWKIT_REQUIRE_BROWSER", required)
    monkeypatch.setitem(sys.modules, "playwright.sync_api", None)
    with pytest.raises(outcome, match="no playwright"):
        import_playwright()
