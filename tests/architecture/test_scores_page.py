"""The page about scores: its commands run as printed, and so does its Python."""

import re

import pytest

from tests.architecture.walking import DOCS, assert_shown, run

PAGE = (DOCS / "scores.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def walked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    return folder, run(PAGE, folder)


def test_every_command_prints_what_the_page_shows(walked):
    _, outputs = walked
    assert_shown(PAGE, outputs)
    assert [done.stderr for done in outputs if done.returncode] == []


def test_what_it_makes_is_there(walked):
    folder, _ = walked
    assert "early" in (folder / "report.html").read_text(encoding="utf-8")
    assert (folder / "bundle.zip").is_file()


@pytest.mark.filterwarnings("ignore:5 videos only")
def test_its_python_runs(walked, monkeypatch, capsys):
    folder, _ = walked
    monkeypatch.chdir(folder)
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(code, {})  # noqa: S102 - our own page
    assert capsys.readouterr().out.startswith("0.0602")
