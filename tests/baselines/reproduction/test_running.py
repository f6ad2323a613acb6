"""Heads are trained once, taken up where they were killed, and never taken for others."""

import json
from dataclasses import replace

import pytest

pytest.importorskip("torch")

from abawkit.errors import DataError, ModelError, UsageError
from abawkit.protocol import find_challenge
from baselines.card import EMOTIONS_8
from baselines.reproduction import running
from baselines.reproduction.command import run
from baselines.reproduction.results import FILE
from baselines.reproduction.running import Settings, reproduce
from baselines.reproduction.tables import NETWORKS, TABLES
from baselines.training.heads.trainer import HeadTrainer
from tests.baselines.reproduction.tiny_data import (
    CARDS,
    TRAIN,
    VALID,
    write_annotations,
    write_features,
)

BEST = TABLES["table2"]
"""The table of one head."""


class Counting(HeadTrainer):
    """Counts the epochs that are trained, and can be killed before one."""

    epochs = 0
    killed_at = None
    challenges = frozenset()

    def __init__(self, folder, *, train, **options):
        super().__init__(folder, train=train, **options)
        Counting.challenges |= {train.challenge}

    def run(self, progress):
        """Train, unless it is time to be killed."""
        for epoch in super().run(progress):
            Counting.epochs += 1
            if epoch.epoch == Counting.killed_at:
                raise KeyboardInterrupt
            yield epoch


@pytest.fixture
def settings(tmp_path, monkeypatch):
    """Give tiny data and count what is trained on them."""
    write_features(tmp_path / "features", ("enet_b0_8_best_vgaf",))
    write_annotations(tmp_path / "annotations")
    monkeypatch.setattr(Counting, "epochs", 0)
    monkeypatch.setattr(Counting, "killed_at", None)
    monkeypatch.setattr(Counting, "challenges", frozenset())
    monkeypatch.setattr(running, "HeadTrainer", Counting)
    return Settings(
        features=tmp_path / "features",
        annotations=tmp_path / "annotations",
        out=tmp_path / "out",
        networks=NETWORKS,
        epochs=3,
    )


def shown(settings, *names):
    """Run tables and give what is shown."""
    return list(run(names or (BEST.name,), settings, threads=1, note=lambda _: None))


def results(folder):
    """Read all results of a folder."""
    return {path.parent.name: path.read_bytes() for path in folder.glob(f"*/{FILE}")}


def test_all_tables_run_on_all_networks(settings, tmp_path):
    write_features(tmp_path / "features", tuple(CARDS))
    texts = shown(replace(settings, epochs=1), "all")
    assert [text.partition(".")[0] for text in texts] == [f"Table {i}" for i in range(1, 6)]
    assert len(results(settings.out)) == Counting.epochs == 8 + 8 + 6 + 6
    for text in texts:
        rows = [line for line in text.splitlines() if line.startswith("  ")]
        measured = [line.split() for line in rows if line.split()[-4:-2] != ["-", "-"]]
        assert len(measured) >= len(rows) - 4


def test_what_is_finished_is_not_trained_again(settings):
    first = shown(settings)
    assert Counting.epochs == 3
    assert shown(settings) == first
    assert Counting.epochs == 3


def test_a_killed_head_goes_on_at_its_epoch_to_the_same_result(settings, tmp_path):
    whole = shown(replace(settings, out=tmp_path / "whole"))
    Counting.epochs, Counting.killed_at = 0, 2
    with pytest.raises(KeyboardInterrupt):
        shown(settings)
    assert (Counting.epochs, results(settings.out)) == (2, {})
    Counting.killed_at = None
    assert shown(settings) == whole
    assert Counting.epochs == 3
    assert results(settings.out) == results(tmp_path / "whole")


def test_a_head_killed_after_training_is_measured_without_training(settings):
    first = shown(settings)
    for path in settings.out.glob(f"*/{FILE}"):
        path.write_text('{"half": ')
    assert (shown(settings), Counting.epochs) == (first, 3)


def test_other_features_annotations_epochs_and_seeds_are_other_results(settings, tmp_path):
    shown(settings)
    shown(replace(settings, epochs=1))
    write_features(tmp_path / "features", ("enet_b0_8_best_vgaf",), source="other images")
    shown(settings)
    file = next((tmp_path / "annotations/EXPR_Classification_Challenge/Train_Set").iterdir())
    file.write_text(file.read_text().replace("\n4\n", "\n5\n", 1))
    shown(settings)
    shown(replace(settings, seeds=2))
    assert Counting.epochs == 3 + 1 + 3 + 3 + 3
    assert len(results(settings.out)) == 5


def test_a_result_under_the_right_name_with_another_key_is_not_taken(settings):
    shown(settings)
    (path,) = settings.out.glob(f"*/{FILE}")
    content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, "key": "other", "seed": 99}))
    (outcome,) = reproduce([BEST], settings, note=lambda _: None)
    assert [[r.seed for r in found] for found in outcome.results.values()] == [[12345]]


def test_seeds_follow_one_another_and_give_other_heads(settings):
    (outcome,) = reproduce([BEST], replace(settings, seeds=2), note=lambda _: None)
    (found,) = outcome.results.values()
    assert [result.seed for result in found] == [12345, 12346]
    assert found[0].measures != found[1].measures


