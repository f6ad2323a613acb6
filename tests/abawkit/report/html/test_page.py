"""Pages as HTML, over the table of challenges."""

import builtins
import json
import re
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from abawkit.errors import MissingDependencyError
from abawkit.protocol import CHALLENGES
from abawkit.report.html.blocks import Figure, Script
from abawkit.report.html.page import _data, render_page
from tests.abawkit.report.html.pages import Outline, draw_page

GOLDEN = Path(__file__).parent / "golden"
STORED = re.compile(r'<script type="application/json"[^>]*>(.*?)</script>', re.DOTALL)
NASTY = '</script><img src=x onerror="alert(1)">'


@pytest.mark.parametrize("name", CHALLENGES)
def test_every_challenge_has_a_page_whose_parts_are_whole(name):
    outline = Outline(render_page(draw_page(name)))
    assert outline.open == []
    assert len(set(outline.ids)) == len(outline.ids)
    assert set(outline.targets) <= set(outline.ids)


@pytest.mark.parametrize(
    ("name", "entries"),
    [
        ("abaw3-va", ("first",)),
        ("abaw3-expr", ("first", "second")),
        ("abaw3-au", ("first",)),
        ("abaw4-mtl", ("first", "second", "third")),
        ("abaw8-emi", ("first",)),
    ],
)
def test_the_structure_is_the_golden_one(name, entries):
    outline = Outline(render_page(draw_page(name, entries=entries)))
    golden = (GOLDEN / f"{name}.txt").read_text()
    assert "\n".join(outline.lines) + "\n" == golden


def test_names_cannot_become_tags():
    page = draw_page("abaw3-va", entries=(NASTY,), videos=[NASTY, "b", "c"])
    html = render_page(replace(page, title=NASTY))
    assert NASTY not in html
    assert "<img" not in html.replace("img-src", "").partition("<script>!function")[0]
    assert html.count("&lt;/script&gt;") > 0


@pytest.mark.parametrize("name", ["abaw3-va", "abaw3-expr", "abaw4-mtl"])
def test_what_scripts_are_told_is_json(name):
    found = STORED.findall(render_page(draw_page(name)))
    assert found
    assert all(isinstance(json.loads(text), dict) for text in found)


def test_data_keep_numbers_and_lose_nan():
    told = {"x": np.array([1.5, np.nan]), "y": (1, float("inf")), "z": np.float64(2), "t": "</a>"}
    block = Script(id="a", kind="a", caption="", summary="", data=told)
    assert "<" not in _data(block)
    assert json.loads(_data(block)) == {"x": [1.5, None], "y": [1, None], "z": 2, "t": "</a>"}


def test_a_figure_is_as_high_as_it_says_unless_its_layout_says_so():
    figure = Figure(id="a", caption="", summary="", traces=[], height=100)
    own = replace(figure, layout={"height": 200})
    assert [json.loads(_data(one))["layout"]["height"] for one in (figure, own)] == [100, 200]


def test_without_scripts_a_page_is_small_and_has_none():
    page = draw_page("abaw4-mtl", entries=("first", "second"))
    html = render_page(page, interactive=False)
    assert "<script" not in html
    assert "<button" not in html
    assert len(html) < 80_000
    assert "figure" not in {line.split()[0] for line in Outline(html).lines}


def test_without_videos_a_page_names_none_and_counts_no_class():
    page = draw_page("abaw3-expr", videos=["secret1", "secret2", "secret3"])
    html = render_page(page, interactive=False, by_video=False)
    assert "secret" not in html
    assert "Frames to mend" not in html


@pytest.mark.parametrize("interactive", [True, False])
def test_a_page_asks_nothing_of_the_network(interactive):
    html = render_page(draw_page("abaw3-va"), interactive=interactive)
    assert "default-src 'none'" in html
    assert not re.search(r"<(link|img|iframe|script)[^>]*\b(src|href)=", html)


@pytest.mark.parametrize("package", ["jinja2", "plotly.offline"])
def test_a_package_that_is_not_there_is_named(package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'abawkit\[report\]'"):
        render_page(draw_page("abaw3-va"))


def test_a_page_of_tables_needs_no_plotly(monkeypatch):
    def refuse(name, *rest, original=builtins.__import__):
        assert not name.startswith("plotly")
        return original(name, *rest)

    monkeypatch.setattr(builtins, "__import__", refuse)
    assert render_page(draw_page("abaw3-va"), interactive=False)


def test_the_seventh_entry_has_the_colour_of_the_first_and_another_dash_and_marker():
    names = [f"entry{i}" for i in range(8)]
    page = draw_page("abaw3-va", entries=names, right=(0.5,) * 8, videos=["1", "2", "3"])
    html = render_page(page, interactive=False)
    looks = re.findall(r'<svg class="key .*?/svg>', html, re.DOTALL)
    keys = [look[16:18] for look in looks]
    assert keys == ["s1", "s2", "s3", "s4", "s5", "s6", "s1", "s2"]
    assert len(set(looks)) == 8
    assert "circle" in looks[0]
    assert "rect" in looks[6]


def test_the_same_page_has_the_same_bytes():
    page = draw_page("abaw3-au", entries=("first", "second"))
    assert render_page(page) == render_page(page)
