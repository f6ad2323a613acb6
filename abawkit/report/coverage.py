"""Frames without a face, shown: the official score beside that over frames with a face."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from abawkit.errors import counted
from abawkit.report.numbers import number, shows, signed
from abawkit.report.render import table

if TYPE_CHECKING:
    from abawkit.evaluation.coverage import Coverage, Faceless


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """What frames without a face do to a score: a `Finding`."""

    coverage: Coverage
    key: ClassVar[str] = "faces"

    def as_text(self, *, decimals: int) -> str:
        """Show both scores, how far apart they are, and the video that matters most.

        Parameters
        ----------
        decimals : int
            How many decimals scores have.

        Returns
        -------
        str
            A table of both, then a line or two.
        """
        found = self.coverage
        official, faces = found.official, found.with_faces
        # A component alone is the score itself.
        names = list(official.components) if len(official.components) > 1 else []
        rows = [["frames", "counted", *names, "score"]]
        for what, report in (("all annotated (official)", official), ("with a face", faces)):
            values = [*(report.components[name] for name in names), report.score]
            cells = [number(value, decimals) for value in values]
            rows.append([what, f"{report.total.n_frames}", *cells])
        changes = [*(found.differences[name] for name in names), found.difference]
        cells = [signed(change, decimals) for change in changes]
        rows.append(["difference", f"{found.n_faceless}", *cells])
        lines = [
            table(rows),
            (
                f"{counted(found.n_faceless, 'frame')} of {found.n_frames:,} ({found.share:.2%}) "
                f"without a face, in {len(found.videos)} of "
                f"{counted(len(official.videos), 'video')}"
            ),
        ]
        lowering = [
            video for video in found.videos if video.change < 0 and shows(video.change, decimals)
        ]
        if lowering:
            lines.append(_worst(min(lowering, key=lambda video: video.change), decimals))
        return "\n".join(lines)

    def as_json(self) -> Any:  # noqa: ANN401 - any JSON value
        """Give the score over frames with a face, its distance, and each video.

        Returns
        -------
        dict
            ``score`` and ``components`` are over frames with a face; ``difference`` and
            ``differences`` are the official ones minus these.
        """
        found = self.coverage
        return {
            "score": found.with_faces.score,
            "components": found.with_faces.components,
            "difference": found.difference,
            "differences": found.differences,
            "n_frames": found.with_faces.total.n_frames,
            "n_faceless": found.n_faceless,
            "share_faceless": found.share,
            "videos": [asdict(video) for video in found.videos],
        }


def _worst(video: Faceless, decimals: int) -> str:
    return (
        f"they cost most in {video.video}: {signed(video.change, decimals)} by "
        f"{counted(video.n_faceless, 'frame')} of {video.n_frames:,} without a face"
    )