def test_the_best_epoch_is_told_and_that_others_were_trained(settings):
    (outcome,) = reproduce([TABLES["table1"]], settings, note=lambda _: None)
    epochs = set()
    for (result,) in outcome.results.values():
        (log,) = settings.out.glob(f"*-{result.key[:12]}/log.jsonl")
        scores = [json.loads(line)["score"] for line in log.read_text().splitlines()]
        assert result.epoch == 1 + scores.index(max(scores))
        assert result.measures["official"]["expr"] == pytest.approx(max(scores))
        epochs.add(result.epoch)
    assert (outcome.epochs, len(epochs)) == (3, 2)


@pytest.mark.parametrize(("threads", "chosen"), [(0, []), (2, [2]), (3, [3]), (100_000, [3])])
def test_threads_are_those_of_torch_if_any_are_asked_for_and_one_a_core_at_most(
    settings, monkeypatch, threads, chosen
):
    found = []
    monkeypatch.setattr("os.cpu_count", lambda: 3)
    monkeypatch.setattr("torch.set_num_threads", found.append)
    list(run([BEST.name], settings, threads=threads, note=lambda _: None))
    assert found == chosen


def test_the_scores_of_a_network_are_described_with_its_values(settings, tmp_path):
    write_features(tmp_path / "va", ("mine",), outputs=(*EMOTIONS_8, "valence", "arousal"))
    networks = {**NETWORKS, "EfficientNet-B0": "mine"}
    chosen = replace(settings, features=tmp_path / "va", networks=networks)
    (outcome,) = reproduce([BEST], chosen, note=lambda _: None)
    assert outcome.scores == {"EfficientNet-B0": "8 logits and valence and arousal"}


def test_frames_are_counted_with_and_without_a_face(settings):
    (outcome,) = reproduce([BEST], settings, note=lambda _: None)
    ((result,),) = outcome.results.values()
    # Of 32 frames, 4 have no face, and 4 others no label.
    assert (result.train, result.valid) == ((24 * len(TRAIN), 16), (24 * len(VALID), 24))
    assert 1 <= result.epoch <= 3


def test_action_units_are_learned_from_whole_rows_and_chosen_by_the_official_score(settings):
    (outcome,) = reproduce([TABLES["table3"]], settings, note=lambda _: None)
    # The official rule would keep one more frame a video, with a unit that is not annotated.
    assert {r.train for found in outcome.results.values() for r in found} == {
        (24 * len(TRAIN), 16)
    }
    assert Counting.challenges == {find_challenge("au", 3)}


def test_features_of_another_model_file_are_other_results(settings, tmp_path):
    shown(settings)
    write_features(tmp_path / "other", ("enet_b0_8_best_vgaf",), provider="another")
    shown(replace(settings, features=tmp_path / "other"))
    assert (Counting.epochs, len(results(settings.out))) == (3 + 3, 2)


def test_a_video_without_features_is_refused_unless_it_may_be_missing(settings):
    (cache,) = settings.features.iterdir()
    for video in (TRAIN[0], VALID[0]):
        (cache / video / "video.json").unlink()
    with pytest.raises(DataError, match="t1"):
        shown(settings)
    (outcome,) = reproduce([BEST], replace(settings, allow_missing=True), note=lambda _: None)
    ((result,),) = outcome.results.values()
    assert result.train == (24 * (len(TRAIN) - 1), 16 + 24)
    assert result.valid == (24 * (len(VALID) - 1), 24 + 24)


def test_all_annotations_are_looked_for_before_anything_is_trained(settings):
    (settings.annotations / "MTL_Challenge/train_set.txt").unlink()
    with pytest.raises(DataError, match=r"no MTL_Challenge/train_set\.txt"):
        shown(settings, "table2", "table5")
    assert Counting.epochs == 0


def test_what_is_trained_is_told_and_what_is_finished_is_not(settings):
    told = []
    list(run([BEST.name], settings, note=told.append))
    list(run([BEST.name], settings, note=told.append))
    (line,) = told
    assert line.startswith(f"{settings.out}/expr-enet_b0_8_best_vgaf-embedding-128-seed12345-")
    assert line.endswith(": 3 of 3 epochs to train")


def test_json_is_one_object_of_all_tables(settings):
    (text,) = run(["table2", "table4"], settings, whole=True, note=lambda _: None)
    content = json.loads(text)
    assert [table["table"] for table in content["tables"]] == ["table2", "table4"]
    assert content["tables"][0]["rows"][0]["runs"][0]["epoch"] in {1, 2, 3}


def test_a_negative_number_of_threads_is_refused(settings):
    with pytest.raises(UsageError, match="--threads -1: expected"):
        list(run([BEST.name], settings, threads=-1, note=lambda _: None))


def test_a_device_that_is_not_there_is_refused_though_all_is_trained(settings):
    shown(settings)
    with pytest.raises(ModelError, match="no device 'bogus'"):
        shown(replace(settings, device="bogus"))


def test_a_result_that_is_not_understood_is_measured_again(settings):
    first = shown(settings)
    (path,) = settings.out.glob(f"*/{FILE}")
    path.write_text(json.dumps({**json.loads(path.read_text()), "measures": {}}))
    assert (shown(settings), Counting.epochs) == (first, 3)


@pytest.mark.parametrize(
    ("task", "published"), [("expr", 10), ("va", 20), ("au", 20), ("mtl", 20)]
)
def test_as_many_epochs_as_the_published_code_has_are_not_told(
    settings, monkeypatch, task, published
):
    monkeypatch.setattr(running, "_run_head", lambda *_: None)
    table = next(table for table in TABLES.values() if table.task == task)
    told = []
    for epochs in (None, 10, 20):
        (outcome,) = reproduce([table], replace(settings, epochs=epochs), note=lambda _: None)
        told.append(outcome.epochs)
    assert told == [None, *(None if epochs == published else epochs for epochs in (10, 20))]
