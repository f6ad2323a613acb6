"""Running a table: each head of its grid, trained, measured and kept.

    OUT/<task>-<model>-<source>-<hidden>-seed<seed>-<key>/  one head, as `abawkit train` keeps it
    OUT/…/result.json                                       what was measured of it, written last

The key is a hash of the features, the annotations and the recipe, so that results of others are
neither shown nor overwritten. A head that was killed goes on at its epoch.
"""

from __future__ import annotations

import hashlib
import json
import warnings
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Self

from abawkit.errors import NoFaceWarning
from baselines.heads import HEAD, Head
from baselines.inference import predict_features
from baselines.labelled import label_rows
from baselines.progress import progress_bar
from baselines.reproduction.measuring import as_paper, defined, measure, names_of
from baselines.reproduction.recipes import SEED, recipe_of
from baselines.reproduction.results import Outcome, Result
from baselines.reproduction.sources import choose_caches, find_parts, read_annotations
from baselines.training.heads.trainer import HeadTrainer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from baselines.cache import FeatureCache
    from baselines.labelled import LabelledRows
    from baselines.reproduction.layout import Setup, Table
    from baselines.reproduction.sources import Annotations
    from baselines.training.heads.recipe import HeadRecipe

    Note = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a user chooses: where things are, and how often and how long to train.

    ``networks`` has the name of the model that stands for each network of the paper; ``epochs``
    is None for those of the published code; ``allow_missing`` takes an annotated video without
    features as one without a face.
    """

    features: Path
    annotations: Path
    out: Path
    networks: Mapping[str, str]
    seeds: int = 1
    epochs: int | None = None
    allow_missing: bool = False
    device: str = "cpu"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Data:
    # The features of one network and the annotations of one task, joined.
    cache: FeatureCache
    annotations: Annotations
    train: LabelledRows
    valid: LabelledRows
    digest: str


def reproduce(tables: Sequence[Table], settings: Settings, *, note: Note) -> Iterator[Outcome]:
    """Run some tables of the paper on a user's data.

    Parameters
    ----------
    tables : sequence of Table
        Which.
    settings : Settings
        The user's choices.
    note : callable
        Told of each head that is trained.

    Yields
    ------
    Outcome
        Each table when all its heads are measured.
    """
    wanted = dict.fromkeys(setup.network for table in tables for setup in table.setups)
    caches = choose_caches(settings.features, settings.networks, wanted)
    for task in dict.fromkeys(table.task for table in tables):
        find_parts(settings.annotations, task)
    for table in tables:
        yield _run(table, caches, settings, note)


def _run(
    table: Table, caches: Mapping[str, FeatureCache], settings: Settings, note: Note
) -> Outcome:
    annotations = read_annotations(settings.annotations, table.task)
    there = [setup for setup in table.setups if setup.network in caches]
    joined = {
        network: _join(caches[network], annotations, settings)
        for network in dict.fromkeys(setup.network for setup in there)
    }
    names = names_of(annotations.challenge)
    results: dict[Setup, tuple[Result, ...]] = {}
    for setup in there:
        found = []
        for seed in range(SEED, SEED + settings.seeds):
            recipe = recipe_of(setup, seed=seed, epochs=settings.epochs)
            head = _Head.of(setup, recipe, joined[setup.network], settings.out)
            known = Result.load(head.folder, head.key, names)
            found.append(known or _run_head(head, settings, note))
        results[setup] = tuple(found)
    return Outcome(
        table=table,
        features=str(settings.features),
        models=settings.networks,
        scores={network: _scores(cache) for network, cache in caches.items()},
        results=results,
        epochs=None if settings.epochs == _published_epochs(table) else settings.epochs,
    )


def _published_epochs(table: Table) -> int:
    return recipe_of(table.setups[0], seed=SEED).epochs


def _scores(cache: FeatureCache) -> str:
    card = cache.origin.card
    others = "".join(f" and {name}" for name in card.outputs if name not in card.classes)
    return f"{len(card.classes)} {card.scores}{others}"


def _join(cache: FeatureCache, annotations: Annotations, settings: Settings) -> _Data:
    # Rows are labelled by the paper's rule, epochs chosen by the official score.
    there = set(cache.videos)
    names = dict.fromkeys([*annotations.train, *annotations.valid])
    features = {name: cache.load(name) for name in names if name in there}
    frames = {name: video.frames for name, video in features.items()}
    rule = as_paper(annotations.challenge)
    train, valid = (
        label_rows(rule, truth, frames, allow_missing=settings.allow_missing)
        for truth in (annotations.train, annotations.valid)
    )
    made_of = {
        "features": cache.origin.digest,
        "images": {name: video.source for name, video in features.items()},
        "annotations": annotations.digest,
    }
    return _Data(
        cache=cache,
        annotations=annotations,
        train=replace(train, challenge=annotations.challenge),
        valid=valid,
        digest=_hash(made_of),
    )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Head:
    # A head of the grid, and all that decides it.
    recipe: HeadRecipe
    data: _Data
    folder: Path
    key: str

    @classmethod
    def of(cls, setup: Setup, recipe: HeadRecipe, data: _Data, out: Path) -> Self:
        key = _hash({"data": data.digest, "recipe": asdict(recipe)})
        model = data.cache.folder.name.rpartition("-")[0]
        name = f"{setup.task}-{model}-{setup.source}-{setup.hidden}-seed{recipe.seed}"
        return cls(recipe=recipe, data=data, folder=out / f"{name}-{key[:12]}", key=key)


def _run_head(head: _Head, settings: Settings, note: Note) -> Result:
    with warnings.catch_warnings():
        # Not at every epoch: the table tells how many frames have no face.
        warnings.simplefilter("ignore", NoFaceWarning)
        result = _train_and_measure(head, settings, note)
    result.save(head.folder)
    return result


def _train_and_measure(head: _Head, settings: Settings, note: Note) -> Result:
    data, truth = head.data, head.data.annotations.valid
    trainer = HeadTrainer(
        head.folder,
        cache=data.cache,
        train=data.train,
        valid_truth=truth,
        recipe=head.recipe,
        allow_missing=settings.allow_missing,
        device=settings.device,
    )
    left = head.recipe.epochs - len(trainer.done)
    note(f"{head.folder}: {left} of {head.recipe.epochs} epochs to train")
    with progress_bar("train", left * len(data.train), "rows") as advance:
        for _ in trainer.run(advance):
            pass
    outputs = predict_features(
        Head.load(head.folder / HEAD), data.cache, truth, allow_missing=settings.allow_missing
    )
    measures = measure(data.annotations.challenge, truth, outputs)
    return Result(
        key=head.key,
        seed=head.recipe.seed,
        epoch=trainer.best.epoch if trainer.best else 0,
        train=(len(data.train), data.train.n_missed),
        valid=(len(data.valid), data.valid.n_missed),
        measures={counting: defined(numbers) for counting, numbers in measures.items()},
    )


def _hash(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
