"""A head learns, is chosen by the official score, and is the same however it was stopped."""

import errno
import json
import math
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from abawkit.errors import (  # noqa: E402
    DataError,
    ModelError,
    NoFaceWarning,
    TrainingWarning,
    UsageError,
)
from abawkit.protocol import find_challenge  # noqa: E402
from abawkit.track import Track  # noqa: E402
from baselines.cache import FeatureCache  # noqa: E402
from baselines.heads import Head  # noqa: E402
from baselines.inference import predict_features  # noqa: E402
from baselines.training.heads import trainer as module  # noqa: E402
from baselines.training.heads.batches import Batch  # noqa: E402
from baselines.training.heads.recipe import recipe_for  # noqa: E402
from baselines.training.heads.trainer import HeadTrainer  # noqa: E402
from baselines.training.heads.validation import Validation  # noqa: E402
from submissions.decide import Processing  # noqa: E402
from submissions.scoring import score_outputs  # noqa: E402
from tests.baselines.training.heads.tiny import (  # noqa: E402
    FRAMED,
    tiny_cache,
    tiny_rows,
    tiny_truth,
)

VA, EXPR, AU, MTL = (find_challenge(task, 3) for task in ("va", "expr", "au", "mtl"))


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """Make three videos, the last of which is for validation."""
    return tiny_cache(tmp_path_factory.mktemp("features"))


def trainer_of(folder, cache, challenge=EXPR, *, data=None, **options):
    chosen = {"epochs": 4, "batch_size": 16, "rate": 0.02} | options
    unknown = {"unknown": 7} if len(challenge.targets) > 1 else {}
    given = {
        "train": tiny_rows(cache, challenge, "v0", "v1", **unknown),
        "valid_truth": tiny_truth(cache, challenge, "v2"),
    }
    return HeadTrainer(
        folder, cache=cache, recipe=recipe_for(challenge, **chosen), **(given | (data or {}))
    )


def head_of(trainer):
    return (trainer.folder / "head.npz").read_bytes()


def told(trainer):
    return [replace(epoch, rows_per_second=0) for epoch in trainer.done]


@pytest.mark.parametrize("challenge", FRAMED.values(), ids=FRAMED)
def test_every_challenge_of_frames_is_learned(challenge, cache, tmp_path):
    trainer = trainer_of(tmp_path, cache, challenge, epochs=12, patience=0, source="embedding")
    epochs = list(trainer.run())
    assert [epoch.epoch for epoch in epochs] == list(range(1, 13))
    assert epochs[-1].loss < epochs[0].loss
    assert trainer.best.score > epochs[0].score
    assert trainer.finished


@pytest.mark.parametrize("challenge", [VA, EXPR, AU, MTL], ids=lambda c: c.name)
def test_the_score_is_that_of_the_submission_of_the_kept_head(challenge, cache, tmp_path):
    trainer = trainer_of(tmp_path, cache, challenge)
    list(trainer.run())
    truth = trainer.valid_truth
    raw = predict_features(Head.load(tmp_path / "head.npz"), cache, truth)
    processing = Processing.parse(challenge, fill="linear", smooth="none")
    report = score_outputs(challenge, truth, raw, processing)
    assert report.score == trainer.best.score == max(epoch.score for epoch in trainer.done)
    assert report.components == trainer.best.components
    assert report.total.n_frames == 40


@pytest.mark.parametrize("stop", [1, 2, 3])
@pytest.mark.parametrize("challenge", [VA, EXPR, MTL], ids=lambda c: c.name)
def test_a_run_that_was_stopped_ends_as_one_that_was_not(challenge, stop, cache, tmp_path):
    whole = trainer_of(tmp_path / "whole", cache, challenge)
    list(whole.run())
    for _ in range(stop):
        begun = trainer_of(tmp_path / "parts", cache, challenge).run()
        next(begun)
    rest = trainer_of(tmp_path / "parts", cache, challenge)
    assert len(rest.done) == stop
    list(rest.run())
    assert head_of(rest) == head_of(whole)
    assert told(rest) == told(whole)


