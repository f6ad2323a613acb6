"""Picking and joining targets, and what is refused on the way to another layout."""

import pandas as pd
import pytest

from abawkit.errors import AlignmentError, DataError, SubmissionError, UsageError
from abawkit.protocol import Categorical, find_challenge
from abawkit.track import Track
from submissions.conversion import convert
from tests.submissions.conversion.drawing import read, same, some_predictions, write

VA, EXPR, AU, MTL = (find_challenge(f"abaw3-{task}") for task in ("va", "expr", "au", "mtl"))
VA_6, AU_1, EXPR_1 = (find_challenge(f"abaw{name}") for name in ("6-va", "1-au", "1-expr"))


@pytest.fixture
def old(tmp_path):
    """Write MTL predictions, and give their file and what they are."""
    tracks = some_predictions(MTL)
    return write(tmp_path / "old", tracks, MTL), tracks


def part(tracks, columns):
    picked = {video: track.values[:, columns] for video, track in tracks.items()}  # noqa: PD011
    return {video: Track.of(video, values) for video, values in picked.items()}


PARTS = [(VA, slice(0, 2)), (EXPR, slice(2, 3)), (AU, slice(3, 15))]


@pytest.mark.parametrize(("challenge", "columns"), PARTS, ids=["va", "expr", "au"])
def test_mtl_has_what_a_single_task_asks_for(challenge, columns, old, tmp_path):
    path, tracks = old
    outcome = convert([path], challenge, out=tmp_path / "new")
    assert same(read(outcome.out, challenge), part(tracks, columns))


def test_three_tasks_together_are_mtl_in_any_order(old, tmp_path):
    path, tracks = old
    sources = [convert([path], row, out=tmp_path / row.name).out for row, _ in reversed(PARTS)]
    outcome = convert(sources, MTL, out=tmp_path / "mtl.txt")
    assert same(read(outcome.out, MTL), tracks)


def test_a_target_that_no_source_has_is_told(old, tmp_path):
    sources = [convert([old[0]], row, out=tmp_path / row.name).out for row, _ in PARTS[:2]]
    with pytest.raises(UsageError, match=r"no source has au; abaw3-mtl asks .* found va, expr"):
        convert(sources, MTL, out=tmp_path / "mtl.txt")


def test_sources_may_have_some_of_the_videos_each(tmp_path):
    tracks = some_predictions(VA)
    files = [write(tmp_path / v, {v: track}, VA_6) for v, track in tracks.items()]
    assert same(read(convert(files, VA, out=tmp_path / "new").out, VA), tracks)
    with pytest.raises(UsageError, match="va of video1 is in another source too"):
        convert([files[0], files[0]], VA, out=tmp_path / "other")


def test_videos_that_one_target_lacks_are_told(tmp_path):
    tracks = some_predictions(VA)
    va = write(tmp_path / "va", tracks, VA)
    others = {"expr": some_predictions(EXPR, lengths=(5,)), "au": some_predictions(AU)}
    paths = [write(tmp_path / task, own, find_challenge(task)) for task, own in others.items()]
    with pytest.raises(AlignmentError, match="1 of 2 videos have no expr: 007; expected all of"):
        convert([va, *paths], MTL, out=tmp_path / "new")


def test_classes_keep_their_names_in_another_edition(tmp_path):
    tracks = some_predictions(EXPR_1)
    there = convert([write(tmp_path / "a", tracks, EXPR_1)], EXPR, out=tmp_path / "b")
    back = convert([there.out], EXPR_1, out=tmp_path / "c")
    assert same(read(there.out, EXPR), tracks)
    assert same(read(back.out, EXPR_1), tracks)


def test_a_class_that_the_edition_has_not_is_told(tmp_path):
    tracks = {"a": Track.of("a", [[0], [7], [7]])}
    source = write(tmp_path / "a", tracks, EXPR)
    with pytest.raises(
        DataError, match=r"2 frames with .* \(frame 2 of a: Other, frame 3 of a: Oth"
    ):
        convert([source], EXPR_1, out=tmp_path / "b")


def test_action_units_of_a_table_may_be_more_than_the_edition_has(tmp_path):
    units = dict.fromkeys([*AU.targets[0].names, "AU20"], 0) | {"AU12": 1}
    pd.DataFrame({"video": ["a"], "frame": [1], **units}).to_csv(tmp_path / "a.csv", index=False)
    with pytest.warns(UserWarning, match="AU7"):
        outcome = convert([tmp_path / "a.csv"], AU_1, out=tmp_path / "b")
    assert (tmp_path / "b" / "a.txt").read_text().endswith("\n0,0,0,0,1,0,0,0\n")
    assert outcome.verdict.ok


def test_action_units_that_nobody_predicted_are_told(tmp_path):
    source = write(tmp_path / "a", some_predictions(AU), AU)
    with pytest.raises(DataError, match="no AU20; expected AU1, AU2, AU4, AU6, AU12, AU15, AU20"):
        convert([source], AU_1, out=tmp_path / "b")


def test_frames_are_no_clips(tmp_path):
    frames, clips = find_challenge("abaw8-ah"), find_challenge("abaw11-ah")
    for source, other in [(frames, clips), (clips, frames)]:
        path = write(tmp_path / source.name, some_predictions(source), source)
        with pytest.raises(UsageError, match=f"the rows of {source.name} are .* does not tell"):
            convert([path], other, given=None if source is frames else source, out=tmp_path / "b")


def test_probabilities_stay_beside_the_label(tmp_path):
    ah, older = find_challenge("abaw11-ah"), find_challenge("abaw10-ah")
    text = "a,0.6,0.4,0\nb/c,0.0,1.0,1\nd,0.5,0.5,1\n"
    (tmp_path / "trial-0.txt").write_text(text)
    outcome = convert([tmp_path / "trial-0.txt"], older, given=ah, out=tmp_path / "b")
    rows = [line.split(",") for line in outcome.out.read_text().splitlines()]
    assert [[row[0], *map(float, row[1:])] for row in rows] == [
        ["a", 0.6, 0.4, 0], ["b/c", 0, 1, 1], ["d", 0.5, 0.5, 1],
    ]  # fmt: skip


def test_what_is_not_valid_is_not_written(tmp_path, monkeypatch):
    # Nothing that convert writes is known not to be valid, so that the writer has to fail.
    def write_badly(folder, *_args, **_options):
        folder.mkdir()
        (folder / "a.txt").write_text("valence,arousal\n0.5,2\n")

    monkeypatch.setattr("submissions.conversion.conversion.write_labels", write_badly)
    source = write(tmp_path / "old", {"a": Track.of("a", [[0, 0]])}, VA)
    with pytest.raises(SubmissionError, match=r"new: not written(.|\n)*new/a.txt:2"):
        convert([source], VA, out=tmp_path / "new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["old"]


def test_thresholds_are_for_probabilities(old, tmp_path):
    with pytest.raises(UsageError, match="--thresholds: expected probabilities of action units"):
        convert([old[0]], AU, out=tmp_path / "new", thresholds=[0.3])
    with pytest.raises(UsageError, match="abaw3-va has no action units"):
        convert([old[0]], VA, out=tmp_path / "new", thresholds=[0.3])


def test_a_table_may_hold_another_challenge(tmp_path):
    assert isinstance(EXPR.targets[0], Categorical)
    table = {"video": ["a"], "frame": [1], "expression": [7]}
    pd.DataFrame(table).to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(DataError, match="1 frame with a class that expr has not"):
        convert([tmp_path / "a.csv"], EXPR_1, given=EXPR, out=tmp_path / "new")
