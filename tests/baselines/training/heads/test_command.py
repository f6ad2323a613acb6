"""The command trains from files, and tells what it learned from and what came of it."""

import re
import shlex
import shutil
import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from abawkit.cli import main  # noqa: E402
from abawkit.errors import DataError, NoFaceWarning, TrainingWarning, UsageError  # noqa: E402
from abawkit.labels import read_labels, write_labels  # noqa: E402
from abawkit.protocol import find_challenge  # noqa: E402
from abawkit.track import Track  # noqa: E402
from baselines.heads import Head  # noqa: E402
from baselines.inference import predict_features  # noqa: E402
from baselines.training.heads.command import train_head  # noqa: E402
from baselines.training.heads.recipe import recipe_for  # noqa: E402
from baselines.training.heads.validation import Validation  # noqa: E402
from submissions.decide import output_names  # noqa: E402
from tests.baselines.training.heads.tiny import FRAMED, tiny_cache, tiny_truth  # noqa: E402

VA, EXPR, AU = (find_challenge(task, 3) for task in ("va", "expr", "au"))


@pytest.fixture(autouse=True)
def _threads():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """Make four videos; with v0 and v1 it is two people of one recording."""
    return tiny_cache(tmp_path_factory.mktemp("features"), videos=4)


@pytest.fixture
def train(cache, tmp_path):
    """Train on v0 and v1, by v2, and give the result and the notes."""

    def run(challenge, *, train=None, valid=None, out="run", recipe=None, **options):
        parts = {"train": train or tiny_truth(cache, challenge, "v0", "v1")}
        parts["valid"] = valid or tiny_truth(cache, challenge, "v2")
        for name, tracks in parts.items():
            shutil.rmtree(tmp_path / name, ignore_errors=True)
            layout = challenge.protocol.annotation
            targets = challenge.targets
            write_labels(tmp_path / name, tracks, targets=targets, layout=layout, sentinels=True)
        notes = []
        text = train_head(
            challenge,
            recipe_for(challenge, **({"epochs": 2, "batch_size": 16} | (recipe or {}))),
            features=cache.folder,
            train=tmp_path / "train",
            valid=tmp_path / "valid",
            out=tmp_path / out,
            threads=1,
            note=notes.append,
            **options,
        )
        return text, notes

    return run


@pytest.mark.parametrize("challenge", FRAMED.values(), ids=FRAMED)
def test_every_challenge_of_frames_is_trained_from_its_files(challenge, train, cache, tmp_path):
    text, notes = train(challenge)
    head = Head.load(tmp_path / "run" / "head.npz")
    assert head.outputs == output_names(challenge)
    assert set(predict_features(head, cache, read_labels(tmp_path / "valid", challenge))) == {"v2"}
    assert notes[0].startswith(f"{challenge.name} on tiny: {challenge.targets[0].name} from ")
    assert "60 training rows of 2 videos; 20 annotated frames have no features" in notes[0]
    assert [note.split(":")[0] for note in notes[1:]] == ["epoch 1/2", "epoch 2/2"]
    assert "(40 frames)" in text
    assert "(30 frames)" in text
    assert f"next: abawkit predict --task {challenge.name} --features " in text
    assert f"--head {tmp_path / 'run' / 'head.npz'} --annotations {tmp_path / 'valid'}" in text


def test_counts_and_weights_of_classes_are_shown(train, cache):
    labels = np.repeat([0.0, 0, 0, 7], 10)[:, None]
    with pytest.warns(TrainingWarning, match=r"expr: .* shows Anger, .* and 1 more; a head"):
        _, notes = train(EXPR, train={"v0": Track.of("v0", labels)})
    lines = [line.split() for line in notes[0].splitlines()]
    frames = cache.load("v0").frames
    last = int((frames > 30).sum())
    first = len(frames) - last
    assert ["expr", "rows", "weight"] in lines
    assert ["Neutral", str(first), "1.000"] in lines
    assert ["Anger", "0", "1.000"] in lines
    assert ["Other", str(last), f"{first / last:.3f}"] in lines


