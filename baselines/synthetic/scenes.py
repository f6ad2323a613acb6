"""Who is filmed, what their faces do, and what annotators write down of it.

A `Scene` is one video with all that is hidden in it. Expression, valence and arousal, and the
action units are independent of one another, and of what the faces look like; so the best
prediction of each is known (see `baselines.synthetic.best`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from baselines.synthetic.annotating import annotate
from baselines.synthetic.traces import chain, waves

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from numpy.typing import NDArray

    from abawkit.track import Track

EXPRESSION_COUNTS = (177198, 16573, 10771, 9080, 95463, 78751, 31615, 165866)
"""Training frames of each expression of the 3rd edition, as counted by the published code."""
UNIT_RATES = tuple(
    1 / (2 * weight)
    for weight in (
        4.231, 10.029, 3.247, 1.879, 1.259, 1.451, 2.041, 17.779, 15.894, 19.522, 0.798, 6.719
    )
)  # fmt: skip
"""How often each action unit is there, from the published weights ``total / (2 positives)``."""
SHARES = {"va": 1.0, "expr": 0.4, "au": 0.86, "mtl": 1.0}
"""In which share of the videos each task is annotated, about as in the training data."""
AFFECT_SPREAD = 0.5
"""Standard deviation of valence and arousal before they are bounded by ``tanh``."""
N_UNITS = len(UNIT_RATES)
N_LOOK = 64
_PARTS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """What faces do, on average.

    Attributes
    ----------
    expression_dwell, unit_dwell, way_dwell : int
        Frames that an expression, a state of an action unit, and a way of showing either last.
    affect_span : int
        Frames over which valence and arousal are alike, as `waves` has it.
    personality : float
        Share of the variance of valence and arousal which is between persons.
    shares : mapping of str to float
        In which share of the videos each task is annotated.
    """

    expression_dwell: int = 150
    unit_dwell: int = 60
    way_dwell: int = 40
    affect_span: int = 200
    personality: float = 0.4
    shares: Mapping[str, float] = field(default_factory=lambda: dict(SHARES))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Scene:
    """One video, or one person of a recording of two.

    Attributes
    ----------
    video, person : str
        Their names.
    look : numpy.ndarray of float64, shape (64,)
        What distinguishes the person's face, standard normal.
    frames : numpy.ndarray of int32, shape (n_present,)
        The frames in which a face was found, from 1.
    expression : numpy.ndarray of int, shape (n_frames,)
        Index of the class.
    affect : numpy.ndarray of float64, shape (n_frames, 2)
        Normal; valence and arousal are its ``tanh``.
    units : numpy.ndarray of int, shape (n_frames, 12)
        1 where the action unit is there.
    ways : numpy.ndarray of int, shape (n_frames, 13)
        1 or -1: in which of two ways the expression, then each action unit, shows.
    labels : mapping of str to Track
        What is annotated, by task, of shape ``(n_frames, columns)``.
    key : tuple of int
        What no other video has, for the chance in what networks see.
    """

    video: str
    person: str
    key: tuple[int, ...]
    look: NDArray[np.float64]
    frames: NDArray[np.int32]
    expression: NDArray[np.intp]
    affect: NDArray[np.float64]
    units: NDArray[np.intp]
    ways: NDArray[np.intp]
    labels: Mapping[str, Track]


def film(
    part: int,
    *,
    n_recordings: int,
    n_frames: int,
    seed: int,
    population: Population | None = None,
) -> tuple[Scene, ...]:
    """Draw the videos of one part of the data.

    Of four recordings, the second shows the person of the first again, and the third shows two
    people, ``_left`` and ``_right``.

    Parameters
    ----------
    part : int
        From 0 to 9; other parts have other people and other names of videos.
    n_recordings : int
        How many, at least 1.
    n_frames : int
        Mean length of a video; each has from 0.6 to 1.4 times as many.
    seed : int
        Another seed gives other people.
    population : Population, optional
        What they do; the default one if not given.

    Returns
    -------
    tuple of Scene
        Five videos for four recordings.
    """
    population = population or Population()
    rng = np.random.default_rng([seed, part])
    cast = _cast(part, n_recordings, n_frames, rng)
    lengths = [n for _, _, n in cast]
    annotated = {task: _chosen(share, len(cast)) for task, share in population.shares.items()}
    hidden = zip(
        cast,
        _expressions(rng, lengths, annotated["expr"], population),
        _units(rng, lengths, annotated["au"], population),
        strict=True,
    )
    people: dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]] = {}
    scenes = []
    for number, ((video, person, n), expression, units) in enumerate(hidden):
        if person not in people:
            people[person] = rng.standard_normal(N_LOOK), rng.standard_normal(2)
        look, mood = people[person]
        own = population.personality
        affect = np.sqrt(own) * mood + np.sqrt(1 - own) * waves(
            rng, n, 2, span=population.affect_span
        )
        affect *= AFFECT_SPREAD
        labels = annotate(rng, video, affect=affect, expression=expression, units=units)
        scenes.append(
            Scene(
                video=video,
                person=person,
                key=(seed, part, number),
                look=look,
                frames=_faces(rng, n, number),
                expression=expression,
                affect=affect,
                units=units,
                ways=_ways(rng, n, population),
                labels={task: labels[task] for task in labels if annotated[task][number]},
            )
        )
    return tuple(scenes)


def labels_of(scenes: Iterable[Scene], task: str) -> dict[str, Track]:
    """Collect the annotations of a task.

    Parameters
    ----------
    scenes : iterable of Scene
        Videos.
    task : str
        ``va``, ``expr``, ``au`` or ``mtl``.

    Returns
    -------
    dict of str to Track
        Those of the videos that are annotated.
    """
    return {scene.video: scene.labels[task] for scene in scenes if task in scene.labels}


def _cast(
    part: int, n_recordings: int, n_frames: int, rng: np.random.Generator
) -> list[tuple[str, str, int]]:
    # The video, its person and its number of frames; names are of the forms that the data have.
    cast = []
    person = ""
    for number in range(n_recordings):
        name = part + 1 + number * _PARTS
        n = round(n_frames * rng.uniform(0.6, 1.4))
        match number % 4:
            case 0:
                person = f"{name}"
                cast.append((f"{name}", person, n))
            case 1:
                cast.append((f"video{name}_1", person, n))
            case 2:
                pair = (f"{name}-30-1920x1080_left", f"{name}-30-1920x1080_right")
                cast += [(video, video, n) for video in pair]
            case _:
                video = f"{name}-60-1280x720"
                cast.append((video, video, n))
    return cast


def _chosen(share: float, n: int) -> NDArray[np.bool_]:
    # That share of the videos, spread evenly, the first one among them.
    return np.asarray(np.diff(np.ceil(np.arange(n + 1) * share)) > 0)


def _in_turn(
    lengths: list[int], annotated: NDArray[np.bool_], draw: Callable[[int], NDArray[np.intp]]
) -> list[NDArray[np.intp]]:
    # Annotated videos and others are drawn apart, so that the frequencies hold among the former.
    traces: dict[int, NDArray[np.intp]] = {}
    for group in (annotated, ~annotated):
        numbers = np.flatnonzero(group).tolist()
        ends = np.cumsum([lengths[number] for number in numbers])
        if numbers:
            traces |= dict(zip(numbers, np.split(draw(int(ends[-1])), ends[:-1]), strict=True))
    return [traces[number] for number in range(len(lengths))]


def _expressions(
    rng: np.random.Generator,
    lengths: list[int],
    annotated: NDArray[np.bool_],
    population: Population,
) -> list[NDArray[np.intp]]:
    dwell = population.expression_dwell
    return _in_turn(lengths, annotated, lambda n: chain(rng, EXPRESSION_COUNTS, n, dwell=dwell))


def _units(
    rng: np.random.Generator,
    lengths: list[int],
    annotated: NDArray[np.bool_],
    population: Population,
) -> list[NDArray[np.intp]]:
    def draw(n: int) -> NDArray[np.intp]:
        dwell = population.unit_dwell
        units = [chain(rng, (1 - rate, rate), n, dwell=dwell) for rate in UNIT_RATES]
        return np.stack(units, axis=1)

    return _in_turn(lengths, annotated, draw)


def _ways(rng: np.random.Generator, n: int, population: Population) -> NDArray[np.intp]:
    dwell = population.way_dwell
    ways = [chain(rng, (1, 1), n, dwell=dwell) for _ in range(1 + N_UNITS)]
    return 2 * np.stack(ways, axis=1) - 1


def _faces(rng: np.random.Generator, n: int, number: int) -> NDArray[np.int32]:
    # No face for a while at the start, in the middle or at the end, and in single frames.
    present = rng.random(n) >= 0.005  # noqa: PLR2004 - one frame in 200
    length = max(1, n // 25)
    first = (0, int(rng.integers(n // 4, n // 2)), n - length)[number % 3]
    present[first : first + length] = False
    return np.flatnonzero(present).astype(np.int32) + 1
