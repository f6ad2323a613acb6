"""From the raw outputs of a model to the labels that an edition asks for.

Raw outputs have one column a name of each target: two for VA, a probability for each of the
classes of EXPR and for each action unit, all of them one after the other for MTL. They are
filled and smoothed as they are, and decided last.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self, assert_never

import numpy as np

from abawkit.errors import UsageError
from abawkit.protocol import Categorical, Continuous, MultiLabel, blocks
from abawkit.temporal import FILLS, Filter, fill, smooth
from abawkit.track import Track

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from abawkit.protocol import Challenge, Target
    from abawkit.temporal import Fill

DEFAULT_THRESHOLD = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Processing:
    """How raw outputs become labels.

    ``smooth`` has one filter a target; ``thresholds`` has one probability an action unit, none
    for `DEFAULT_THRESHOLD`.
    """

    fill: Fill
    smooth: Mapping[str, Filter]
    thresholds: tuple[float, ...] = ()

    @classmethod
    def parse(cls, challenge: Challenge, *, fill: str = "linear", smooth: str = "default") -> Self:
        """Read the settings as a user gives them.

        Parameters
        ----------
        challenge : Challenge
            Whose outputs are processed.
        fill : str
            One of `abawkit.temporal.FILLS`.
        smooth : str
            ``default``; a filter such as ``box:101`` for all targets, or ``none``; or filters by
            target, ``va=box:101,au=median:15``, the others as by default.

        Returns
        -------
        Processing
            The settings.

        Raises
        ------
        UsageError
            If there is no such fill, filter or target.
        """
        if fill not in FILLS:
            msg = f"no fill {fill!r}; there are {', '.join(FILLS)}"
            raise UsageError(msg)
        filters = {target.name: default_filter(target) for target in challenge.targets}
        if "=" in smooth:
            for part in smooth.split(","):
                name, _, text = part.partition("=")
                if name not in filters:
                    known = ", ".join(filters)
                    msg = f"--smooth {part}: {challenge.name} has no target {name!r}, only {known}"
                    raise UsageError(msg)
                filters[name] = Filter.parse(text)
        elif smooth != "default":
            filters = dict.fromkeys(filters, Filter.parse(smooth))
        return cls(fill=fill, smooth=filters)  # type: ignore[arg-type]

    def describe(self) -> dict[str, str]:
        """Give the settings as text, for manifests and signatures.

        Returns
        -------
        dict of str to str
            ``fill`` and ``smooth``, as `parse` reads them, and ``thresholds`` if there are any.
        """
        filters = {name: str(chosen) for name, chosen in self.smooth.items()}
        smooth = ",".join(f"{name}={chosen}" for name, chosen in filters.items())
        if len(set(filters.values())) == 1:
            smooth = next(iter(filters.values()))
        thresholds = ",".join(f"{threshold:g}" for threshold in self.thresholds)
        described = {"fill": self.fill, "smooth": smooth}
        return described | ({"thresholds": thresholds} if thresholds else {})


def default_filter(target: Target) -> Filter:
    """Choose the filter that published ablations found best for a kind of target.

    On the 3rd edition's validation set the code of the paper gives EXPR .381 -> .426 and VA
    .490 -> .550 (5th edition) with a box of half-width 50, AU .537 -> .548 with a median of
    half-width 7.

    Parameters
    ----------
    target : Target
        What is smoothed.

    Returns
    -------
    Filter
        ``box:101`` for values and classes, ``median:15`` for independent labels.
    """
    return Filter.parse("median:15" if isinstance(target, MultiLabel) else "box:101")


def output_blocks(targets: Sequence[Target]) -> Iterator[tuple[Target, slice]]:
    """Go through the targets of a task with the raw outputs that each has.

    Parameters
    ----------
    targets : sequence of Target
        The task's targets.

    Returns
    -------
    iterator of (Target, slice)
        The target and its columns among the raw outputs.
    """
    return blocks(targets, width=lambda target: len(target.names))


def output_names(challenge: Challenge) -> tuple[str, ...]:
    """Name the raw outputs of a challenge.

    Parameters
    ----------
    challenge : Challenge
        The challenge.

    Returns
    -------
    tuple of str
        One name a column.
    """
    return tuple(name for target in challenge.targets for name in target.names)


def prior(challenge: Challenge) -> NDArray[np.float64]:
    """Give the outputs assumed of a video in which no face was found.

    Parameters
    ----------
    challenge : Challenge
        The challenge.

    Returns
    -------
    numpy.ndarray of float64, shape (n_outputs,)
        The value nearest 0 that is allowed; the class Neutral, the most frequent one in the
        training data, or no class before another where there is none; no action unit.
    """
    parts = []
    for target in challenge.targets:
        values = np.zeros(len(target.names))
        if isinstance(target, Continuous):
            values[:] = np.clip(0.0, target.low, target.high)
        elif isinstance(target, Categorical) and "Neutral" in target.names:
            values[target.names.index("Neutral")] = 1.0
        elif isinstance(target, Categorical):
            values[:] = 1.0 / len(target.names)
        parts.append(values)
    return np.concatenate(parts)


def process(challenge: Challenge, raw: Track, processing: Processing) -> Track:
    """Fill, smooth and decide the raw outputs of one video.

    Parameters
    ----------
    challenge : Challenge
        What the outputs are for.
    raw : Track
        Raw outputs, shape ``(n_frames, n_outputs)``, known where a face was found; where some
        frames only are listed, the others take no part.
    processing : Processing
        How.

    Returns
    -------
    Track
        Labels of shape ``(n_frames, columns)``.
    """
    filled = fill(raw, processing.fill, prior=prior(challenge))
    known = filled.known if raw.listed is None else filled.known & raw.listed[:, None]
    parts = []
    for target, columns in output_blocks(challenge.targets):
        block = Track.of(raw.video, filled.values[:, columns], known[:, columns])
        parts.append(smooth(block, processing.smooth[target.name]).values)
    smoothed = Track.of(raw.video, np.concatenate(parts, axis=1), known)
    thresholds = processing.thresholds or DEFAULT_THRESHOLD
    return replace(decide(challenge, smoothed, thresholds=thresholds), listed=raw.listed)


def decide(
    challenge: Challenge, outputs: Track, *, thresholds: ArrayLike = DEFAULT_THRESHOLD
) -> Track:
    """Turn smoothed outputs into labels.

    Values are clipped to their range; of classes the most probable wins, the first one on a tie;
    an action unit is there if its probability reaches its threshold.

    Parameters
    ----------
    challenge : Challenge
        What the outputs are for.
    outputs : Track
        Of shape ``(n_frames, n_outputs)``.
    thresholds : array_like of float
        One for all action units, or one for each.

    Returns
    -------
    Track
        Labels of shape ``(n_frames, columns)``, known where the outputs are.

    Raises
    ------
    UsageError
        If there is another number of thresholds than of action units.
    """
    limits = np.asarray(thresholds, np.float64)
    parts = []
    for target, columns in output_blocks(challenge.targets):
        values, known = outputs.values[:, columns], outputs.known[:, columns]
        match target:
            case Continuous():
                labels = np.clip(values, target.low, target.high)
            case Categorical():
                chosen = np.where(known, values, -np.inf).argmax(axis=1).astype(np.float64)
                labels = np.where(known.all(axis=1), chosen, np.nan)[:, None]
            case MultiLabel():
                if limits.shape not in {(), (target.columns,)}:
                    msg = (
                        f"expected one threshold, or {target.columns}, one for each of "
                        f"{', '.join(target.names)}; found {limits.size}"
                    )
                    raise UsageError(msg)
                labels = np.where(known, values >= limits, np.nan)
            case _:
                assert_never(target)
        parts.append(labels)
    return Track.of(outputs.video, np.concatenate(parts, axis=1))
