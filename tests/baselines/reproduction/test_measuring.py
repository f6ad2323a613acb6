"""What is measured is the official score, and the same as the paper counts."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score

from abawkit.protocol import blocks, find_challenge
from abawkit.track import Track
from baselines.reproduction.measuring import as_paper, defined, measure, names_of
from baselines.reproduction.results import Result
from submissions.decide import output_blocks, output_names
from submissions.tuning import tune

TASKS = ("va", "expr", "au", "mtl")
N_VIDEOS, N_FRAMES, GAP = 6, 30, slice(10, 14)


def draw(task, *, seed=0):
    """Draw annotations with every class, and outputs that lack a gap."""
    challenge, rng = find_challenge(task, 3), np.random.default_rng(seed)
    truth, outputs = {}, {}
    for video in map(str, range(N_VIDEOS)):
        parts = []
        for target, columns in blocks(challenge.targets):
            width, high = (
                columns.stop - columns.start,
                len(target.names) if target.name == "expr" else 2,
            )
            values = rng.integers(0, high, (N_FRAMES, width)).astype(float)
            parts.append(rng.uniform(-1, 1, (N_FRAMES, width)) if target.name == "va" else values)
        values = np.hstack(parts)
        known = rng.random(values.shape) < 0.9
        truth[video] = Track.of(video, np.where(known, values, np.nan))
        said = rng.random((N_FRAMES, len(output_names(challenge))))
        said[GAP] = np.nan
        outputs[video] = Track.of(video, said)
    return challenge, truth, outputs


def seen(truth, outputs):
    """Put together the frames with a face and all labels."""
    true = np.concatenate([track.values for track in truth.values()])
    pred = np.concatenate([track.values for track in outputs.values()])
    whole = ~np.isnan(true).any(axis=1) & ~np.isnan(pred).any(axis=1)
    return true[whole], pred[whole]


def test_expressions_as_the_paper_counts_are_the_f1_and_accuracy_of_frames_with_a_face():
    challenge, truth, outputs = draw("expr")
    true, pred = seen(truth, outputs)
    found, chosen = measure(challenge, truth, outputs)["faces"], pred.argmax(axis=1)
    assert found["expr"] == pytest.approx(f1_score(true[:, 0], chosen, average="macro"))
    assert found["accuracy"] == pytest.approx(accuracy_score(true[:, 0], chosen))
    every = f1_score(true[:, 0], chosen, average=None)
    assert [found[name] for name in output_names(challenge)] == pytest.approx(list(every))


def test_values_as_the_paper_counts_are_the_ccc_of_frames_with_a_face():
    challenge, truth, outputs = draw("va")
    true, pred = seen(truth, outputs)
    both = []
    for x, y in zip(true.T, pred.T, strict=True):
        spread = x.var() + y.var() + (x.mean() - y.mean()) ** 2
        both.append(2 * np.cov(x, y, ddof=0)[0, 1] / spread)
    found = measure(challenge, truth, outputs)["faces"]
    assert [found["valence"], found["arousal"]] == pytest.approx(both)
    assert found["va"] == pytest.approx(np.mean(both))


def test_action_units_as_the_paper_counts_are_the_f1_of_whole_rows_with_a_face():
    challenge, truth, outputs = draw("au")
    true, pred = seen(truth, outputs)
    found = measure(challenge, truth, outputs)["faces"]
    assert found["au"] == pytest.approx(f1_score(true, pred >= 0.5, average="macro"))
    best = [
        max(f1_score(x, y >= limit / 10) for limit in range(1, 10))
        for x, y in zip(true.T, pred.T, strict=True)
    ]
    assert found["au_oracle"] == pytest.approx(np.mean(best))


@pytest.mark.parametrize("task", TASKS)
def test_the_official_score_counts_frames_without_a_face(task):
    challenge, truth, outputs = draw(task)
    found = measure(challenge, truth, outputs)
    assert found["official"][task] != pytest.approx(found["faces"][task], abs=1e-6)
    whole = {name: np.where(np.isnan(t.values), 0.5, t.values) for name, t in outputs.items()}
    filled = {name: Track.of(name, values) for name, values in whole.items()}
    assert measure(challenge, truth, filled)["faces"].keys() == found["faces"].keys()


@pytest.mark.parametrize("task", ["au", "mtl"])
def test_thresholds_of_the_scored_frames_are_never_below_those_of_other_videos(task):
    for found in measure(*draw(task)).values():
        assert found[f"{task}_oracle"] >= found[f"{task}_validated"]
        assert found[f"{task}_oracle"] >= found[task]


def test_the_sum_of_mtl_has_the_thresholds_of_its_units():
    for found in measure(*draw("mtl")).values():
        rest = found["va"] + found["expr"]
        for variant in ("", "_oracle", "_validated"):
            assert found[f"mtl{variant}"] == pytest.approx(rest + found[f"au{variant}"])


def test_a_face_in_every_frame_makes_both_counts_of_values_the_same():
    challenge, truth, outputs = draw("va")
    whole = {name: Track.of(name, np.nan_to_num(t.values)) for name, t in outputs.items()}
    found = measure(challenge, truth, whole)
    assert found["official"] == found["faces"]


def test_the_rule_of_the_paper_is_about_action_units_only():
    assert as_paper(find_challenge("va", 3)) is find_challenge("va", 3)
    assert as_paper(find_challenge("mtl", 3)).targets[2].masking == "frame"


def test_what_is_undefined_is_none():
    assert defined({"one": 0.5, "other": float("nan")}) == {"one": 0.5, "other": None}


def filled(outputs):
    """Draw a straight line over each gap, in all videos one after another."""
    whole = []
    for track in outputs.values():
        there = np.flatnonzero(~np.isnan(track.values).any(axis=1))
        at = np.arange(track.n_frames)
        whole.append(np.stack([np.interp(at, there, c[there]) for c in track.values.T], axis=1))
    return np.concatenate(whole)


def parts(challenge, truth, outputs, name):
    """Give the labels and the filled outputs of a target, of all frames."""
    true = np.concatenate([track.values for track in truth.values()])
    pred = filled(outputs)
    columns = {target.name: own for target, own in blocks(challenge.targets)}
    own = {target.name: own for target, own in output_blocks(challenge.targets)}
    return true[:, columns[name]], pred[:, own[name]]


@pytest.mark.parametrize("task", ["au", "mtl"])
def test_the_official_score_of_action_units_is_the_f1_of_every_annotated_value(task):
    drawn = draw(task)
    true, pred = parts(*drawn, "au")
    found, known = measure(*drawn)["official"], ~np.isnan(true)

    def best(limits):
        return np.mean([
            max(f1_score(x[k], y[k] >= limit / 10) for limit in limits)
            for x, y, k in zip(true.T, pred.T, known.T, strict=True)
        ])

    assert found["au"] == pytest.approx(best([5]))
    assert found["au_oracle"] == pytest.approx(best(range(1, 10)))


@pytest.mark.parametrize("task", ["expr", "mtl"])
def test_the_official_score_of_expressions_is_the_f1_of_every_annotated_frame(task):
    drawn = draw(task)
    true, pred = parts(*drawn, "expr")
    true, known = true[:, 0], ~np.isnan(true[:, 0])
    expected = f1_score(true[known], pred.argmax(axis=1)[known], average="macro")
    assert measure(*drawn)["official"]["expr"] == pytest.approx(expected)


@pytest.mark.parametrize("task", TASKS)
def test_all_that_is_measured_has_a_name_and_can_be_read_back(task, tmp_path):
    challenge, truth, outputs = draw(task)
    found = {way: defined(own) for way, own in measure(challenge, truth, outputs).items()}
    kept = Result(key="k", seed=1, epoch=1, train=(1, 2), valid=(3, 4), measures=found)
    kept.save(tmp_path)
    assert Result.load(tmp_path, "k", names_of(challenge)) == kept


def test_only_action_units_are_tuned(monkeypatch):
    tuned = []

    def watched(challenge, *arguments, **options):
        tuned.extend(target.name for target in challenge.targets)
        return tune(challenge, *arguments, **options)

    monkeypatch.setattr("baselines.reproduction.measuring.tune", watched)
    measure(*draw("mtl"))
    assert tuned == ["au", "au"]
