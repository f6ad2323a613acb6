"""The scoring program: scores as `abawkit score` does, and tells nothing that is hidden."""

import json
import re
import shutil

import numpy as np
import pytest

from abawkit import CHALLENGES, Track, evaluate, read_labels
from abawkit.bundle import scoring as module
from abawkit.bundle.building import bundle_files
from abawkit.bundle.columns import class_keys, leaderboard, scores_of
from abawkit.bundle.scoring import main
from abawkit.errors import AlignmentError
from abawkit.evaluation.bootstrap import confidence
from abawkit.labels import write_labels
from tests.abawkit.bundle.container import (
    LIBRARIES,
    run,
    site,
    unpack,
    write_submission,
    write_truth,
)
from tests.abawkit.evaluation.corpora import pair

pytestmark = pytest.mark.filterwarnings("ignore::abawkit.errors.AbawkitWarning")

ALL = pytest.mark.parametrize("challenge", CHALLENGES.values(), ids=CHALLENGES)
VA, EXPR, EMI = (CHALLENGES[name] for name in ("abaw6-va", "abaw6-expr", "abaw6-emi"))
AU, MTL = CHALLENGES["abaw6-au"], CHALLENGES["abaw4-mtl"]
AH_FRAMES, AH_VIDEOS = CHALLENGES["abaw8-ah"], CHALLENGES["abaw10-ah"]


def clips(challenge, tracks):
    """Cut tracks into clips where a row is a whole clip."""
    if not challenge.protocol.annotation.whole_clips:
        return tracks
    rows = [
        Track.of(f"{name.removeprefix('video')}{i:02}", track.values[[i]], track.known[[i]])
        for name, track in tracks.items()
        for i in range(track.n_frames)
    ]
    return {track.video: track for track in rows}


@pytest.fixture
def app(tmp_path):
    """Lay annotations and a submission out; give the folder and the true report."""

    def lay(challenge, *, masked=0.2):
        truth, prediction = (clips(challenge, t) for t in pair(challenge, masked=masked))
        truth = {video: track for video, track in truth.items() if track.known.any()}
        prediction = {video: prediction[video] for video in truth}
        folder = tmp_path / "app"
        write_truth(folder / "input" / "ref", challenge, truth)
        write_submission(folder / "input" / "res", challenge, prediction)
        (folder / "output").mkdir()
        return folder

    return lay


def start(folder, challenge, **options):
    return main(str(folder / "input"), str(folder / "output"), challenge=challenge.name, **options)


def report_of(folder, challenge):
    labels = [read_labels(folder / "input" / name, challenge) for name in ("ref", "res")]
    return evaluate(challenge, *labels)


def written(folder):
    return sorted(path.name for path in (folder / "output").iterdir())


def assert_refused(folder, err, *hints):
    """Nothing is written; the message has the hints, no path, and no label of the truth."""
    assert written(folder) == []
    assert err.startswith("error: ")
    assert "Traceback" not in err
    assert str(folder) not in err
    assert all(hint in err for hint in hints)


@ALL
def test_a_submission_gets_the_score_of_abawkit_score(challenge, app, capsys):
    folder = app(challenge)
    report = report_of(folder, challenge)
    assert start(folder, challenge) == 0
    assert capsys.readouterr().out == f"score {report.score:.4f}\n"
    scores = json.loads((folder / "output" / "scores.json").read_text("utf-8"))
    assert scores == scores_of(report, confidence(report))
    assert scores["score"] == pytest.approx(report.score, abs=1e-15)
    assert {*scores} <= {*leaderboard(challenge)}
    assert all(isinstance(value, float) for value in scores.values())


def test_an_interval_lies_around_each_score(app):
    folder = app(EXPR)
    assert start(folder, EXPR) == 0
    scores = json.loads((folder / "output" / "scores.json").read_text("utf-8"))
    found = [key for key in ("score", *class_keys(EXPR).values()) if scores[key]]
    assert len(found) > 4
    for key in found:
        assert scores[f"{key}_low"] <= scores[key] <= scores[f"{key}_high"]
        assert scores[f"{key}_low"] < scores[f"{key}_high"]


@pytest.mark.parametrize("details", [False, True])
def test_the_page_names_videos_only_if_asked_to_and_has_no_labels(app, details):
    folder = app(EXPR)
    assert start(folder, EXPR, details=details) == 0
    page = (folder / "output" / "detailed_results.html").read_text("utf-8")
    assert all((f"video{i}" in page) == details for i in range(5))
    assert "<script" not in page
    assert f"{report_of(folder, EXPR).score:.4f}" in page


