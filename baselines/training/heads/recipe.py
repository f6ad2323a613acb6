"""What decides how a head is trained, and the paper's choices for each kind of target.

The defaults are those of the paper (A. V. Savchenko, "Frame-level Prediction of Facial
Expressions, Valence, Arousal and Action Units for Mobile Devices", CVPR 2022 workshops) as its
published notebook for the 3rd edition carries them out:

========================  =========  ======  ======  =====
targets                   source     hidden  epochs  batch
========================  =========  ======  ======  =====
values (VA)               scores     none    20      512
classes (EXPR)            embedding  128     10      256
independent labels (AU)   embedding  128     20      512
several of them (MTL)     both       none    20      256
========================  =========  ======  ======  =====

Where the two differ the notebook is followed: the paper says 20 epochs for every task and gives
no size of the hidden layer or of a batch. Both leave out what the published numbers hide: here
the best epoch is chosen by the official score over the whole validation set, where the notebook
takes the accuracy for EXPR and the mean loss of ordered batches for the others; and training
stops early after 5 epochs without gain, where the paper names early stopping and the notebook
has none.

What is added: the scores go in standardised, with their mean and standard deviation over the
training rows. The paper takes them as the network gives them; logits of a large spread then drive
tanh so far into its ends at the first step that nothing is learned. The embedding goes in as it
is. The penalty of the weights is that of the weights of the standardised scores.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, assert_never, get_args

from abawkit.errors import UsageError
from abawkit.protocol import Categorical, Continuous, MultiLabel
from baselines.heads import SOURCES, Source
from submissions.options import by_target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from abawkit.protocol import Challenge, Target

Weighting = Literal["inverse", "none"]
WEIGHTINGS: tuple[Weighting, ...] = get_args(Weighting)
Sampling = Literal["shuffled", "balanced"]
SAMPLINGS: tuple[Sampling, ...] = get_args(Sampling)

HIDDEN = 128
_LARGEST_SEED = 2**63 - 1
_MOST_HIDDEN = 65_536
_MOST_ROWS = 2**31
_LARGEST_FACTOR = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PartRecipe:
    """The part of a head that gives one target.

    Attributes
    ----------
    target : str
        Its name, such as ``expr``.
    source : str
        One of `baselines.heads.SOURCES`.
    hidden : int
        Units of the hidden layer, 0 for none.
    l2 : float
        Times the sum of the squared weights, without biases, is added to the loss.
    loss_weight : float
        What its loss is multiplied by before the losses of all targets are added; above 0, for
        the head gives this target too.
    """

    target: str
    source: Source
    hidden: int
    l2: float = 0.0
    loss_weight: float = 1.0

    def __post_init__(self) -> None:
        if self.source not in SOURCES:
            _refuse("source", self.source, f"one of {', '.join(SOURCES)}")
        _check("units of the hidden layer", self.hidden, 0, _MOST_HIDDEN)
        _check("l2", self.l2, 0, _LARGEST_FACTOR)
        _check_positive("weight of the loss", self.loss_weight, _LARGEST_FACTOR)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadRecipe:
    """Everything that decides a head beside the data and the machine.

    Attributes
    ----------
    parts : tuple of PartRecipe
        One a target, in the order of the task.
    epochs : int
        How often the training rows are gone through at most.
    batch_size : int
        Rows in a step.
    rate : float
        Learning rate of Adam.
    class_weights : {"inverse", "none"}
        Whether rare classes and labels weigh more in the loss.
    sampler : {"shuffled", "balanced"}
        Whether an epoch is every row once, or rows drawn so that classes are equally likely.
    patience : int
        Epochs without gain after which training ends, 0 for never.
    seed : int
        Of the first weights and of the order of rows.
    shared : bool
        Whether all parts have one hidden layer in common, as those of the paper's MTL models
        that have a hidden layer.
    standardise : bool
        Whether scores go in with mean 0 and standard deviation 1 over the training rows.
    """

    parts: tuple[PartRecipe, ...]
    epochs: int
    batch_size: int
    rate: float = 1e-3
    class_weights: Weighting = "inverse"
    sampler: Sampling = "shuffled"
    patience: int = 5
    seed: int = 12345
    shared: bool = False
    standardise: bool = True

    def __post_init__(self) -> None:
        if self.class_weights not in WEIGHTINGS:
            _refuse("class weights", self.class_weights, f"one of {', '.join(WEIGHTINGS)}")
        if self.sampler not in SAMPLINGS:
            _refuse("sampler", self.sampler, f"one of {', '.join(SAMPLINGS)}")
        _check("epochs", self.epochs, 1)
        _check("batch size", self.batch_size, 1, _MOST_ROWS)
        _check_positive("learning rate", self.rate)
        _check("patience", self.patience, 0)
        _check("seed", self.seed, 0, _LARGEST_SEED)
        sources = {part.source for part in self.parts}
        if len(sources) > 1 and "probabilities" in sources:
            given = ", ".join(f"{part.target}={part.source}" for part in self.parts)
            msg = (
                f"source {given}: probabilities do not go together with other sources in one "
                "head; expected them for all targets or for none"
            )
            raise UsageError(msg)
        alike = {(part.source, part.hidden, part.l2) for part in self.parts}
        if self.shared and (len(alike) > 1 or not self.parts[0].hidden):
            found = "; ".join(
                f"{part.target}: {part.source}, l2 {part.l2:g}, {part.hidden or 'no'} hidden units"
                for part in self.parts
            )
            msg = (
                "a hidden layer can be shared by targets with the same source and l2 and as many "
                f"hidden units, of which --hidden gives the number; found {found}"
            )
            raise UsageError(msg)

    @property
    def source(self) -> Source:
        """What the whole head takes: what its parts do, ``both`` if they differ."""
        sources = {part.source for part in self.parts}
        return sources.pop() if len(sources) == 1 else "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Usual:
    source: Source
    hidden: int
    epochs: int
    batch_size: int


def recipe_for(  # noqa: PLR0913 - one parameter a choice
    challenge: Challenge,
    *,
    source: str = "default",
    hidden: str = "default",
    l2: str = "default",
    loss_weights: str = "default",
    epochs: int | None = None,
    batch_size: int | None = None,
    rate: float = 1e-3,
    class_weights: str = "default",
    sampler: str = "shuffled",
    patience: int = 5,
    seed: int = 12345,
    shared: bool = False,
    standardise: bool = True,
) -> HeadRecipe:
    """Choose how the head of a challenge is trained.

    Parameters
    ----------
    challenge : Challenge
        What the head is for.
    source : str
        ``default``; one of `baselines.heads.SOURCES` for all targets; or by target, such as
        ``va=scores,expr=both``, the others as by default.
    hidden : str
        Units of the hidden layer, 0 for none; likewise.
    l2 : str
        Weight of the squared weights; likewise. By default 1 / batch size for parts without a
        hidden layer, 0 for those with one.
    loss_weights : str
        Weight of the target's loss in the sum of all, above 0; likewise, 1 by default.
    epochs, batch_size : int, optional
        As the module says by default.
    rate : float
        Learning rate.
    class_weights : str
        One of `WEIGHTINGS`; by default ``none`` with the balanced sampler, with which rare
        classes count more already, and ``inverse`` else.
    sampler : str
        One of `SAMPLINGS`.
    patience : int
        Epochs without gain after which training ends, 0 for never.
    seed : int
        Of the first weights and of the order of rows.
    shared : bool
        Whether all targets have one hidden layer in common.
    standardise : bool
        Whether scores go in with mean 0 and standard deviation 1 over the training rows.

    Returns
    -------
    HeadRecipe
        The recipe.

    Raises
    ------
    UsageError
        If the challenge asks for one label a clip, or a choice does not exist.
    """
    if challenge.protocol.submission.whole_clips:
        msg = f"{challenge.name} asks for one label a clip; heads are trained on frames"
        raise UsageError(msg)
    usual = _usual(challenge.targets)
    epochs = usual.epochs if epochs is None else epochs
    batch_size = usual.batch_size if batch_size is None else batch_size
    _check("batch size", batch_size, 1, _MOST_ROWS)
    if class_weights == "default":
        class_weights = "none" if sampler == "balanced" else "inverse"
    sources = _given(challenge, "--source", source, usual.source)
    units = _given(challenge, "--hidden", hidden, usual.hidden, kind=int)
    penalties = _given(challenge, "--l2", l2, 1 / batch_size, kind=float)
    losses = _given(challenge, "--loss-weights", loss_weights, 1.0, kind=float)
    return HeadRecipe(
        parts=tuple(
            PartRecipe(
                target=name,
                source=sources[name],
                hidden=units[name],
                l2=0.0 if units[name] and l2 == "default" else penalties[name],
                loss_weight=losses[name],
            )
            for name in sources
        ),
        epochs=epochs,
        batch_size=batch_size,
        rate=rate,
        class_weights=class_weights,  # type: ignore[arg-type]
        sampler=sampler,  # type: ignore[arg-type]
        patience=patience,
        seed=seed,
        shared=shared,
        standardise=standardise,
    )


def _usual(targets: Sequence[Target]) -> _Usual:
    if len(targets) > 1:
        return _Usual(source="both", hidden=0, epochs=20, batch_size=256)
    match targets[0]:
        case Continuous():
            return _Usual(source="scores", hidden=0, epochs=20, batch_size=512)
        case Categorical():
            return _Usual(source="embedding", hidden=HIDDEN, epochs=10, batch_size=256)
        case MultiLabel():
            return _Usual(source="embedding", hidden=HIDDEN, epochs=20, batch_size=512)
        case _:
            assert_never(targets[0])


def _given(
    challenge: Challenge, option: str, text: str, usual: object, *, kind: type = str
) -> dict[str, Any]:
    # One value a target: what the user gives for all or by name, the others as usual.
    chosen = {target.name: usual for target in challenge.targets}
    if text == "default":
        return chosen
    for name, value in by_target(challenge, text, option=option).items():
        try:
            chosen[name] = kind(value)
        except ValueError as error:
            number = "whole number" if kind is int else "number"
            msg = f"{option} {text}: expected a {number} for {name}, found {value!r}"
            raise UsageError(msg) from error
    return chosen


def _check(what: str, value: float, low: int, high: float = math.inf) -> None:
    # Not isfinite, which fails for whole numbers that no float holds.
    if not low <= value <= high or value == math.inf:
        upto = "on" if high == math.inf else f"to {high}"
        _refuse(what, value, f"a number from {low} {upto}")


def _check_positive(what: str, value: float, high: float = math.inf) -> None:
    if not 0 < value <= high or value == math.inf:
        upto = "" if high == math.inf else f", {high} at most"
        _refuse(what, value, f"a number above 0{upto}")


def _refuse(what: str, found: object, expected: str) -> None:
    msg = f"no {what} {found!r}; expected {expected}"
    raise UsageError(msg)
