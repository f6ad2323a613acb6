"""A page as HTML: one file that holds all it needs.

The browser itself is told, by a content security policy, to ask the network for nothing. Figures
are drawn by Plotly when they come into view; without it, what is left is scores and tables.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from abawkit.errors import MissingDependencyError
from abawkit.report.html.blocks import Figure, Script, Section, Table
from abawkit.report.html.overview import overview
from abawkit.report.html.videos import videos
from abawkit.report.html.words import note_of, title_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.resources.abc import Traversable

    from jinja2 import Environment

    from abawkit.report.html.blocks import Block
    from abawkit.report.html.entry import Page

GENERATOR = "abawkit report"
"""What the page's ``generator`` says; the version follows."""
_MISSING = "a report needs {}, which is not installed: pip install 'abawkit[report]'"
_DASHES = ("none", "6 3", "2 3", "9 3 2 3", "12 4", "2 2 6 2")
_COLOURS = 6


def render_page(page: Page, *, interactive: bool = True, by_video: bool = True) -> str:
    """Write a page.

    Parameters
    ----------
    page : Page
        What it shows.
    interactive : bool
        With figures, timelines and tables to sort; otherwise a few kilobytes without scripts.
    by_video : bool
        Whether to tell of single videos; without, all that is shown is aggregated.

    Returns
    -------
    str
        The HTML.
    """
    environment = _environment()
    sections = _sections(page, interactive=interactive, by_video=by_video)
    linked = any(section.id == "timelines" for section in sections)
    return environment.get_template("page.html.j2").render(
        page=page,
        overview=overview(page, by_video=by_video, linked=linked),
        sections=sections,
        interactive=interactive,
        plotly=_plotly() if interactive and _draws(sections) else "",
        styles=_inlined(".css", first="page.css", without=("dark.css",)),
        dark=_inlined("dark.css", first="dark.css")[0],
        scripts=_inlined(".js", first="page.js") if interactive else (),
        generator=f"{GENERATOR} {_version()}",
        version=_version(),
    )


def _sections(page: Page, *, interactive: bool, by_video: bool) -> list[Section]:
    from abawkit.report.html.figures import figures  # noqa: PLC0415 - not for tables alone
    from abawkit.report.html.timelines import timelines  # noqa: PLC0415 - not for tables alone

    over_time = timelines(page) if interactive and by_video else None
    found = [videos(page, linked=over_time is not None)] if by_video else []
    if over_time is not None:
        found.append(over_time)
    return found + (figures(page) if interactive else [])


def _draws(sections: Sequence[Section]) -> bool:
    return any(not isinstance(block, Table) for part in sections for block in part.blocks)


def _version() -> str:
    try:
        return version("abawkit")
    except PackageNotFoundError:  # Its source alone, as in a scoring program.
        return "of an unknown version"


# ---- what the template asks for ----


def _environment() -> Environment:
    try:
        from jinja2 import Environment, FunctionLoader, StrictUndefined  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingDependencyError(_MISSING.format("jinja2")) from error
    environment = Environment(
        autoescape=True,
        loader=FunctionLoader(_asset),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"title_of": title_of, "note_of": note_of}
    environment.globals |= {
        "dash": lambda index: _DASHES[_shape(index) % len(_DASHES)],
        "marker": lambda index: _shape(index) % 3,
        "colour": lambda index: f"s{(index - 1) % _COLOURS + 1}",
        "number": lambda value: "" if math.isnan(value) else f"{value:.6g}",
        "kind_of": _kind,
        "data_of": _data,
        "groups": _groups,
    }
    return environment


def _shape(index: int) -> int:
    # Where colours begin again, dashes and markers do not: the two together last longer.
    return index - 1 + (index - 1) // _COLOURS


def _kind(block: Block) -> str:
    match block:
        case Table():
            return "table"
        case Figure():
            return "figure"
        case Script():
            return block.kind


def _groups(section: Section) -> list[list[Block]]:
    # Figures in a row stand beside each other where there is room.
    drawn = groupby(section.blocks, key=lambda block: isinstance(block, Figure))
    return [part for figures, run in drawn for part in _beside(list(run), figures=figures)]


def _beside(run: list[Block], *, figures: bool) -> list[list[Block]]:
    return [run] if figures else [[block] for block in run]


def _data(block: Figure | Script) -> str:
    """Write what a figure or a script is told, as JSON that no HTML parser can end.

    Parameters
    ----------
    block : Figure or Script
        The block.

    Returns
    -------
    jinja2.utils.markupsafe.Markup
        What stands in its ``script`` element.
    """
    from markupsafe import Markup  # noqa: PLC0415 - comes with jinja2

    if isinstance(block, Figure):
        layout = {"height": block.height, **block.layout}
        told: Mapping[str, Any] = {"traces": block.traces, "layout": layout}
    else:
        told = block.data
    text = json.dumps(_plain(told), allow_nan=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c"))  # noqa: S704 - JSON, and no tag can be in it


def _plain(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    match value:
        case Mapping():
            return {str(key): _plain(item) for key, item in value.items()}
        case np.ndarray() | np.generic():
            return _plain(value.tolist())
        case list() | tuple():
            return [_plain(item) for item in value]
        case float() if not math.isfinite(value):
            return None
    return value


# ---- what lies beside this file ----


def _folder() -> Traversable:
    return files("abawkit.report.html") / "assets"


def _asset(name: str) -> str:
    return (_folder() / name).read_text("utf-8")


def _inlined(suffix: str, *, first: str, without: Sequence[str] = ()) -> list[str]:
    from markupsafe import Markup  # noqa: PLC0415 - comes with jinja2

    names = sorted(path.name for path in _folder().iterdir() if path.name.endswith(suffix))
    rest = [name for name in names if name not in {first, *without}]
    return [Markup(_asset(name)) for name in (first, *rest)]  # noqa: S704 - our own files


def _plotly() -> str:
    from markupsafe import Markup  # noqa: PLC0415 - comes with jinja2

    try:
        from plotly.offline import get_plotlyjs  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingDependencyError(_MISSING.format("plotly")) from error
    return Markup(get_plotlyjs())  # noqa: S704 - the library itself
