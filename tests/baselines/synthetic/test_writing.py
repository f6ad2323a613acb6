"""The folder is read by all that reads real ones, and nowhere hides that it is made up."""

import re
import shlex
import subprocess
import sys

import numpy as np
import pytest

from abawkit import find_challenge, read_labels
from abawkit.errors import DataError, UsageError
from baselines.cache import find_caches
from baselines.labelled import label_rows
from baselines.synthetic.networks import MADE_UP, NETWORKS
from baselines.synthetic.scenes import film, labels_of
from baselines.synthetic.writing import FILES, FOLDERS, MARKER, SETS, make_features

TASKS = list(FOLDERS)


def contents(folder):
    return {
        file.relative_to(folder): file.read_bytes() for file in folder.rglob("*") if file.is_file()
    }


def annotated(folder, task, number):
    path = folder / "annotations" / FOLDERS[task]
    return read_labels(path / (FILES if task == "mtl" else SETS)[number], find_challenge(task, 3))


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Give a small set, and the text that came with it."""
    folder = tmp_path_factory.mktemp("features") / "made up"
    return folder, make_features(folder, seed=3, scale=0.1)


def test_annotations_are_read_back_as_they_were_drawn(data):
    sizes = 6, 4
    for number, size in enumerate(sizes):
        scenes = film(number, n_recordings=size, n_frames=400, seed=3)
        for task in TASKS:
            found = annotated(data[0], task, number)
            for video, track in labels_of(scenes, task).items():
                n = found[video].n_frames
                assert np.array_equal(found[video].values, track.values[:n], equal_nan=True)
                assert n == track.n_frames or task == "mtl"


def test_there_is_a_cache_of_each_network_with_all_annotated_videos(data):
    caches = {cache.origin.card.name: cache for cache in find_caches(data[0] / "features")}
    assert set(caches) == {network.name for network in NETWORKS}
    for cache in caches.values():
        frames = {video: cache.load(video).frames for video in cache.videos}
        for task in TASKS:
            for number in range(2):
                rows = label_rows(
                    find_challenge(task, 3), annotated(data[0], task, number), frames
                )
                assert 0 < rows.n_missed < 0.1 * len(rows)


def test_every_class_and_unit_is_annotated_in_both_parts(data):
    for number in range(2):
        values = np.vstack([t.values for t in annotated(data[0], "expr", number).values()])
        assert set(np.unique(values[~np.isnan(values)])) == set(range(8))
        values = np.vstack([t.values for t in annotated(data[0], "au", number).values()])
        assert (np.nanmax(values, axis=0) == 1).all()


def test_persons_are_listed_with_their_videos(data):
    lines = (data[0] / "persons.csv").read_text().splitlines()
    assert lines[0] == "video,group"
    rows = dict(line.split(",") for line in lines[1:])
    assert set(rows) == set(find_caches(data[0] / "features")[0].videos)
    assert rows["video11_1"] == rows["1"]


def test_everything_says_that_it_is_made_up(data):
    folder, text = data
    assert (folder / "README.txt").read_text().startswith(MARKER)
    assert "All of it is made up" in text
    for cache in find_caches(folder / "features"):
        assert cache.origin.card.source == MADE_UP


def test_the_commands_that_come_next_name_what_is_there(data):
    folder, text = data
    commands = [shlex.split(line) for line in text.splitlines() if line.startswith("  abawkit")]
    assert len(commands) == 2
    paths = [word for command in commands for word in command if word.startswith(str(folder))]
    assert len(paths) == 5
    assert all((folder / path).exists() for path in paths)


def test_the_same_seed_gives_the_same_bytes(data, tmp_path):
    make_features(tmp_path / "again", seed=3, scale=0.1)
    assert contents(tmp_path / "again") == contents(data[0])
    make_features(tmp_path / "again", seed=3, scale=0.1)
    assert contents(tmp_path / "again") == contents(data[0])


def test_another_seed_gives_other_people_and_networks(data, tmp_path):
    make_features(tmp_path, seed=4, scale=0.1)
    assert (annotated(tmp_path, "va", 0)["1"].values[:9] != 0).any()
    ours, theirs = contents(data[0]), contents(tmp_path)
    assert all(
        theirs[path] != content
        for path, content in ours.items()
        if path in theirs and path.name != "persons.csv"
    )
    assert not {c.origin.folder for c in find_caches(tmp_path / "features")} & {
        c.origin.folder for c in find_caches(data[0] / "features")
    }


def test_a_larger_scale_gives_more_videos(data, tmp_path):
    make_features(tmp_path, seed=3, scale=0.25)
    assert len(annotated(tmp_path, "va", 0)) == 20 > len(annotated(data[0], "va", 0))


def test_an_interrupted_set_is_completed(data, tmp_path):
    make_features(tmp_path, seed=3, scale=0.1)
    cache = find_caches(tmp_path / "features")[0]
    (cache.folder / "1" / "video.json").unlink()
    (tmp_path / "persons.csv").unlink()
    make_features(tmp_path, seed=3, scale=0.1)
    assert contents(tmp_path) == contents(data[0])


def test_a_set_that_was_interrupted_at_once_is_known_as_one(tmp_path, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("baselines.synthetic.writing.write_labels", interrupt)
        with pytest.raises(KeyboardInterrupt):
            make_features(tmp_path, seed=3, scale=0.1)
    assert make_features(tmp_path, seed=3, scale=0.1).startswith("Made")


@pytest.mark.parametrize(
    ("options", "fragment"),
    [
        ({"seed": -1}, "expected a seed of at least 0, found -1"),
        ({"scale": 0.0}, "expected a scale from 0.1 to 1000, found 0"),
        ({"scale": float("nan")}, "found nan"),
    ],
    ids=["seed", "scale", "nan"],
)
def test_impossible_options_are_refused(tmp_path, options, fragment):
    with pytest.raises(UsageError, match=re.escape(fragment)):
        make_features(tmp_path / "new", **options)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("name", ["notes.txt", "README.txt", "features"])
def test_a_folder_with_other_things_is_left_alone(tmp_path, name):
    (tmp_path / name).write_text("mine")
    with pytest.raises(DataError, match=f"found {name}; nothing was written"):
        make_features(tmp_path)
    assert contents(tmp_path) == {(tmp_path / name).relative_to(tmp_path): b"mine"}


def test_a_set_of_another_seed_is_left_alone(data):
    before = contents(data[0])
    with pytest.raises(DataError, match="of the same seed and scale"):
        make_features(data[0], seed=4, scale=0.1)
    assert contents(data[0]) == before


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(DataError, match="found a file"):
        make_features(tmp_path / "file")


def test_a_folder_that_cannot_be_written_to_is_said_so(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("baselines.synthetic.writing.write_whole", refuse)
    with pytest.raises(DataError, match=r"cannot make the features here: .*No space left"):
        make_features(tmp_path)


def test_the_command_makes_the_set(tmp_path):
    command = "import sys; from abawkit.cli import main; sys.exit(main())"
    arguments = ["sample-features", str(tmp_path / "x"), "--scale", "0.1", "--seed", "3"]
    done = subprocess.run(
        [sys.executable, "-c", command, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Made 7 videos")
    assert len(find_caches(tmp_path / "x" / "features")) == 3
