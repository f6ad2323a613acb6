"""How a backbone is trained, as data: the bundled model's recipe and the two of the paper.

`RECIPES` holds them by name. What the paper (Savchenko, CVPR 2022 workshops, section 2) gives is
taken from it: for faces, 8 epochs of Adam with sharpness-aware minimization; for expressions, the
same optimizer, cross-entropy weighted by inverse frequency, the classifier alone for 3 epochs at
1e-3 and all layers for 5 at 1e-4. Where it is silent the choice is ours: for faces the rate, 1e-3
in one cycle, and batches of 128; for expressions batches of 64 at a constant rate; for both mirror
images with changes of light and colour, no dropout, no weight decay and no averaged weights.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

from abawkit.errors import UsageError
from baselines.networks.table import find_networks
from baselines.preprocessing import Preprocessing
from baselines.training.augmentation import Augmentation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from baselines.networks.table import Network

Optimizer = Literal["adamw", "adam", "sam"]
Schedule = Literal["one-cycle", "constant"]
OPTIMIZERS: tuple[Optimizer, ...] = get_args(Optimizer)
SCHEDULES: tuple[Schedule, ...] = get_args(Schedule)

GREY_112 = Preprocessing(
    size=112, colour="grey", mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)
)

# Numbers of a recipe are from 0 and below these.
_BELOW = {
    "head_rate": 100,
    "rate": 100,
    "rho": 100,
    "weight_decay": 100,
    "class_weight": 100,
    "ema_decay": 1,
    "drop_rate": 1,
    "drop_path_rate": 1,
}


def _check_number(recipe: object, name: str, below: float) -> None:
    value = getattr(recipe, name)
    if not 0 <= value < below:
        msg = f"expected {name} to be a number from 0 and below {below}, found {value}"
        raise UsageError(msg)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Everything that decides the result; the same recipe and data give the same weights.

    The defaults are those of the bundled model. A value that makes no sense is a `UsageError`.

    Attributes
    ----------
    network : str
        A row of the table of networks.
    preprocessing : Preprocessing
        What the network is given.
    head_epochs, epochs : int
        Epochs of the classifier alone, then of all layers.
    batch_size : int
        Images in a batch.
    head_rate, rate : float
        Learning rates of the two; the second is the highest one.
    schedule : {"one-cycle", "constant"}
        How `rate` goes, see `rate_factor`.
    optimizer : {"adamw", "adam", "sam"}
        ``sam`` is Adam with sharpness-aware minimization.
    rho : float
        How far that looks around for the worst weights.
    weight_decay : float
        Decay of kernels; biases and norms have none.
    class_weight : float
        The exponent e of the weight ``(largest class / class) ** e``, from 0, no weights, to 1,
        the paper's inverse frequency. Weights are scaled so that their mean over the training
        images is 1.
    ema_decay : float
        Decay, by step, of the average of the weights, which is what is kept; 0 keeps the last.
    drop_rate, drop_path_rate : float
        Dropout before the classifier, and of residuals, in EfficientNets; others have neither.
    seed : int
        Of everything random.
    augmentation : Augmentation
        Random changes of the images.
    """

    network: str = "efficientnet_lite0"
    preprocessing: Preprocessing = GREY_112
    head_epochs: int = 1
    epochs: int = 20
    batch_size: int = 32
    head_rate: float = 1e-3
    rate: float = 4e-4
    schedule: Schedule = "one-cycle"
    optimizer: Optimizer = "adamw"
    rho: float = 0.05
    weight_decay: float = 0.03
    class_weight: float = 0.15
    ema_decay: float = 0.9995
    drop_rate: float = 0.3
    drop_path_rate: float = 0.1
    seed: int = 12345
    augmentation: Augmentation = field(default_factory=Augmentation)

    def __post_init__(self) -> None:
        for name, known in (("optimizer", OPTIMIZERS), ("schedule", SCHEDULES)):
            value = getattr(self, name)
            if value not in known:
                msg = f"expected {name} to be {', '.join(known)}, found {value!r:.60}"
                raise UsageError(msg)
        if self.epochs + self.head_epochs < 1:
            msg = "expected an epoch at least, found none"
            raise UsageError(msg)
        for name, below in _BELOW.items():
            _check_number(self, name, below)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A recipe, and where its weights start if the user does not say: empty if he has to."""

    recipe: Recipe
    start: str


_B0 = find_networks("tf_efficientnet_b0")[0]
_LIGHT_AND_COLOUR = Augmentation(
    rotation=0,
    scale=0,
    shear=0,
    translation=0,
    brightness=0.2,
    contrast=0.2,
    saturation=0.2,
    erasing=0,
)
_PAPER = Recipe(
    network=_B0.name,
    preprocessing=_B0.preprocessing,
    optimizer="sam",
    weight_decay=0.0,
    class_weight=0.0,
    ema_decay=0.0,
    drop_rate=0.0,
    drop_path_rate=0.0,
    augmentation=_LIGHT_AND_COLOUR,
)
STAGES: Mapping[str, Stage] = {
    "ferplus": Stage(recipe=Recipe(), start="imagenet"),
    "faces": Stage(
        recipe=replace(_PAPER, head_epochs=0, epochs=8, batch_size=128, rate=1e-3),
        start="none",
    ),
    "expressions": Stage(
        recipe=replace(
            _PAPER,
            head_epochs=3,
            epochs=5,
            batch_size=64,
            head_rate=1e-3,
            rate=1e-4,
            schedule="constant",
            class_weight=1.0,
        ),
        start="",
    ),
}


def rate_factor(schedule: Schedule, share: float, *, warm_up: float = 0.1) -> float:
    """Give the factor of the learning rate of all layers.

    Parameters
    ----------
    schedule : {"one-cycle", "constant"}
        ``one-cycle`` is a linear rise, then half a cosine down to 0; ``constant`` is 1.
    share : float
        How much of the training is done, in [0, 1].
    warm_up : float
        Share of the training during which the rate rises.

    Returns
    -------
    float
        In [0, 1].
    """
    if schedule == "constant":
        return 1.0
    if share < warm_up:
        return share / warm_up
    return 0.5 * (1 + math.cos(math.pi * (share - warm_up) / (1 - warm_up)))


def network_of(recipe: Recipe) -> Network:
    """Find the network of a recipe.

    Parameters
    ----------
    recipe : Recipe
        The recipe.

    Returns
    -------
    Network
        Its row of the table, with the preprocessing of the recipe.

    Raises
    ------
    UsageError
        If there is none of the name, or there are several.
    """
    return replace(_one_network(recipe.network), preprocessing=recipe.preprocessing)


def with_network(recipe: Recipe, name: str) -> Recipe:
    """Take another network, and its own preprocessing; a grey recipe stays grey.

    Parameters
    ----------
    recipe : Recipe
        The recipe.
    name : str
        A row of the table of networks, or the end of its name.

    Returns
    -------
    Recipe
        The same but for these two.

    Raises
    ------
    UsageError
        If there is no such network, or there are several.
    """
    network = _one_network(name)
    if network.name == recipe.network:
        return recipe
    preprocessing = network.preprocessing
    if recipe.preprocessing.colour == "grey":
        preprocessing = replace(preprocessing, colour="grey")
    return replace(recipe, network=network.name, preprocessing=preprocessing)


def parse_augmentation(text: str, base: Augmentation) -> Augmentation:
    """Read changes of an augmentation.

    Parameters
    ----------
    text : str
        Such as ``rotation=10,erasing=0``; or ``none``, for mirror images only.
    base : Augmentation
        What the rest is as.

    Returns
    -------
    Augmentation
        The changed one.

    Raises
    ------
    UsageError
        If a name is unknown, or a value is no number from 0 on.
    """
    known = [entry.name for entry in fields(Augmentation)]
    if text.strip() == "none":
        return Augmentation(**dict.fromkeys(known, 0.0))
    changes = {}
    for part in text.split(","):
        name, _, value = (word.strip() for word in part.partition("="))
        try:
            changes[name] = float(value)
        except ValueError:
            changes[name] = math.nan
        if name not in known or not 0 <= changes[name] < math.inf:
            msg = (
                f"--augment: expected none, or numbers from 0 for {', '.join(known)}, such as "
                f"rotation=10,erasing=0; found {part.strip()!r}"
            )
            raise UsageError(msg)
    return replace(base, **changes)


def recorded(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """Complete a recipe that an earlier version recorded.

    Parameters
    ----------
    recipe : mapping
        As ``dataclasses.asdict`` gave it.

    Returns
    -------
    dict
        With what it did not know yet, which was as the defaults are.
    """
    now = asdict(Recipe())
    given = recipe.get("augmentation", {})
    augmentation = now["augmentation"] | given if isinstance(given, dict) else given
    return {**now, **recipe, "augmentation": augmentation}


def _one_network(name: str) -> Network:
    found = find_networks(name)
    if len(found) > 1:
        msg = f"{name!r} can be {' or '.join(row.name for row in found)}; say it in full"
        raise UsageError(msg)
    return found[0]