def test_one_video_is_scored_without_an_interval(app, capsys):
    folder = app(VA)
    truth = read_labels(folder / "input" / "ref", VA)
    shutil.rmtree(folder / "input" / "ref")
    write_truth(folder / "input" / "ref", VA, {"video0": truth["video0"]})
    assert start(folder, VA) == 0
    scores = json.loads((folder / "output" / "scores.json").read_text("utf-8"))
    assert {*scores} == {"score", "ccc_valence", "ccc_arousal"}
    out = capsys.readouterr().out
    assert out.startswith("there are no intervals and no page of details, for both need two ")
    assert "jinja2" not in out


def edit(change, name="predictions.txt"):
    """Change the lines of the file that was submitted."""

    def broken(folder):
        file = folder / name
        lines = file.read_text("utf-8").splitlines()
        file.write_text("\n".join(change(lines)) + "\n", "utf-8")

    return broken


def emptied(folder):
    (folder / "predictions.txt").unlink()


def nested(folder):
    inner = folder / "preds"
    inner.mkdir()
    (folder / "predictions.txt").rename(inner / "predictions.txt")


BROKEN = {
    "folder": (nested, ["found preds; zip the files themselves, not a folder"]),
    "nothing": (emptied, ["the submission: no label files"]),
    "header": (edit(lambda rows: ["a,b,c", *rows[1:]]), ["predictions.txt, line 1", "'a,b,c'"]),
    "range": (edit(lambda rows: [*rows[:4], "video0/00004.jpg,3,0", *rows[5:]]), ["line 5"]),
    "text": (edit(lambda rows: [*rows[:4], "video0/00004.jpg,x,0", *rows[5:]]), ["'x'"]),
    "nan": (edit(lambda rows: [*rows[:4], "video0/00004.jpg,nan,0", *rows[5:]]), ["line 5"]),
    "no rows": (edit(lambda rows: rows[:1]), ["5 of 5 videos have no prediction: video0, "]),
    "video": (
        edit(lambda rows: [row for row in rows if not row.startswith("video3")]),
        ["1 of 5 videos have no prediction: video3"],
    ),
    "frames": (
        edit(lambda rows: [r for r in rows if not re.match(r"video[14]/000[12]", r)]),
        ["the rows of 2 of 5 videos do not fit: video1, video4; "],
    ),
    "surplus": (
        edit(lambda rows: [*rows, "video4/00099.jpg,0,0"]),
        ["the rows of 1 of 5 videos do not fit: video4; "],
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_submission_gets_a_message_and_no_score(app, capsys, name):
    folder = app(VA)
    spoil, hints = BROKEN[name]
    spoil(folder / "input" / "res")
    assert start(folder, VA) == 1
    assert_refused(folder, capsys.readouterr().err, *hints)


def test_an_undefined_score_is_refused(app, capsys):
    folder = app(EMI, masked=0.0)
    prediction = read_labels(folder / "input" / "res", EMI)
    flat = {
        v: Track.of(v, np.where(np.arange(6) == 5, 0.5, t.values)) for v, t in prediction.items()
    }
    write_submission(folder / "input" / "res", EMI, flat)
    assert start(folder, EMI) == 1
    assert_refused(folder, capsys.readouterr().err, "undefined: pearson_Joy is 0/0")


@pytest.mark.parametrize("content", [b"valence,arousal\n0.123,7.891\n", b"", b"\x00\xff"])
def test_broken_annotations_are_not_quoted(app, capsys, content):
    folder = app(VA)
    (folder / "input" / "ref" / "video0.txt").write_bytes(content)
    assert start(folder, VA) == 3
    err = capsys.readouterr().err
    assert_refused(folder, err, "no fault of the submission: tell the organisers")
    assert not re.search(r"\d|video", err)


def test_annotations_of_no_frame_are_no_fault_of_the_submission(app, capsys):
    folder = app(VA)
    truth = read_labels(folder / "input" / "ref", VA)
    none = {v: Track.of(v, t.values, np.zeros(t.n_frames, bool)) for v, t in truth.items()}
    write_truth(folder / "input" / "ref", VA, none)
    assert start(folder, VA) == 3
    assert_refused(folder, capsys.readouterr().err, "tell the organisers")


def test_annotations_that_lack_are_no_fault_of_the_submission(app, capsys):
    folder = app(VA)
    shutil.rmtree(folder / "input" / "ref")
    assert start(folder, VA) == 3
    assert_refused(folder, capsys.readouterr().err, "tell the organisers")


def test_a_message_does_not_tell_which_frames_are_annotated(app, capsys):
    folder = app(VA, masked=0.5)
    known = read_labels(folder / "input" / "ref", VA)["video0"].known.all(axis=1)
    frame = 1 + int(np.flatnonzero(known)[3])
    lacking = f"video0/{frame:05d}.jpg"
    edit(lambda rows: [r for r in rows if not r.startswith(lacking)])(folder / "input" / "res")
    assert start(folder, VA) == 1
    err = capsys.readouterr().err
    assert_refused(folder, err, "the rows of 1 of 5 videos do not fit: video0; ")
    assert str(frame) not in err.replace("1 of 5", "").replace("video0", "")


def without(tracks, layout, video, row):
    """Leave one row of a submission out."""
    track, kept = tracks[video], np.arange(tracks[video].n_frames) != row
    if layout.whole_clips:
        return {name: other for name, other in tracks.items() if name != video}
    if layout.key is None:
        return {**tracks, video: Track.of(video, track.values[kept])}
    return {**tracks, video: Track.of(video, track.values, listed=kept)}


def marked(tracks, _layout, video, row):
    """Mark one value of a submission as unknown."""
    known = tracks[video].known.copy()
    known[row, -1] = False
    return {**tracks, video: Track.of(video, tracks[video].values, known)}


def parted(tracks, rest):
    """Give annotations of every second frame only, or of every second clip."""
    masks = {
        video: (np.arange(track.n_frames) + i) % 2 == rest
        for i, (video, track) in enumerate(tracks.items())
    }
    return {v: Track.of(v, track.values, masks[v]) for v, track in tracks.items()}


@ALL
@pytest.mark.parametrize("spoil", [without, marked])
def test_a_refusal_does_not_tell_whether_a_frame_is_annotated(challenge, spoil, tmp_path, capsys):
    layout = challenge.protocol.submission
    truth, prediction = (clips(challenge, t) for t in pair(challenge, masked=0.0))
    video = [*truth][1]
    found = set()
    for row, rest in ((0, 0), (0, 1)) if layout.whole_clips else ((3, 0), (3, 1), (4, 0), (4, 1)):
        folder = tmp_path / f"{row}{rest}"
        write_truth(folder / "input" / "ref", challenge, parted(truth, rest))
        sent = spoil(prediction, layout, video, row)
        write_labels(
            folder / "input" / "res",
            sent,
            targets=challenge.targets,
            layout=layout,
            sentinels=True,
        )
        found.add((start(folder, challenge), capsys.readouterr().err))
    ((code, err),) = found
    assert code == 1
    assert re.search(rf"1 of {len(truth)} videos (have no|do not fit).*: {video}\b", err)


@pytest.mark.parametrize("sheet", ["keyed", "numbered"])
@pytest.mark.parametrize("n_rows", [-1, 1])
def test_another_number_of_rows_is_told_as_any_other_misfit(app, capsys, sheet, n_rows):
    folder = app(VA)
    prediction = read_labels(folder / "input" / "res", VA)
    values = prediction["video2"].values
    cut = Track.of("video2", values[:-1] if n_rows < 0 else [*values, values[0]])
    emptied(folder / "input" / "res")
    challenge = VA if sheet == "keyed" else CHALLENGES["abaw3-va"]
    write_submission(folder / "input" / "res", challenge, {**prediction, "video2": cut})
    assert start(folder, VA) == 1
    err = capsys.readouterr().err
    assert_refused(folder, err, "the rows of 1 of 5 videos do not fit: video2; ")
    assert not re.search(r"\d\d", err)


def every_second(rows):
    return [rows[0], *rows[1::2]]


@pytest.mark.parametrize("parts", [["ref"], ["ref", "res"]], ids=len)
def test_rows_that_the_annotations_do_not_list_are_free(app, parts):
    folder = app(MTL)
    for part in parts:
        (file,) = (folder / "input" / part).iterdir()
        edit(every_second, file.name)(file.parent)
    assert start(folder, MTL) == 0


def test_rows_at_the_end_lack_as_any_others(app, capsys):
    folder = app(MTL)
    edit(lambda rows: rows[:-2], "MTL_predictions.txt")(folder / "input" / "res")
    assert start(folder, MTL) == 1
    assert_refused(folder, capsys.readouterr().err, "1 of 5 videos do not fit: video4; ")


@pytest.mark.parametrize("place", ["predictions.txt", "folder", "deep/predictions.txt"])
def test_a_link_in_a_submission_is_refused(app, capsys, place):
    folder = app(VA)
    link = folder / "input" / "res" / place
    link.unlink(missing_ok=True)
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(folder / "input" / "ref")
    assert start(folder, VA) == 1
    assert_refused(folder, capsys.readouterr().err, f"error: {place}: found a link; ")


def test_a_link_to_the_annotations_is_no_prediction(app, capsys):
    folder = app(VA, masked=0.0)
    emptied(folder / "input" / "res")
    for file in (folder / "input" / "ref").iterdir():
        (folder / "input" / "res" / file.name).symlink_to(file)
    assert start(folder, VA) == 1
    assert_refused(folder, capsys.readouterr().err, "video0.txt, video1.txt, ", "found a link")


@pytest.mark.parametrize("failing", ["evaluate", "render_page", "confidence"])
@pytest.mark.parametrize("kind", [ValueError, AlignmentError])
def test_a_bug_is_told_without_a_traceback(app, capsys, monkeypatch, failing, kind):
    def fail(*_, **__):
        msg = "y_true holds 0.123 in video0"
        raise kind(msg)

    folder = app(VA)
    monkeypatch.setattr(module, failing, fail)
    assert start(folder, VA) == 4
    err = capsys.readouterr().err
    assert_refused(folder, err, f"failed ({kind.__name__})", "tell the organisers")
    assert "0.123" not in err


@pytest.mark.parametrize("failing", ["scores.json", "detailed_results.html"])
def test_both_files_are_written_or_none(app, capsys, monkeypatch, failing):
    def put(made, target):
        if target.name == failing:
            raise OSError
        made.replace(target)

    folder = app(VA)
    monkeypatch.setattr(module, "put", put)
    assert start(folder, VA) == 4
    assert_refused(folder, capsys.readouterr().err, "OSError")


def test_warnings_do_not_count_annotations_for_the_entrant(app, capsys):
    folder = app(EXPR)
    start(folder, EXPR)
    assert capsys.readouterr().err == ""


# ---- in a fresh process, where abawkit is not installed ----


@pytest.fixture(scope="module")
def libraries(tmp_path_factory):
    return site(tmp_path_factory.mktemp("container") / "site")


@pytest.fixture
def container(tmp_path, app):
    def lay(challenge, **options):
        source = app(challenge)
        made = bundle_files(challenge, annotations=source / "input" / "ref", **options)
        return source, unpack(made, tmp_path / "container", source / "input" / "res")

    return lay


@pytest.mark.parametrize("challenge", [EXPR, AU, MTL, AH_FRAMES, AH_VIDEOS], ids=lambda c: c.name)
def test_a_bundle_scores_by_itself(container, libraries, challenge):
    source, folder = container(challenge, details=True)
    done = run(folder, libraries)
    assert (done.returncode, done.stderr) == (0, "")
    assert written(folder) == ["detailed_results.html", "scores.json"]
    report = report_of(source, challenge)
    found = json.loads((folder / "output" / "scores.json").read_text("utf-8"))
    assert found == pytest.approx(scores_of(report, confidence(report)), abs=1e-12)
    page = (folder / "output" / "detailed_results.html").read_text("utf-8")
    assert "abawkit:" in page
    assert [*report.videos][3] in page


def test_a_bundle_refuses_a_broken_submission(container, libraries):
    _, folder = container(VA)
    BROKEN["range"][0](folder / "input" / "res")
    done = run(folder, libraries)
    assert (done.returncode, done.stdout) == (1, "")
    assert_refused(folder, done.stderr, "predictions.txt, line 5")


@pytest.mark.parametrize(("kept", "code"), [(LIBRARIES[:1], 0), ((), 1)])
def test_what_an_image_lacks_is_said(container, tmp_path, kept, code):
    _, folder = container(VA)
    done = run(folder, site(tmp_path / "site", kept))
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert "jinja2 is not installed" in done.stdout or "needs Python 3.11" in done.stderr
    assert written(folder) == (["scores.json"] if kept else [])
