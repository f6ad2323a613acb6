"""``abawkit diff`` as it is typed."""

import json
import sys

import numpy as np
import pytest

from abawkit.cli import main
from abawkit.labels import Rows, write_labels
from abawkit.protocol import CHALLENGES, find_challenge
from abawkit.track import Track
from tests.submissions.runs import make_run


@pytest.fixture
def diff(tmp_path, monkeypatch, capsys):
    """Give a function that runs the command in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["abawkit", "diff", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        return end.value.code, *capsys.readouterr()

    return call


def write(folder, name, tracks):
    """Write labels in the layout of a challenge, all frames of each video."""
    protocol = CHALLENGES[name].protocol
    rows = None
    if not protocol.submission.per_video:
        rows = Rows.whole({video: track.n_frames for video, track in tracks.items()})
    write_labels(folder, tracks, targets=protocol.targets, layout=protocol.submission, rows=rows)
    return folder


def va(shift=0.0, videos="vw", n_frames=3):
    return {v: Track.of(v, np.full((n_frames, 2), 0.25 + shift)) for v in videos}


def test_runs_are_compared(diff, tmp_path):
    challenge = find_challenge("va")
    for seed, name in enumerate("ab"):
        make_run(tmp_path / name, challenge, seed)
    code, out, err = diff("a", "b", "--top", "1")
    assert (code, err) == (0, "")
    assert "and 2 more videos" in out
    assert "abaw3-va: 22 of 22 frames changed (100.0%), in 3 of 3 videos" in out
    assert "0 of 22 frames changed" in diff("a", "a")[1]


@pytest.mark.parametrize("options", [(), ("--task", "va"), ("--task", "va", "--edition", "3")])
def test_layouts_of_other_editions_are_compared(diff, tmp_path, options):
    write(tmp_path / "a", "abaw3-va", va())
    write(tmp_path / "b", "abaw6-va", va(0.5, "wx", 4))
    code, out, err = diff("a", "b/predictions.txt", "--json", *options)
    content = json.loads(out)
    assert (code, err) == (0, "")
    assert (content["n_frames"], content["drift"]["valence"]["mean"]) == (3, 0.5)
    assert (content["only_a"], content["only_b"]) == ({"v": 3}, {"w": 1, "x": 4})


def test_files_without_a_header_need_the_task_once(diff, tmp_path):
    tracks = {v: Track.of(v, [[label]]) for v, label in (("v", 0), ("w", 1))}
    for name in "ab":
        write(tmp_path / name, "abaw10-ah", tracks)
    assert diff("a", "b")[0] == 2
    code, out, _ = diff("a", "b", "--task", "ah")
    assert (code, out) == (0, "abaw11-ah: 0 of 2 frames changed (0.0%), in 0 of 2 videos\n")


def test_a_run_tells_the_task_of_a_file_without_a_header(diff, tmp_path):
    lengths = {"v": 4}
    rows = [("v", frame) for frame in range(1, 5)]
    make_run(tmp_path / "a", CHALLENGES["abaw8-ah"], lengths=lengths, rows=rows)
    code, out, err = diff("a", "a/trial-1.txt")
    assert (code, err) == (0, "")
    assert out.startswith("abaw8-ah: 0 of 4 frames changed")


@pytest.mark.parametrize("name", CHALLENGES)
def test_every_challenge_is_compared(diff, tmp_path, name):
    targets = CHALLENGES[name].targets
    values = np.concatenate([np.full((1, t.columns), 1.0) for t in targets], axis=1)
    for side, factor in (("a", 1), ("b", 0)):
        write(tmp_path / side, name, {"v": Track.of("v", values * factor)})
    code, out, err = diff("a", "b", "--task", name)
    assert (code, err) == (0, "")
    assert f"{name}: 1 of 1 frames changed (100.0%), in 1 of 1 videos" in out


@pytest.mark.parametrize(
    ("arguments", "code", "fragment"),
    [
        ("va expr8", 3, "va has the labels of abaw3-va, expr8 those of abaw3-expr; expected"),
        ("expr7 expr8", 3, "expected the same task and classes. abawkit convert turns"),
        ("va other", 3, "no frame is in both: one has v, w, the other q"),
        ("va none", 3, "none: no such file or folder"),
        ("va wrong", 3, "v.txt, line 2"),
        ("va va --task nonsense", 2, "has no task 'nonsense'"),
        ("va va --top -1", 2, "--top"),
    ],
)
def test_errors_are_one_message_and_a_code(diff, tmp_path, arguments, code, fragment):
    write(tmp_path / "va", "abaw3-va", va())
    write(tmp_path / "other", "abaw3-va", va(videos="q"))
    label = {"v": Track.of("v", [[1]])}
    write(tmp_path / "expr7", "abaw2-expr", label)
    write(tmp_path / "expr8", "abaw3-expr", label)
    (tmp_path / "wrong").mkdir()
    (tmp_path / "wrong" / "v.txt").write_text("valence,arousal\n0.1,much\n")
    found, out, err = diff(*arguments.split())
    assert (found, out) == (code, "")
    assert fragment in err


def test_probabilities_are_compared_beside_labels(diff, tmp_path):
    (tmp_path / "a.txt").write_text("v,0.4,0.6,1\nw,0.75,0.25,0\nx,0.5,0.5,0\n")
    (tmp_path / "b.txt").write_text("v,0.4,0.6,1\nw,0.625,0.375,0\nx,0.25,0.75,1\n")
    code, out, err = diff("a.txt", "b.txt", "--task", "ah")
    assert (code, err) == (0, "")
    assert "p(A/H)      +0.125000  0.161374  +0.250000  x frame 1" in out
    assert "mean p(A/H)" in out
    told = "1 of 3 frames changed their labels (33.3%), 2 their probabilities (66.7%), in 2 of 3"
    assert told in out
    content = json.loads(diff("a.txt", "b.txt", "--task", "ah", "--json")[1])
    assert (content["n_changed"], content["n_probabilities_changed"]) == (1, 2)
    videos = [(row["video"], row["n_probabilities_changed"]) for row in content["videos"]]
    assert videos == [("x", 1), ("w", 1), ("v", 0)]
    assert "changed their labels (0.0%), 0 their prob" in diff("a.txt", "a.txt", "--task", "ah")[1]


def test_an_archive_is_to_be_unpacked(diff, tmp_path):
    write(tmp_path / "a", "abaw6-va", va())
    (tmp_path / "b.zip").write_bytes(b"PK\x03\x04\x14")
    for arguments in [("a", "b.zip"), ("b.zip", "a"), ("a", "b.zip", "--task", "va")]:
        code, _, err = diff(*arguments)
        assert code == 3
        assert err.startswith("error: b.zip: this is an archive; expected text files: unpack it")