def test_a_run_that_was_killed_while_it_wrote_ends_as_one_that_was_not(
    cache, tmp_path, monkeypatch
):
    whole = trainer_of(tmp_path / "whole", cache)
    list(whole.run())
    for name in ("write_tensors", "write_whole"):
        folder = tmp_path / name
        next(trainer_of(folder, cache).run())
        killed = trainer_of(folder, cache).run()
        with monkeypatch.context() as patch:
            patch.setattr(module, name, _kill)
            with pytest.raises(KeyboardInterrupt):
                next(killed)
        rest = trainer_of(folder, cache)
        list(rest.run())
        assert head_of(rest) == head_of(whole)
        assert len((folder / "log.jsonl").read_text().splitlines()) == 4


def _kill(*_):
    raise KeyboardInterrupt


def test_a_finished_run_is_left_as_it_is_and_mended(cache, tmp_path):
    done = trainer_of(tmp_path, cache)
    list(done.run())
    head, log = head_of(done), (tmp_path / "log.jsonl").read_bytes()
    (tmp_path / "head.npz").write_bytes(b"other")
    (tmp_path / "log.jsonl").unlink()
    again = trainer_of(tmp_path, cache)
    assert list(again.run()) == []
    assert again.finished
    assert (head_of(again), (tmp_path / "log.jsonl").read_bytes()) == (head, log)


def test_the_seed_decides_all(cache, tmp_path):
    heads = []
    for at, seed in enumerate((1, 1, 2)):
        trainer = trainer_of(tmp_path / str(at), cache, MTL, seed=seed)
        list(trainer.run())
        heads.append(head_of(trainer))
    assert heads[0] == heads[1] != heads[2]


