"""What is kept of each trained head, and what the tables show of several seeds."""

from __future__ import annotations

import json
import math
import statistics
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

from abawkit.files import write_whole

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

    from baselines.reproduction.layout import Setup, Table
    from baselines.reproduction.measuring import Counting

FILE = "result.json"
_COUNTINGS = {"official", "faces"}
LAYOUT = 1
"""Version of the file; one of another version is measured again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What was measured of one head.

    Attributes
    ----------
    key : str
        A hash of the features, the annotations and the recipe.
    seed : int
        That of the recipe.
    epoch : int
        The one that was kept, from 1.
    train, valid : tuple of int
        Annotated frames of each part with a face, and without.
    measures : mapping of str to mapping of str to float or None
        From `measuring.measure`, None for what is undefined.
    """

    key: str
    seed: int
    epoch: int
    train: tuple[int, int]
    valid: tuple[int, int]
    measures: Mapping[Counting, Mapping[str, float | None]]

    def save(self, folder: Path) -> None:
        """Write the result; the same content gives the same bytes.

        Parameters
        ----------
        folder : Path
            The folder of the head.
        """
        content = {"abawkit_result": LAYOUT, **asdict(self)}
        write_whole(folder / FILE, json.dumps(content, indent=2, allow_nan=False) + "\n")

    @classmethod
    def load(cls, folder: Path, key: str, names: Collection[str]) -> Self | None:
        """Read a result, if it is there, whole, and of these data and this recipe.

        Parameters
        ----------
        folder : Path
            The folder of the head.
        key : str
            What it depends on.
        names : collection of str
            What has to be measured, from `measuring.names_of`.

        Returns
        -------
        Result or None
            None if it has to be measured, for whatever reason.
        """
        try:
            content: dict[str, Any] = json.loads((folder / FILE).read_text())
            if content.pop("abawkit_result") != LAYOUT or content["key"] != key:
                return None
            content |= {name: tuple(content[name]) for name in ("train", "valid")}
            result = cls(**content)
            return result if result._is_whole(set(names)) else None
        except (OSError, ValueError, TypeError, LookupError, AttributeError):
            return None

    def _is_whole(self, names: set[str]) -> bool:
        counts = (self.train, self.valid)
        integers = (self.seed, self.epoch, *self.train, *self.valid)
        numbers = [own[name] for own in self.measures.values() for name in own]
        return (
            all(len(pair) == 2 for pair in counts)  # noqa: PLR2004 - with a face, and without
            and all(type(number) is int and number >= 0 for number in integers)
            and self.measures.keys() == _COUNTINGS
            and all(own.keys() == names for own in self.measures.values())
            and all(map(_is_measure, numbers))
        )


def _is_measure(value: object) -> bool:
    return value is None or (isinstance(value, float) and math.isfinite(value))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A table that was run: the ``results`` of each head, one a seed, and the models' names.

    A head without results had no features, in the folder ``features``. ``models`` has the model
    of each network; ``scores`` tells of those with features what their scores are, as in
    ``8 logits``. ``epochs`` is None where they are those of the published code.
    """

    table: Table
    features: str
    models: Mapping[str, str]
    scores: Mapping[str, str]
    results: Mapping[Setup, tuple[Result, ...]]
    epochs: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A number over several seeds: mean, standard deviation, and how many there are.

    ``sd`` is None of one seed alone; it divides by ``n - 1``.
    """

    mean: float
    sd: float | None
    n: int

    @classmethod
    def of(cls, values: Iterable[float | None]) -> Self | None:
        """Summarise some numbers.

        Parameters
        ----------
        values : iterable of float or None
            One a seed, None where undefined.

        Returns
        -------
        Spread or None
            None if there is none, or one is undefined.
        """
        numbers = [math.nan if value is None else value for value in values]
        if not numbers or any(map(math.isnan, numbers)):
            return None
        sd = statistics.stdev(numbers) if len(numbers) > 1 else None
        return cls(mean=statistics.fmean(numbers), sd=sd, n=len(numbers))