def test_counts_of_units_and_values_are_shown(train):
    labels = np.tile([1.0] * 3 + [0.0] * 9, (40, 1))
    with pytest.warns(TrainingWarning, match="no training row shows AU6, "):
        _, notes = train(AU, train={"v0": Track.of("v0", labels)})
    assert re.search(r"au +not there +weight +there +weight\nAU1 +0 +1.000 +30 +0.500\n", notes[0])
    _, notes = train(VA, out="va")
    assert re.search(r"va +rows\nvalence +60\narousal +60$", notes[0])


def test_no_weights_are_shown_where_there_are_none(train):
    _, notes = train(EXPR, recipe={"class_weights": "none"})
    assert re.search(r"expr +rows\nNeutral +\d+\n", notes[0])


def test_a_run_goes_on_and_a_finished_one_says_the_same(train):
    text, _ = train(EXPR)
    again, notes = train(EXPR)
    assert again == text
    assert notes[1:] == [notes[1]]
    assert notes[1].endswith("run: 2 epochs are done already")


def test_the_best_epoch_is_told(train):
    text, notes = train(EXPR, recipe={"epochs": 6, "rate": 0.05, "hidden": "0"})
    best = [at for at, note in enumerate(notes) if note.endswith("the best so far")][-1]
    assert text.startswith(f"best epoch: {best} of {len(notes) - 1}")
    score = re.search(r"f1_expr ([\d.]+)", notes[best])[1]
    assert f"no face: f1_expr {score}, score {score} (40 frames)" in text
    assert ("; more --epochs may do better" in text) == (best == 6)


def test_an_undefined_score_is_shown_as_such(train):
    unknown = Track.of("v2", np.zeros((40, 2)), np.arange(40) == 3)
    text, _ = train(VA, valid={"v2": unknown}, recipe={"source": "embedding"})
    assert "score undefined (0 frames)" in text


def test_a_recording_in_both_parts_is_told(train, cache):
    _, notes = train(EXPR, valid=tiny_truth(cache, EXPR, "v1", "v2"))
    assert notes[0].startswith("1 recordings are in both --train and --valid")
    assert notes[0].endswith(": v1")


def test_a_mask_by_frame_is_for_learning_only(train):
    values, known = np.zeros((40, 12)), np.ones((40, 12), bool)
    values[::2], known[::3, 5] = 1, False
    track = Track.of("v0", values, known)
    results = {}
    for mask in ("value", "frame", None):
        text, notes = train(
            AU, train={"v0": track}, valid={"v0": track}, out=str(mask), au_mask=mask
        )
        results[mask] = int(notes[1].split("\n\n")[1].split()[0])
        assert "(40 frames)" in text
    assert results == {"value": 30, "frame": 20, None: 30}
    with pytest.raises(UsageError, match="--au-mask does not apply to abaw3-expr"):
        train(EXPR, au_mask="frame")


def test_videos_without_features_are_refused_or_left_out(train, cache):
    far = {"far": Track.of("far", np.zeros((9, 1)))}
    for part, own in (("train", "v0"), ("valid", "v2")):
        tracks = {**tiny_truth(cache, EXPR, own), **far}
        with pytest.raises(DataError, match=r"1 of 2 annotated videos have no features.*: far"):
            train(EXPR, out=part, **{part: tracks})
    with pytest.warns(NoFaceWarning) as caught:
        text, notes = train(EXPR, train=far | tiny_truth(cache, EXPR, "v0"), valid=tracks,
                            allow_missing=True)  # fmt: skip
    assert "30 training rows of 2 videos; 19 annotated frames" in notes[1]
    assert "(49 frames)" in text
    assert len(caught) == 1


def test_the_number_of_threads_is_set(train):
    torch.set_num_threads(2)
    train(EXPR)
    assert torch.get_num_threads() == 1


