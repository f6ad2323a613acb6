"""What must hold for every row of the table, present and future."""

import json
from dataclasses import replace

import numpy as np
import pytest

from abawkit import CHALLENGES, Track, accuracy, evaluate, f1_macro, f1_mean, mean_ccc, pearson
from abawkit.cli.score import score
from abawkit.labels import write_labels
from abawkit.protocol import Categorical, Continuous, MultiLabel, blocks
from abawkit.report import as_json, as_text


def draw(target, frames, rng):
    match target:
        case Continuous():
            low, high = round(target.low * 1000), round(target.high * 1000)
            return rng.integers(low, high, (frames, target.columns), endpoint=True) / 1000
        case Categorical():
            return rng.integers(len(target.names), size=(frames, 1)).astype(float)
        case MultiLabel():
            return rng.integers(2, size=(frames, target.columns)).astype(float)


def corpus(challenge, seed, *, masked=0.0):
    """Draw four videos, or as many clips where a row is a whole clip."""
    rng = np.random.default_rng(seed)
    key = challenge.protocol.annotation.key
    clips = key is not None and "frame" not in key.fields
    drawn = []
    for index in range(200 if clips else 4):
        frames = 1 if clips else 50 + index
        values = np.hstack([draw(target, frames, rng) for target in challenge.targets])
        known = rng.random(values.shape) >= masked
        drawn.append(Track.of(f"video{index}", values, known))
    return drawn


def literal(task, target, y_true, y_pred, known):
    """Score arrays of all frames by the plain functions of abawkit.metrics."""
    rows = known.all(axis=1)
    true, pred = y_true[rows], y_pred[rows]
    match target:
        case Continuous(name="va"):
            return mean_ccc(true, pred)
        case Continuous():
            return np.mean([pearson(*columns) for columns in zip(true.T, pred.T, strict=True)])
        case Categorical():
            classes = len(target.names)
            f1 = f1_macro(true[:, 0], pred[:, 0], classes=classes)
            if task in {"abaw1-expr", "abaw2-expr"}:
                return 0.67 * f1 + 0.33 * accuracy(true[:, 0], pred[:, 0], classes=classes)
            return f1
        case MultiLabel():
            f1 = f1_mean(np.where(known, y_true, 0), np.where(known, y_pred, 0), known=known)
            if task in {"abaw1-au", "abaw2-au"}:
                return 0.5 * f1 + 0.5 * (y_true == y_pred)[known].mean()
            return f1


@pytest.fixture(params=CHALLENGES.values(), ids=CHALLENGES)
def challenge(request):
    return request.param


@pytest.fixture
def truth(challenge):
    return corpus(challenge, 0, masked=0.1)


@pytest.fixture
def guess(challenge):
    return corpus(challenge, 1)


def test_perfect_predictions_score_the_maximum(challenge):
    truth = corpus(challenge, 0)
    assert evaluate(challenge, truth, truth).score == pytest.approx(len(challenge.targets))


def test_unannotated_values_do_not_count(challenge, truth, guess):
    other = corpus(challenge, 2)
    holed = [
        replace(track, values=np.where(annotated.known, track.values, free.values))
        for annotated, track, free in zip(truth, guess, other, strict=True)
    ]
    assert evaluate(challenge, truth, holed).score == evaluate(challenge, truth, guess).score


def test_unannotated_frames_change_no_score_but_the_count(challenge, truth, guess):
    row = np.full((1, challenge.protocol.columns), np.nan)
    longer = [Track.of(t.video, np.vstack([t.values, row])) for t in truth]
    padded = [Track.of(t.video, np.vstack([t.values, t.values[:1]])) for t in guess]
    one, two = evaluate(challenge, truth, guess), evaluate(challenge, longer, padded)
    assert one.score == two.score
    assert two.total.n_masked == one.total.n_masked + len(truth)


def test_video_order_does_not_matter(challenge, truth, guess):
    one = evaluate(challenge, truth, guess)
    two = evaluate(challenge, truth[::-1], guess[::-1])
    assert one.score == pytest.approx(two.score, abs=1e-12)
    assert one.per_class == pytest.approx(two.per_class, abs=1e-12)


def test_corpus_score_is_that_of_all_frames_at_once(challenge, truth, guess):
    y_true, y_pred = (np.vstack([t.values for t in tracks]) for tracks in (truth, guess))
    known = np.vstack([track.known for track in truth])
    expected = sum(
        literal(challenge.name, target, y_true[:, block], y_pred[:, block], known[:, block])
        for target, block in blocks(challenge.targets)
    )
    assert evaluate(challenge, truth, guess).score == pytest.approx(expected, abs=1e-12)


def test_every_output_and_class_has_a_score_by_its_name(challenge, truth, guess):
    names = [name for target in challenge.targets for name in target.names]
    assert list(evaluate(challenge, truth, guess).per_class) == names


def test_a_report_can_be_shown(challenge, truth, guess):
    report = evaluate(challenge, truth, guess)
    assert json.loads(as_json(report))["score"] == report.score
    last = as_text(report).split("\n\n")[0].splitlines()[-1]
    assert last.split() == [challenge.name, "score", f"{report.score:.4f}"]


def test_the_command_scores_its_files(challenge, truth, guess, tmp_path, capsys):
    layouts = challenge.protocol.annotation, challenge.protocol.submission
    for folder, tracks, layout in zip(("gt", "preds"), (truth, guess), layouts, strict=True):
        named = {track.video: track for track in tracks}
        targets = challenge.targets
        write_labels(tmp_path / folder, named, targets=targets, layout=layout, sentinels=True)
    score(tmp_path / "preds", tmp_path / "gt", task=challenge.name, score_only=True, decimals=12)
    expected = evaluate(challenge, truth, guess).score
    assert float(capsys.readouterr().out) == pytest.approx(expected, abs=1e-9)