def test_another_process_makes_the_same_head(cache, tmp_path):
    here = trainer_of(tmp_path / "here", cache)
    list(here.run())
    code = (
        "import sys, torch; from pathlib import Path; torch.set_num_threads(1);"
        "from baselines.cache import FeatureCache;"
        "from tests.baselines.training.heads.test_trainer import trainer_of;"
        "list(trainer_of(Path(sys.argv[1]), FeatureCache.open(Path(sys.argv[2]))).run())"
    )
    there = tmp_path / "there"
    command = [sys.executable, "-c", code, str(there), str(cache.folder)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    assert (there / "head.npz").read_bytes() == head_of(here)


def test_a_folder_that_cannot_be_made_is_a_data_error(cache, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="run: cannot write to this folder: Not a directory; the"):
        trainer_of(tmp_path / "file" / "run", cache)


def test_a_folder_that_cannot_be_written_to_is_told_before_the_first_epoch(cache, tmp_path):
    (tmp_path / "log.jsonl").mkdir()
    with pytest.raises(DataError, match=f"{tmp_path}: cannot write to this folder: "):
        trainer_of(tmp_path, cache)


@pytest.mark.parametrize("name", ["write_tensors", "write_whole"])
def test_a_disk_that_is_full_is_a_data_error_and_the_run_goes_on(
    name, cache, tmp_path, monkeypatch
):
    whole = trainer_of(tmp_path / "whole", cache)
    list(whole.run())
    run = trainer_of(tmp_path / "full", cache).run()
    next(run)
    with monkeypatch.context() as patch:
        patch.setattr(module, name, _fill_up)
        with pytest.raises(DataError, match="full: cannot write to this folder: No space left"):
            next(run)
    rest = trainer_of(tmp_path / "full", cache)
    list(rest.run())
    assert head_of(rest) == head_of(whole)


def _fill_up(*_):
    raise OSError(errno.ENOSPC, "No space left on device")


def fake_scores(monkeypatch, scores):
    """Let the epochs of a run have these scores."""
    given = iter(scores)

    def give(self, raw):
        report = scored(self, raw)
        monkeypatch.setattr(type(report), "score", property(lambda _: score))
        score = next(given)
        return report

    scored = Validation.score
    monkeypatch.setattr(Validation, "score", give)


# Scores, patience, epochs that are done and the best one.
PATIENCE = {
    "gains": ([1, 2, 3, 4, 5, 6], 2, 6, 6),
    "stops": ([1, 3, 2, 2, 9, 9], 2, 4, 2),
    "equal is no gain": ([3, 3, 3, 9, 9, 9], 2, 3, 1),
    "never": ([5, 1, 1, 1, 1, 1], 0, 6, 1),
    "nan is the worst": ([math.nan, -1, math.nan, -2, 0, math.nan], 3, 6, 5),
    "nan only": ([math.nan] * 6, 3, 4, 1),
}


@pytest.mark.parametrize("case", PATIENCE.values(), ids=PATIENCE)
def test_training_ends_when_there_is_no_gain(case, cache, tmp_path, monkeypatch):
    scores, patience, n_done, best = case
    fake_scores(monkeypatch, scores)
    trainer = trainer_of(tmp_path, cache, epochs=6, patience=patience)
    heads = [trainer._to_head().digest for _ in trainer.run()]  # noqa: SLF001 - of every epoch
    assert (len(heads), trainer.best.epoch) == (n_done, best)
    assert Head.load(tmp_path / "head.npz").digest == heads[best - 1]
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    shown = [None if math.isnan(score) else score for score in scores[:n_done]]
    assert [line["score"] for line in lines] == shown


def test_a_run_goes_on_from_its_last_epoch_and_keeps_its_best(cache, tmp_path, monkeypatch):
    fake_scores(monkeypatch, [1, 5, 2, 3] * 2)
    whole = trainer_of(tmp_path / "whole", cache)
    list(whole.run())
    begun = trainer_of(tmp_path / "parts", cache).run()
    for _ in range(3):
        next(begun)
    list(trainer_of(tmp_path / "parts", cache).run())
    rest = trainer_of(tmp_path / "parts", cache)
    assert head_of(rest) == head_of(whole)
    last, expected = rest.network.state_dict(), whole.network.state_dict()
    assert all(torch.equal(last[name], expected[name]) for name in expected)


def test_a_batch_of_which_nothing_is_known_moves_nothing(cache, tmp_path, monkeypatch):
    trainer = trainer_of(tmp_path, cache, AU, epochs=1, l2="0.1")
    next(trainer.run())
    before = {name: value.clone() for name, value in trainer.network.state_dict().items()}
    nothing = Batch(x=torch.randn(4, 12), labels=torch.zeros(4, 12), known=torch.zeros(4, 12) > 0)
    something = replace(nothing, known=torch.ones(4, 12) > 0)
    after = []
    for batch in (nothing, something):
        monkeypatch.setattr(module, "batches", lambda *_, **__: iter([nothing, batch, nothing]))  # noqa: B023
        if batch is nothing:
            with pytest.raises(ModelError, match="loss"):
                trainer._learn(1, lambda _: None)  # noqa: SLF001
        else:
            trainer._learn(1, lambda _: None)  # noqa: SLF001
        state = trainer.network.state_dict()
        after.append(all(torch.equal(before[name], state[name]) for name in before))
    assert after == [True, False]


def test_a_part_of_which_nothing_is_known_does_not_move(cache, tmp_path, monkeypatch):
    trainer = trainer_of(tmp_path, cache, MTL, epochs=1)
    next(trainer.run())
    before = [layers[0].weight.detach().clone() for layers in trainer.network.layers]
    known = torch.ones(4, 15) > 0
    known[:, 2] = False
    batch = Batch(x=torch.randn(4, 20), labels=torch.rand(4, 15).round(), known=known)
    monkeypatch.setattr(module, "batches", lambda *_, **__: iter([batch]))
    trainer._learn(1, lambda _: None)  # noqa: SLF001
    moved = [
        not torch.equal(weight, layers[0].weight)
        for weight, layers in zip(before, trainer.network.layers, strict=True)
    ]
    assert moved == [True, False, True]


def test_the_losses_of_targets_are_added_with_their_weights(cache, tmp_path):
    def loss(weights):
        trainer = trainer_of(tmp_path / weights, cache, MTL, epochs=1, loss_weights=weights)
        (batch,) = module.batches(trainer.dataset, np.arange(60), batch_size=60)
        tensors = [trainer._tensor(name) for name in ("va", "expr", "au")]  # noqa: SLF001
        return trainer._loss(batch, tensors).item()  # noqa: SLF001

    whole = loss("default")
    va, expr, au = (loss(f"{one}=2") - whole for one in ("va", "expr", "au"))
    assert min(va, expr, au) > 0.1
    assert whole == pytest.approx(va + expr + au, rel=1e-5)
    assert loss("va=2,expr=0.5,au=3") == pytest.approx(2 * va + expr / 2 + 3 * au, rel=1e-5)


def test_labels_that_are_not_known_change_no_bit_of_the_head(cache, tmp_path):
    rows = tiny_rows(cache, MTL, "v0", "v1", unknown=7)
    junk = replace(rows, labels=np.where(rows.known, rows.labels, np.float32(np.nan)))
    heads = []
    for at, train in enumerate((rows, junk)):
        trainer = trainer_of(tmp_path / str(at), cache, MTL, data={"train": train})
        list(trainer.run())
        heads.append(head_of(trainer))
    assert heads[0] == heads[1]


def test_weights_of_classes_are_of_the_training_rows_and_can_be_left_out(cache, tmp_path):
    trainer = trainer_of(tmp_path / "a", cache)
    counts = np.bincount(trainer.train.labels[:, 0].astype(int), minlength=8)
    assert trainer.counts["expr"].tolist() == counts.tolist()
    np.testing.assert_allclose(trainer.weights["expr"], counts.max() / counts)
    assert trainer_of(tmp_path / "b", cache, class_weights="none").weights == {}
    assert set(trainer_of(tmp_path / "c", cache, MTL).weights) == {"expr", "au"}


def test_weights_of_classes_are_used(cache, tmp_path):
    heads = set()
    for choice in ("inverse", "none"):
        trainer = trainer_of(tmp_path / choice, cache, epochs=1, class_weights=choice)
        next(trainer.run())
        heads.add(head_of(trainer))
    assert len(heads) == 2


def test_a_balanced_epoch_draws_classes_equally(cache, tmp_path):
    trainer = trainer_of(tmp_path, cache, sampler="balanced")
    labels = trainer.train.labels[trainer.sampler.order(), 0].astype(int)
    assert np.ptp(np.bincount(labels, minlength=8)) <= 8
    next(trainer.run())
    with pytest.raises(UsageError, match="neither classes nor action units"):
        trainer_of(tmp_path / "va", cache, VA, sampler="balanced")


def test_every_epoch_has_its_own_order(cache, tmp_path, monkeypatch):
    orders = []
    real = module.batches

    def spy(dataset, order, **options):
        orders.append(np.array(order))
        return real(dataset, order, **options)

    monkeypatch.setattr(module, "batches", spy)
    trainer = trainer_of(tmp_path, cache, epochs=2)
    steps = []
    list(trainer.run(steps.append))
    assert all(sorted(order) == list(range(60)) for order in orders)
    assert not np.array_equal(*orders)
    assert steps == [16, 16, 16, 12] * 2


def test_frames_without_a_face_can_be_left_out_of_the_score(cache, tmp_path):
    trainer = trainer_of(tmp_path, cache, epochs=1)
    next(trainer.run())
    valid = trainer.validation
    raw = valid.outputs(Head.load(tmp_path / "head.npz"))
    counts = [valid.score(raw, faces_only=only).total.n_frames for only in (False, True)]
    assert counts == [40, 30]


def test_videos_that_are_to_choose_by_need_features(cache, tmp_path):
    truth = {**tiny_truth(cache, EXPR, "v2"), "far": Track.of("far", np.zeros((9, 1)))}
    with pytest.raises(DataError, match="1 of 2 annotated videos have no features: far"):
        trainer_of(tmp_path, cache, data={"valid_truth": truth})
    given = {"valid_truth": truth, "allow_missing": True}
    trainer = trainer_of(tmp_path, cache, epochs=1, data=given)
    (epoch,) = trainer.run()
    raw = trainer.validation.outputs(Head.load(tmp_path / "head.npz"))
    with pytest.warns(NoFaceWarning, match="far: no frame with a face"):
        assert trainer.validation.score(raw).score == epoch.score


def test_a_target_without_a_label_is_refused(cache, tmp_path):
    rows = tiny_rows(cache, MTL, "v0")
    known = rows.known.copy()
    known[:, 2] = False
    with pytest.raises(DataError, match="no training row for expr in 1 videos"):
        trainer_of(tmp_path, cache, MTL, data={"train": replace(rows, known=known)})


@pytest.mark.parametrize("target", [0, 1, 2])
def test_a_target_without_a_label_to_choose_by_is_refused(target, cache, tmp_path):
    track = tiny_truth(cache, MTL, "v2")["v2"]
    known = track.known.copy()
    known[:, (slice(0, 2), slice(2, 3), slice(3, None))[target]] = False
    truth = {"v2": Track.of("v2", track.values, known)}
    name = ("va", "expr", "au")[target]
    with pytest.raises(DataError, match=f"no label of {name} that counts in 1 validation videos"):
        trainer_of(tmp_path, cache, MTL, data={"valid_truth": truth})


def test_a_class_or_unit_that_is_never_shown_is_told(cache, tmp_path):
    for challenge, label, name in ((EXPR, 3, "Fear"), (AU, 0, "AU1, AU2")):
        rows = tiny_rows(cache, challenge, "v0", "v1")
        labels = rows.labels.copy()
        if challenge is EXPR:
            labels[labels == label] = 0
        else:
            labels[:, :2] = 0
        with pytest.warns(TrainingWarning, match=f"no training row shows {name}; a head cannot"):
            trainer_of(tmp_path, cache, challenge, data={"train": replace(rows, labels=labels)})


def test_a_rate_that_blows_up_is_told(cache, tmp_path):
    with pytest.raises(ModelError, match=r"the loss of epoch 1 is not finite, .* rate below 1e"):
        list(trainer_of(tmp_path, cache, hidden="8", rate=1e30, batch_size=8).run())


@pytest.mark.parametrize("challenge", [VA, EXPR, AU, MTL], ids=lambda c: c.name)
def test_a_rate_that_blows_up_in_the_last_step_is_told(challenge, cache, tmp_path):
    chosen = {"hidden": "8", "rate": 1e38, "batch_size": 10**8, "epochs": 1}
    with pytest.raises(ModelError, match=r"an output of epoch 1 is not finite, .* below 1e\+38"):
        list(trainer_of(tmp_path, cache, challenge, **chosen).run())
    assert not (tmp_path / "head.npz").exists()


def with_scores(cache, folder, change):
    """Copy a cache with other scores."""
    other = FeatureCache.create(folder, cache.origin)
    for video in cache.videos:
        features = cache.load(video)
        other.save(replace(features, scores=change(features.scores).astype(np.float32)))
    return other


@pytest.mark.parametrize("source", ["scores", "both"])
def test_scores_of_any_size_are_learned_from_alike(source, cache, tmp_path):
    size, away = np.float32(2.0) ** np.arange(-3, 5), np.float32(8)
    other = with_scores(cache, tmp_path / "features", lambda scores: away + size * scores)
    chosen = {"source": source, "epochs": 6}
    one, two = (
        trainer_of(tmp_path / "a", cache, VA, **chosen),
        trainer_of(tmp_path / "b", other, VA, **chosen),
    )
    for a, b in zip(one.run(), two.run(), strict=True):
        assert (a.loss, a.score) == pytest.approx((b.loss, b.score), abs=1e-3)
    raw = two.validation.outputs(Head.load(tmp_path / "b" / "head.npz"))
    assert two.validation.score(raw).score == two.best.score
    assert two.best.components["ccc_valence"] > 0.5


def test_an_output_that_is_constant_is_told(cache, tmp_path):
    other = with_scores(cache, tmp_path / "features", lambda scores: 1000 * scores**0)
    trainer = trainer_of(tmp_path / "run", other, VA, epochs=1, standardise=False)
    next(trainer.run())
    with pytest.warns(TrainingWarning, match="same on all 30 .* a face: valence, arousal; it"):
        trainer.validation.outputs(Head.load(tmp_path / "run" / "head.npz"))