@pytest.mark.parametrize("threads", [-3, 10**12])
def test_a_number_of_threads_that_cannot_be_is_refused(threads):
    with pytest.raises(UsageError, match=f"--threads {threads}: expected 0, for all cores, to"):
        train_head(EXPR, recipe_for(EXPR), features=None, train=None, valid=None, out=None,
                   threads=threads)  # fmt: skip


def test_what_to_do_next_can_be_pasted(train, cache, tmp_path):
    text, _ = train(EXPR, out="my run", allow_missing=True)
    told = shlex.split(text.partition("next: ")[2])
    assert told == [
        "abawkit", "predict", "--task", "abaw3-expr", "--features", str(cache.folder),
        "--head", str(tmp_path / "my run" / "head.npz"), "--annotations", str(tmp_path / "valid"),
        "--out", "preds/abaw3-expr", "--allow-missing",
    ]  # fmt: skip


def test_outputs_are_computed_once_to_tell_what_came_of_it(train, monkeypatch):
    calls = []
    outputs = Validation.outputs
    monkeypatch.setattr(Validation, "outputs", lambda *given: calls.append(1) or outputs(*given))
    train(EXPR)
    assert len(calls) == 2 + 1


def call(monkeypatch, capsys, *arguments):
    """Run a command; give its exit code, and what it wrote to stdout and to stderr."""
    monkeypatch.setattr(sys, "argv", ["abawkit", *map(str, arguments)])
    with pytest.raises(SystemExit) as caught:
        main()
    return caught.value.code, *capsys.readouterr()


def test_the_command_hands_all_its_options_on(train, cache, tmp_path, monkeypatch, capsys):
    expected, _ = train(EXPR, out="expected", recipe={
        "source": "both", "hidden": "4", "l2": "0.1", "rate": 0.01, "loss_weights": "2",
        "class_weights": "none", "sampler": "balanced", "patience": 1, "seed": 5,
        "standardise": False,
    })  # fmt: skip
    code, out, err = call(
        monkeypatch, capsys, "train", "--task", "expr", "--edition", 3, "--features", cache.folder,
        "--train", tmp_path / "train", "--valid", tmp_path / "valid", "--out", tmp_path / "run",
        "--source", "both", "--hidden", 4, "--l2", 0.1, "--rate", 0.01, "--loss-weights", 2,
        "--class-weights", "none", "--sampler", "balanced", "--patience", 1, "--seed", 5,
        "--no-standardise",
        "--epochs", 2, "--batch-size", 16, "--threads", 1, "--device", "cpu",
    )  # fmt: skip
    assert (code, out) == (
        0,
        expected.replace(str(tmp_path / "expected"), str(tmp_path / "run")) + "\n",
    )
    assert "abaw3-expr on tiny: expr from both with 4 hidden units" in err
    heads = [(tmp_path / name / "head.npz").read_bytes() for name in ("run", "expected")]
    assert heads[0] == heads[1]


@pytest.mark.parametrize(
    ("options", "code", "fragment"),
    [
        (["--task", "emi", "--edition", "8"], 2, "abaw8-emi asks for one label a clip"),
        (["--task", "expr", "--source", "pixels"], 2, "no source 'pixels'"),
        (["--task", "expr", "--features", "nowhere"], 3, "nowhere: no such folder"),
        (["--task", "expr", "--device", "nowhere"], 4, "no device 'nowhere' here"),
    ],
    ids=["clips", "source", "features", "device"],
)
def test_what_cannot_be_ends_in_one_message(  # noqa: PLR0913, PLR0917 - fixtures and a table
    options, code, fragment, train, cache, tmp_path, monkeypatch, capsys
):
    train(EXPR)
    given = ["--train", tmp_path / "train", "--valid", tmp_path / "valid", "--out", tmp_path / "o"]
    options = ["--features", cache.folder, *given, *options]
    found, out, err = call(monkeypatch, capsys, "train", *options)
    assert (found, out) == (code, "")
    assert err.startswith("error: ")
    assert fragment in err
    assert len(err.splitlines()) == 1
