"""The commands as processes: what they print, how they end, and that they can be killed."""

import os
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from abawkit.cli import main
from abawkit.errors import MissingDependencyError
from abawkit.labels import read_labels
from baselines.training.cli import train_backbone
from submissions import Tuned, load_run
from tests.baselines.fakes import contents, save_frames

MAIN = [sys.executable, "-c", "from abawkit.cli import main; main()"]
SLOW = """
import time
import numpy as np

class Slow:
    identity = {"model": "slow"}

    def __str__(self):
        return "slow"

    def prepare(self, image):
        time.sleep(0.001)
        return np.asarray(image.convert("L"), np.float32).mean(keepdims=True)[0] / 255

    def predict(self, batch):
        return np.concatenate([batch, -batch], axis=1)

def factory(challenge):
    return Slow()
"""


def command(*arguments):
    return [*MAIN, *map(str, arguments)]


def environment(root):
    return os.environ | {"PYTHONPATH": str(root), "NO_COLOR": "1", "COLUMNS": "200"}


def call(root, *arguments):
    """Run a command and give its exit code, output and errors."""
    done = subprocess.run(
        command(*arguments),
        cwd=root,
        env=environment(root),
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Give a folder with the frames of a few videos and a model of one's own."""
    root = tmp_path_factory.mktemp("cli")
    for number in range(12):
        save_frames(root / "data", f"video{number}", range(2, 42))
    counts = "".join(f"video{number},45\n" for number in range(12))
    (root / "frames.csv").write_text(f"video,frames\n{counts}")
    (root / "slow_model.py").write_text(SLOW)
    (root / "one.txt").write_text("video0,45\n")
    return root


def predict(root, *options, model="slow_model:factory"):
    chosen = ("--model", model) if model else ()
    return call(root, "predict", "--task", "va", "--data", "data", *chosen, *options)


def test_the_edition_is_that_of_the_sample(root):
    (root / "sample.txt").write_text("image_location,valence,arousal\nvideo0/00002.jpg,\n")
    code, _, err = predict(root, "--like", "sample.txt", "--out", "like")
    assert (code, "abaw10-va by slow" in err) == (0, True)
    assert (root / "like/predictions.txt").read_text().startswith("image_location,valence,arous")


def test_the_bundled_model_predicts_with_no_option_but_the_task(root):
    code, out, err = predict(root, "--videos", "one.txt", "--out", "bundled", model=None)
    assert (code, "wrote bundled/ and read it back: 45 rows, valid" in out) == (0, True)
    assert "abaw3-va by efficientnet_lite0_ferplus (CPUExecutionProvider, logits), head" in err
    assert "box:101" in out
    values = read_labels(root / "bundled", "abaw3-va")["video0"].values
    assert values.shape == (45, 2)
    assert np.isfinite(values).all()


def test_foreign_files_and_guessed_lengths_are_noted_on_stderr(tmp_path):
    save_frames(tmp_path / "data", "v", [1, 2])
    (tmp_path / "data/notes.txt").touch()
    (tmp_path / "slow_model.py").write_text(SLOW)
    code, out, err = predict(tmp_path, "--out", "noted")
    assert (code, "notes" in out) == (0, False)
    assert "no frames, left alone: notes.txt" in err
    assert "warning: 1 videos end at their last image" in err


WRONG = [
    (["--smooth", "box:4"], 2, "expected an odd width"),
    (["--data", "nowhere"], 3, "nowhere: no such folder"),
    (["--provider", "X", "--model", "efficientnet_lite0_ferplus"], 4, "no ONNX Runtime"),
    (["--fill", "cubic"], 2, "no fill 'cubic'"),
    (["--model", "nothing"], 2, "no model 'nothing'"),
    (["--model", ":x"], 2, "expected package.module:factory"),
    (["--edition", "99"], 2, "99"),
    (["--unknown"], 2, "No such option"),
    (["--videos", "nowhere.txt"], 3, "cannot read this list"),
    (["--frames", "one.txt", "--videos", "slow_model.py"], 3, "slow_model.py"),
    (["--out", "data"], 3, "not empty, and no run"),
    (["--out", "frames.csv"], 3, "could not be written"),
    (["--model", "frames.csv"], 4, "not a network that abawkit made"),
    (["--head", "frames.csv", "--model", "efficientnet_lite0_ferplus"], 4, "not a head"),
    (["--features", "nowhere"], 3, "nowhere: no such folder; expected what 'abawkit extract'"),
    (["--features", "data"], 3, "data: no features in this folder"),
    (["--thresholds", ".5"], 2, "abaw3-va has no action units"),
    (["--tuned", "frames.csv"], 3, "frames.csv: cannot read this"),
]


@pytest.mark.parametrize(("options", "code", "fragment"), WRONG[:3])
def test_a_process_that_cannot_do_it_ends_with_a_message_and_a_code(root, options, code, fragment):
    found, out, err = predict(root, "--videos", "one.txt", "--out", "wrong", *options)
    assert (found, out) == (code, "")
    assert fragment in err


@pytest.fixture
def answer(root, monkeypatch, capsys):
    """Give a function that runs a command in this process, as `call` does in another."""

    def run(*arguments):
        monkeypatch.chdir(root)
        monkeypatch.syspath_prepend(root)
        monkeypatch.setattr(sys, "argv", ["abawkit", *arguments])
        with pytest.raises(SystemExit) as caught:
            main()
        said = capsys.readouterr()
        return caught.value.code, said.out, said.err

    return run


@pytest.mark.parametrize(("options", "code", "fragment"), WRONG)
def test_what_a_user_gets_wrong_has_a_code(root, answer, options, code, fragment):
    before = contents(root / "data")
    given = ["--task", "va", "--data", "data", "--model", "slow_model:factory"]
    found, _, err = answer("predict", *given, "--videos", "one.txt", "--out", "wrong", *options)
    assert found == code
    assert fragment in err
    assert contents(root / "data") == before


def test_gaps_without_a_fill_end_with_code_1(root):
    options = ("--videos", "one.txt", "--out", "holes", "--fill", "none")
    code, _, err = predict(root, *options)
    assert (code, "video0: 5 frames have no face" in err) == (1, True)


def test_strict_ends_with_the_name_of_the_image(tmp_path):
    save_frames(tmp_path / "data", "v", [1, 2])
    (tmp_path / "data/v/00002.jpg").write_bytes(b"")
    (tmp_path / "slow_model.py").write_text(SLOW)
    (tmp_path / "frames.csv").write_text("v,2\n")
    code, _, err = predict(tmp_path, "--frames", "frames.csv", "--strict")
    assert code == 3
    assert "v/00002.jpg: cannot read this image" in err


def finished(out):
    """Give the raw files that are complete, with the time of each."""
    return {path.name: path.stat().st_mtime_ns for path in (out / "raw").glob("*.npz")}


def whole(folder):
    """Give every file that is whole; a killed process may leave a part of one."""
    return {name: data for name, data in contents(folder).items() if not name.endswith(".part")}


def start_and_kill(root, *arguments, until):
    """Kill a command at once when it has got somewhere; tell whether it still ran."""
    process = subprocess.Popen(
        command(*arguments),
        cwd=root,
        env=environment(root),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while process.poll() is None and not until():
        time.sleep(0.001)
    process.kill()
    return process.wait() == -signal.SIGKILL


def test_a_process_that_is_killed_and_started_again_ends_with_the_same_files(root):
    chance = random.Random(3)  # noqa: S311
    options = ("--frames", "frames.csv", "--smooth", "box:5", "--model", "slow_model:factory")
    assert predict(root, *options, "--out", "undisturbed")[0] == 0
    seen, killed = {}, 0
    for videos in sorted(chance.sample(range(1, 8), 3)):
        killed += start_and_kill(
            root, "predict", "--task", "va", "--data", "data", *options, "--out", "killed",
            until=lambda: len(finished(root / "killed")) >= videos,  # noqa: B023 - called now
        )  # fmt: skip
        done = finished(root / "killed")
        assert {name: done[name] for name in seen} == seen
        seen = done
    code, _, err = predict(root, *options, "--out", "killed")
    assert (code, killed > 0) == (0, True)
    assert f"{len(seen)} of 12 videos are done already" in err
    assert {name: finished(root / "killed")[name] for name in seen} == seen
    assert whole(root / "killed") == contents(root / "undisturbed")


def test_extraction_that_is_killed_and_started_again_ends_with_the_same_files(root):
    def done():
        return sorted((root / "cut").glob("*/*/video.json"))

    extract = ("extract", "--data", "data", "--out")
    # On a busy machine it may have ended before it is killed.
    start_and_kill(root, *extract, "cut", until=done)
    seen = {path: path.stat().st_mtime_ns for path in done()}
    assert seen
    code, out, err = call(root, *extract, "cut")
    assert (code, f"{len(seen)} of 12 videos are done already" in err) == (0, True)
    assert "12 videos, 480 frames, 1.3 MB\nfeatures in cut/efficientnet_lite0_ferplus-" in out
    assert {path: path.stat().st_mtime_ns for path in seen} == seen
    assert call(root, *extract, "whole")[0] == 0
    assert whole(root / "cut") == contents(root / "whole")


def test_features_predict_what_images_do(root, answer):
    assert answer("extract", "--data", "data", "--videos", "one.txt", "--out", "few")[0] == 0
    asked = ("predict", "--task", "va", "--videos", "one.txt")
    images = answer(*asked, "--data", "data", "--out", "by-images")
    features = (*asked, "--features", "few", "--out", "by-features")
    code, out, err = answer(*features)
    assert (code, images[1].replace("by-images", "by-features")) == (0, out)
    assert "abaw3-va by efficientnet_lite0_ferplus (features, CPUExecutionProvider), head" in err
    first, second = (read_labels(root / f"by-{e}", "abaw3-va") for e in ("images", "features"))
    np.testing.assert_allclose(first["video0"].values, second["video0"].values, atol=2e-6)
    code, _, err = answer(*features, "--model", "efficientnet_lite0_ferplus")
    assert (code, "leave --model out" in err) == (2, True)


def test_a_provider_is_not_given_with_features(answer):
    assert answer("extract", "--data", "data", "--videos", "one.txt", "--out", "short")[0] == 0
    asked = ("predict", "--task", "va", "--videos", "one.txt", "--features", "short")
    code, _, err = answer(*asked, "--out", "no", "--provider", "cpu")
    assert (code, "leave --provider out" in err) == (2, True)


def test_features_of_other_images_are_replaced_if_that_is_asked_for(tmp_path, answer):
    save_frames(tmp_path / "data", "v", [1])
    options = ("extract", "--data", str(tmp_path / "data"), "--out", str(tmp_path / "out"))
    assert answer(*options)[0] == 0
    save_frames(tmp_path / "data", "v", [2])
    code, _, err = answer(*options)
    assert (code, "1 of 1 videos have features of other images: v; --force" in err) == (2, True)
    assert answer(*options, "--force")[0] == 0


def test_a_listed_video_without_a_folder_has_no_features_unless_it_has_no_face(root, answer):
    (root / "two.txt").write_text("video0\nnobody\n")
    options = ("extract", "--data", "data", "--videos", "two.txt", "--out", "two")
    code, _, err = answer(*options)
    assert (code, "no folder for 1 videos of the list: nobody" in err) == (3, True)
    code, out, _ = answer(*options, "--allow-missing")
    assert (code, "2 videos, 40 frames" in out) == (0, True)


def test_tuned_settings_are_taken(root, answer):
    Tuned(challenge="abaw3-va", smooth={"va": "box:5"}).save(root / "tuned.json")
    given = ("predict", "--task", "va", "--data", "data", "--model", "slow_model:factory")
    options = (*given, "--videos", "one.txt", "--tuned", "tuned.json", "--out", "tuned")
    assert "smoothed: box:5\n" in answer(*options)[1]
    assert "smoothed: none\n" in answer(*options, "--smooth", "none")[1]


def test_settings_that_were_tuned_for_another_model_are_told_of(root, answer):
    tuned = Tuned(challenge="abaw3-va", smooth={"va": "box:5"}, members=("other [0]",))
    tuned.save(root / "other.json")
    given = ("predict", "--task", "va", "--data", "data", "--model", "slow_model:factory")
    options = ("--videos", "one.txt", "--tuned", "other.json", "--out", "other")
    code, _, err = answer(*given, *options)
    assert (code, "warning: the settings were tuned for other [0] and are used" in err) == (
        0,
        True,
    )


def test_a_run_is_read_where_it_was_written(root):
    assert predict(root, "--videos", "one.txt", "--out", "read")[0] == 0
    table = load_run(root / "read").table()
    assert table.loc["video0"].index.tolist() == list(range(2, 42))
    assert (table["arousal"] == -table["valence"]).all()


@pytest.mark.parametrize("name", ["extract", "predict", "train-backbone"])
def test_help_has_an_example(root, name):
    code, out, _ = call(root, name, "--help")
    assert code == 0
    assert f"Example: abawkit {name}" in out


def test_training_without_torch_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    for name in list(sys.modules):
        if name.startswith("baselines.training."):
            monkeypatch.delitem(sys.modules, name)
    with pytest.raises(MissingDependencyError, match=r"pip install 'abawkit\[train\]'"):
        train_backbone(tmp_path / "train.npz", tmp_path / "valid.npz")


def test_training_data_that_is_not_there_ends_with_code_3(answer):
    pytest.importorskip("torch")
    code, _, err = answer("train-backbone", "no.npz", "no.npz", "--out", "run")
    assert code == 3
    assert "no.npz: expected an .npz with images, votes and columns" in err
