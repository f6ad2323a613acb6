"""A run goes on where it stopped, with the recipe and the data of its beginning or not at all."""

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from abawkit.errors import ModelError  # noqa: E402
from abawkit.protocol import find_challenge  # noqa: E402
from abawkit.track import Track  # noqa: E402
from tests.baselines.fakes import few_files  # noqa: E402
from tests.baselines.training.heads.test_trainer import EXPR, trainer_of  # noqa: E402
from tests.baselines.training.heads.tiny import CARD, tiny_cache, tiny_rows, tiny_truth  # noqa: E402


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """Make three videos, the last of which is for validation."""
    return tiny_cache(tmp_path_factory.mktemp("features"))


OTHER = {
    "rate": ({"rate": 0.5}, "rate 0.02, not 0.5"),
    "seed": ({"seed": 3}, "seed 12345, not 3"),
    "hidden": ({"hidden": "7"}, "expr hidden 128, not 7"),
    "source": ({"source": "both"}, "expr source embedding, not both"),
    "epochs": ({"epochs": 5}, "epochs 4, not 5"),
    "several": ({"epochs": 5, "sampler": "balanced"}, "sampler shuffled, not balanced"),
}


@pytest.mark.parametrize(("options", "fragment"), OTHER.values(), ids=OTHER)
def test_a_run_of_another_recipe_is_not_taken_up(options, fragment, cache, tmp_path):
    next(trainer_of(tmp_path, cache).run())
    with pytest.raises(ModelError, match="holds a run of something else: ") as caught:
        trainer_of(tmp_path, cache, **options)
    assert f"{fragment}" in str(caught.value)
    assert "choose another folder" in str(caught.value)


def test_a_run_on_other_data_is_not_taken_up(cache, tmp_path):
    next(trainer_of(tmp_path, cache).run())
    rows, truth = tiny_rows(cache, EXPR, "v0", "v1"), tiny_truth(cache, EXPR, "v2")
    labels = np.where(np.arange(len(rows))[:, None] == 5, 7 - rows.labels, rows.labels)
    known = np.arange(40)[:, None] != 3
    other = Track.of("v2", truth["v2"].values, known)
    sparse = replace(truth["v2"], listed=np.arange(40) != 3)
    changes = {
        "other training rows;": {"train": replace(rows, labels=labels)},
        "other features, other training rows;": {"train": tiny_rows(cache, EXPR, "v0")},
        "other validation annotations;": {"valid_truth": {"v2": other}},
    }
    changes["other validation annotations; "] = {"valid_truth": {"v2": sparse}}
    for fragment, data in changes.items():
        with pytest.raises(ModelError, match=f"something else: {fragment}"):
            trainer_of(tmp_path, cache, data=data)


def test_a_run_on_features_of_other_images_is_not_taken_up(tmp_path):
    caches = [tiny_cache(tmp_path / "features") for _ in range(2)]
    next(trainer_of(tmp_path / "run", caches[0]).run())
    caches[1].save(replace(caches[1].load("v1"), source="other images"))
    with pytest.raises(ModelError, match="something else: other features;"):
        trainer_of(tmp_path / "run", caches[1])


def test_a_run_on_another_networks_features_is_not_taken_up(cache, tmp_path):
    next(trainer_of(tmp_path / "run", cache).run())
    other = tiny_cache(tmp_path, card=replace(CARD, name="other"))
    with pytest.raises(ModelError, match="something else: other features;"):
        trainer_of(tmp_path / "run", other)


def test_a_run_of_another_edition_is_not_taken_up(cache, tmp_path):
    next(trainer_of(tmp_path, cache).run())
    with pytest.raises(ModelError, match="challenge abaw3-expr, not abaw6-expr"):
        trainer_of(tmp_path, cache, find_challenge("expr", 6))


def test_few_files_are_open_however_many_videos_are_learned_from(tmp_path):
    cache = tiny_cache(tmp_path / "features", videos=60, frames=4)
    videos = [f"v{number}" for number in range(59)]
    data = {
        "train": tiny_rows(cache, EXPR, *videos, frames=4),
        "valid_truth": tiny_truth(cache, EXPR, "v59", frames=4),
    }
    with few_files(80):
        epoch = next(trainer_of(tmp_path / "run", cache, data=data).run())
    assert epoch.epoch == 1


@pytest.mark.parametrize(
    "content", [b"", b"text", {"done": []}, {"made_of": 1}, [], "cut", "unfit"]
)
def test_what_is_no_checkpoint_is_refused(content, cache, tmp_path):
    path = tmp_path / "checkpoint.pt"
    trainer = trainer_of(tmp_path, cache)
    next(trainer.run())
    if content == "cut":
        path.write_bytes(path.read_bytes()[:-100])
    elif content == "unfit":
        state = torch.load(path, weights_only=True)
        torch.save({**state, "network": {}}, path)
    elif isinstance(content, bytes):
        path.write_bytes(content)
    else:
        torch.save(content, path)
    with pytest.raises(ModelError, match=r"checkpoint\.pt: (cannot read|not a checkpoint)"):
        trainer_of(tmp_path, cache)


def test_a_pickle_in_a_checkpoint_is_not_run(cache, tmp_path):
    class Trap:
        def __reduce__(self):
            return pytest.fail, ("a pickle was run",)

    torch.save({"made_of": Trap()}, tmp_path / "checkpoint.pt")
    with pytest.raises(ModelError, match="cannot read this checkpoint"):
        trainer_of(tmp_path, cache)
