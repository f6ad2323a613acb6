"""Comparing files: what the systems are called, and what they are compared with."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abawkit import CHALLENGES, Track, evaluate
from abawkit.errors import AlignmentError, UsageError
from abawkit.evaluation.bootstrap import Bootstrap
from abawkit.evaluation.systems import compare_files, unique_names
from abawkit.labels import write_labels

FEW = Bootstrap(resamples=100)


def tracks(seed):
    values = np.random.default_rng(seed).integers(-1000, 1001, (20, 6, 2)) / 1000
    return [Track.of(f"video{index}", rows) for index, rows in enumerate(values)]


@pytest.fixture
def folders(tmp_path):
    row = CHALLENGES["abaw3-va"]
    for seed, name in enumerate(["gt", "one/run", "two/run"]):
        videos = {track.video: track for track in tracks(seed)}
        layout = row.protocol.annotation
        write_labels(tmp_path / name, videos, targets=row.targets, layout=layout, sentinels=True)
    return tmp_path


def test_files_are_compared_as_their_tracks_are(folders):
    found = compare_files(
        [folders / "one/run", folders / "two/run"], folders / "gt", bootstrap=FEW
    )
    one, two = (evaluate("abaw3-va", tracks(0), tracks(seed)).score for seed in (1, 2))
    scores = [system.report.score for system in found.systems.values()]
    assert scores == pytest.approx([one, two], abs=1e-12)
    assert found.pairs[0].score.difference == pytest.approx(one - two, abs=1e-12)


@pytest.mark.parametrize("baseline", ["two/run", "{folder}/two/run"])
def test_the_baseline_is_given_by_its_name_or_its_path(folders, baseline):
    found = compare_files(
        [folders / "one/run", folders / "two/run"],
        folders / "gt",
        bootstrap=FEW,
        baseline=baseline.format(folder=folders),
    )
    assert found.baseline == found.pairs[0].second == "two/run"


@pytest.mark.parametrize(
    ("runs", "options", "message"),
    [
        (["one/run"], {}, "two systems to compare at least, found run; annotations come"),
        (
            ["a", "b"],
            {"baseline": "run"},
            "no system is called 'run', as the baseline; there are a",
        ),
        (["a", "b"], {"correction": "sidak"}, "no correction 'sidak'"),
    ],
)
def test_what_cannot_be_compared_is_told_before_anything_is_read(tmp_path, runs, options, message):
    with pytest.raises(UsageError, match=message):
        compare_files([tmp_path / run for run in runs], tmp_path / "no", **options)


def test_rules_and_challenge_reach_the_scores(folders):
    found = compare_files(
        [folders / "one/run", folders / "two/run"],
        folders / "gt",
        bootstrap=FEW,
        task="va",
        edition=5,
        va_mask="value",
        allow_missing=True,
    )
    signature = found.systems["one/run"].signature
    assert signature.startswith("abaw5-va|")
    assert "|mask:va:value|" in signature
    assert "|missing:allowed|" in signature


def test_the_signature_tells_how_a_run_was_made(folders):
    manifest = {"labels": {"fill": "linear", "smooth": "box:3"}}
    (folders / "one/run/manifest.json").write_text(json.dumps(manifest), "utf-8")
    found = compare_files(
        [folders / "one/run", folders / "two/run"], folders / "gt", bootstrap=FEW
    )
    signatures = [system.signature for system in found.systems.values()]
    assert "|fill:linear|smooth:box:3|" in signatures[0]
    assert "|fill:?|smooth:?|" in signatures[1]


def test_missing_frames_are_refused_unless_allowed(folders):
    (folders / "two/run/video3.txt").unlink()
    with pytest.raises(AlignmentError, match="two/run: 1 of 20 annotated videos"):
        compare_files([folders / "one/run", folders / "two/run"], folders / "gt")


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["runs/a", "runs/b"], ("a", "b")),
        (["a/run", "b/run", "c/other"], ("a/run", "b/run", "c/other")),
        (["x/a/run", "y/a/run"], ("x/a/run", "y/a/run")),
        (["run", "run", "run"], ("run", "run (2)", "run (3)")),
        (["run", "run", "run (2)"], ("run", "run (2)", "run (2) (2)")),
        (["run/", "./other/../run"], ("run", "run (2)")),
        ([], ()),
    ],
)
def test_systems_are_called_as_their_folders_as_shortly_as_tells_them_apart(paths, names):
    assert unique_names([Path(path) for path in paths]) == names


@given(st.lists(st.lists(st.sampled_from(["a", "b", "a (2)"]), min_size=1, max_size=3)))
def test_no_two_systems_are_called_the_same(parts):
    names = unique_names([Path(*each) for each in parts])
    assert len(set(names)) == len(names) == len(parts)
