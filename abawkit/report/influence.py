"""What moves a score, shown: the videos, and the gains of each class, action unit or output."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from abawkit.errors import counted, few
from abawkit.evaluation.influence import gains, influence
from abawkit.report.numbers import number, shows, signed
from abawkit.report.render import table

if TYPE_CHECKING:
    from abawkit.evaluation import Report
    from abawkit.evaluation.influence import Gain, Influence

SHOWN = 10
"""How many videos are shown that lift the score, and how many that lower it."""


@dataclass(frozen=True, slots=True, eq=False)
class Movers:
    """Which videos move the score, a `Finding`: the first few for people, all for programs."""

    videos: tuple[Influence, ...]
    key: ClassVar[str] = "influence"

    def as_text(self, *, decimals: int) -> str:
        """Show the videos that lift the score most, and those that lower it most.

        Parameters
        ----------
        decimals : int
            How many decimals scores have.

        Returns
        -------
        str
            A table each, as far as there are such videos, and what else there is to say.
        """
        moving = [video for video in self.videos if shows(video.change, decimals)]
        lifting = [video for video in moving if video.change > 0]
        lowering = [video for video in moving if video.change < 0]
        parts = [
            _movers("lifts the score", lifting, decimals),
            _movers("lowers the score", lowering, decimals),
        ]
        undefined = [video.video for video in self.videos if math.isnan(video.change)]
        if undefined:
            parts.append(
                f"without any one of {counted(len(undefined), 'video')} the score is undefined: "
                f"{few(undefined)}"
            )
        return "\n\n".join(part for part in parts if part) or "no video moves the score"

    def as_json(self) -> Any:  # noqa: ANN401 - any JSON value
        """Give all videos, that which moves the score most first.

        Returns
        -------
        list of dict
            An object a video.
        """
        return [asdict(video) for video in self.videos]


@dataclass(frozen=True, slots=True, eq=False)
class Gains:
    """What each part of a score would bring, were it better: a `Finding`."""

    score: float
    parts: tuple[Gain, ...]
    key: ClassVar[str] = "gains"

    def as_text(self, *, decimals: int) -> str:
        """Show what .01 more of each part brings, by how many frames put right, and its room.

        Parameters
        ----------
        decimals : int
            How many decimals scores have.

        Returns
        -------
        str
            A table, and the part that has most to win.
        """
        rows = [["part", "now", ".01 more brings", "frames put right", "score if as the others"]]
        rows += [
            [
                gain.name,
                number(gain.value, decimals),
                signed(gain.gain, max(decimals, 4)),
                "-" if gain.frames is None else f"{gain.frames}",
                number(gain.as_others, decimals) if gain.as_others > self.score else "-",
            ]
            for gain in self.parts
        ]
        if all(gain.frames is None for gain in self.parts):
            rows = [[*row[:3], row[4]] for row in rows]
        weakest = max(self.parts, key=lambda gain: _order(gain.as_others))
        text = table(rows)
        if weakest.as_others > self.score:
            text += (
                f"\n{weakest.name} has most to win: as good as the mean of the others of its "
                f"target, {number(self.score, decimals)} would be "
                f"{number(weakest.as_others, decimals)}"
            )
        return text

    def as_json(self) -> Any:  # noqa: ANN401 - any JSON value
        """Give each part.

        Returns
        -------
        list of dict
            An object a part, in their order.
        """
        return [asdict(gain) | {"gain": gain.gain} for gain in self.parts]


def movers_and_gains(report: Report) -> tuple[Movers, Gains]:
    """Find out what moves a score.

    Parameters
    ----------
    report : Report
        The score of some videos.

    Returns
    -------
    tuple of Movers and Gains
        Two findings, to be shown with the report.
    """
    return Movers(influence(report)), Gains(report.score, gains(report))


def _movers(what: str, videos: list[Influence], decimals: int) -> str:
    if not videos:
        return ""
    # A component alone is the score itself.
    names = list(videos[0].components) if len(videos[0].components) > 1 else []
    rows = [[what, "frames", "by", *names, "without"]]
    rows += [
        [
            video.video,
            f"{video.n_frames}",
            signed(video.change, decimals),
            *(signed(video.components[name], decimals) for name in names),
            number(video.without, decimals),
        ]
        for video in videos[:SHOWN]
    ]
    rest = len(videos) - SHOWN
    return table(rows) + (f"\nand {counted(rest, 'video')} more" if rest > 0 else "")


def _order(value: float) -> float:
    return -math.inf if math.isnan(value) else value
