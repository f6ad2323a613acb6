"""From the raw outputs of a model to the labels that an edition asks for.

Raw outputs have one column a name of each target: two for VA, a probability for each of the
classes of EXPR and for each action unit, all of them one after the other for MTL. They are
filled and smoothed as they are, and decided last.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self, assert_never, get_args

import numpy as np

from abawkit.errors import UsageError
from abawkit.protocol import Categorical, Continuous, MultiLabel, blocks
from abawkit.temporal import FILLS, Fill, Filter, fill, smooth
from abawkit.track import Track
from submissions.options import (
    as_text,
    by_target,
    check_offsets,
    check_thresholds,
    check_tuned,
    default_filter,
    numbers,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from abawkit.protocol import Challenge, Target
    from submissions.tuned import Tuned

DEFAULT_FILL: Fill = "linear"
DEFAULT_THRESHOLD = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Processing:
    """How raw outputs become labels.

    ``smooth`` has one filter a target; ``thresholds`` has one probability an action unit, none
    for `DEFAULT_THRESHOLD`; ``offsets`` has one number a raw output, none for zeros: see `decide`.
    """

    fill: Fill
    smooth: Mapping[str, Filter]
    thresholds: tuple[float, ...] = ()
    offsets: tuple[float, ...] = ()

    @classmethod
    def parse(  # noqa: PLR0913 - one parameter a setting
        cls,
        challenge: Challenge,
        *,
        fill: str = "default",
        smooth: str = "default",
        thresholds: str | None = None,
        offsets: str | None = None,
        tuned: Tuned | None = None,
    ) -> Self:
        """Read the settings as a user gives them; what is not given is tuned, or by default.

        Parameters
        ----------
        challenge : Challenge
            Whose outputs are processed.
        fill, smooth, thresholds, offsets, tuned
            As `revised` takes them.

        Returns
        -------
        Processing
            The settings.
        """
        filters = {target.name: default_filter(target) for target in challenge.targets}
        return cls(fill=DEFAULT_FILL, smooth=filters).revised(
            challenge,
            fill=fill,
            smooth=smooth,
            thresholds=thresholds,
            offsets=offsets,
            tuned=tuned,
        )

    def revised(  # noqa: PLR0913 - one parameter a setting
        self,
        challenge: Challenge,
        *,
        fill: str | None = None,
        smooth: str | None = None,
        thresholds: str | None = None,
        offsets: str | None = None,
        tuned: Tuned | None = None,
    ) -> Self:
        """Change some settings, as a user gives them; without tuned ones the others stay.

        Parameters
        ----------
        challenge : Challenge
            Whose outputs are processed.
        fill : str, optional
            One of `abawkit.temporal.FILLS`; or ``default``, which is the one that the tuned
            settings were found with, else `DEFAULT_FILL`.
        smooth : str, optional
            A filter such as ``box:101`` for all targets, or ``none``; filters by target,
            ``va=box:101,au=median:15``, the others as if not given; or ``default``, which is what
            is tuned, else `default_filter`.
        thresholds : str, optional
            One number for all action units, or one for each, separated by commas.
        offsets : str, optional
            One number a raw output, separated by commas.
        tuned : Tuned, optional
            Settings that ``abawkit tune`` found. The fill stays, and so does all of a target that
            they say nothing of; one with a filter in them has their offsets, or none.

        Returns
        -------
        Processing
            The settings.

        Raises
        ------
        UsageError
            If there is no such fill, filter or target, the numbers are more or fewer than they
            should be, or the tuned settings are of other outputs.
        """
        filters, limits, shifts = dict(self.smooth), self.thresholds, self.offsets
        if smooth == "default":
            filters = {target.name: default_filter(target) for target in challenge.targets}
        if tuned is not None:
            filters |= check_tuned(challenge, tuned)
            limits, shifts = tuned.thresholds or limits, _tuned_offsets(challenge, tuned, shifts)
        if smooth not in {None, "default"}:
            given = by_target(challenge, smooth, option="--smooth")
            filters |= {name: Filter.parse(text) for name, text in given.items()}
        if thresholds is not None:
            limits = numbers(thresholds, option="--thresholds")
        if offsets is not None:
            shifts = numbers(offsets, option="--offsets")
        return replace(
            self,
            fill=self.fill if fill is None else _as_fill(fill, tuned),
            smooth=filters,
            thresholds=check_thresholds(challenge, limits, where="--thresholds"),
            offsets=check_offsets(challenge, shifts, where="--offsets"),
        )

    def describe(self) -> dict[str, str]:
        """Give the settings as text, for manifests and signatures.

        Returns
        -------
        dict of str to str
            ``fill`` and ``smooth``, and ``thresholds`` and ``offsets`` if there are any; `parse`
            makes the same settings of it.
        """
        filters = {name: str(chosen) for name, chosen in self.smooth.items()}
        smooth = ",".join(f"{name}={chosen}" for name, chosen in filters.items())
        if len(set(filters.values())) == 1:
            smooth = next(iter(filters.values()))
        # One threshold is read as that of all units.
        limits = set(self.thresholds) if len(set(self.thresholds)) == 1 else self.thresholds
        told = {"thresholds": limits, "offsets": self.offsets}
        return {
            "fill": self.fill,
            "smooth": smooth,
            **{name: as_text(values) for name, values in told.items() if values},
        }


def _tuned_offsets(
    challenge: Challenge, tuned: Tuned, own: tuple[float, ...]
) -> tuple[float, ...]:
    zeros = (0.0,) * len(output_names(challenge))
    own, found = own or zeros, tuned.offsets or zeros
    offsets: list[float] = []
    for target, columns in output_blocks(challenge.targets):
        taken = target.name in tuned.smooth or any(found[columns])
        offsets += (found if taken else own)[columns]
    return tuple(offsets) if any(offsets) else ()


def _as_fill(text: str, tuned: Tuned | None) -> Fill:
    default = (tuned and tuned.fill) or DEFAULT_FILL
    fills: dict[str, Fill] = {"default": default, **{name: name for name in get_args(Fill)}}
    if text not in fills:
        msg = f"no fill {text!r}; there are {', '.join(FILLS)}"
        raise UsageError(msg)
    return fills[text]


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
    smoothed = smoothed_outputs(challenge, raw, processing)
    thresholds = processing.thresholds or DEFAULT_THRESHOLD
    labels = decide(challenge, smoothed, thresholds=thresholds, offsets=processing.offsets)
    return replace(labels, listed=raw.listed)


def smoothed_outputs(challenge: Challenge, raw: Track, processing: Processing) -> Track:
    """Fill and smooth the raw outputs of one video: what is decided upon.

    Parameters
    ----------
    challenge : Challenge
        What the outputs are for.
    raw : Track
        As `process` takes it.
    processing : Processing
        How; thresholds and offsets take no part.

    Returns
    -------
    Track
        Outputs of shape ``(n_frames, n_outputs)``.
    """
    filled = fill(raw, processing.fill, prior=prior(challenge))
    known = filled.known if raw.listed is None else filled.known & raw.listed[:, None]
    parts = []
    for target, columns in output_blocks(challenge.targets):
        block = Track.of(raw.video, filled.values[:, columns], known[:, columns])
        parts.append(smooth(block, processing.smooth[target.name]).values)
    return Track.of(raw.video, np.concatenate(parts, axis=1), known)


def decide(
    challenge: Challenge,
    outputs: Track,
    *,
    thresholds: ArrayLike = DEFAULT_THRESHOLD,
    offsets: Sequence[float] = (),
) -> Track:
    """Turn smoothed outputs into labels.

    Values are clipped to their range; of classes the most probable wins, the first one on a tie;
    an action unit is there if its probability reaches its threshold.

    An offset is added to a value before it is clipped. That of a class is added to the logarithm
    of its probability: ``log p + o`` and ``p * exp(o)`` have the same order, and the product
    needs no logarithm of 0.

    Parameters
    ----------
    challenge : Challenge
        What the outputs are for.
    outputs : Track
        Of shape ``(n_frames, n_outputs)``.
    thresholds : array_like of float
        One for all action units, or one for each.
    offsets : sequence of float
        One for each output, 0 for action units; none for zeros.

    Returns
    -------
    Track
        Labels of shape ``(n_frames, columns)``, known where the outputs are; with how probable
        each class is, offsets and all, where submissions may say so.

    Raises
    ------
    UsageError
        If there is another number of thresholds than of action units, or of offsets than of
        outputs, or an action unit has an offset.
    """
    limits = np.asarray(thresholds, np.float64)
    shifts = np.zeros(len(output_names(challenge)))
    if len(offsets):
        shifts[:] = check_offsets(challenge, offsets, where="offsets")
    parts = []
    for target, columns in output_blocks(challenge.targets):
        values, known = outputs.values[:, columns], outputs.known[:, columns]
        shift = shifts[columns]
        match target:
            case Continuous():
                labels = np.clip(values + shift, target.low, target.high)
            case Categorical():
                # Relative to the greatest, so that no factor overflows.
                scored = values * np.exp(shift - shift.max())
                chosen = np.where(known, scored, -np.inf).argmax(axis=1).astype(np.float64)
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
    decided = Track.of(outputs.video, np.concatenate(parts, axis=1))
    if not challenge.protocol.submission.probabilities:
        return decided
    return replace(decided, probabilities=_probabilities(outputs.values, shifts))


def _probabilities(
    values: NDArray[np.float64], shifts: NDArray[np.float64]
) -> NDArray[np.float64]:
    # In the ratio in which classes are compared, so that the label is the most probable one.
    scored = np.clip(values, 0, None) * np.exp(shifts - shifts.max())
    total = scored.sum(axis=1, keepdims=True)
    equal = np.full_like(scored, 1 / scored.shape[1])
    return np.asarray(np.where(total == 0, equal, scored / np.where(total == 0, 1, total)))
