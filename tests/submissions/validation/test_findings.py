"""The table of codes: each has words, a hint, and a unit that can be counted."""

import re

import pytest

from submissions.validation.findings import CODES


@pytest.mark.parametrize("code", CODES)
def test_a_code_is_plain_words_with_a_meaning_and_a_hint(code):
    row = CODES[code]
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", code)
    for text in (row.says, row.hint):
        assert text == text.strip(". ")
        assert 5 < len(text) < 90
    assert "--fix" not in row.hint or row.fixable


def test_what_is_only_telling_is_a_warning_and_not_repaired():
    telling = list(CODES)[list(CODES).index("constant-column") :]
    assert {CODES[code].severity for code in telling} == {"warning"}
    assert not any(CODES[code].fixable for code in telling)
