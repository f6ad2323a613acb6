"""`abawkit score`: options in, text or JSON and an exit code out."""

import json

import pytest

from abawkit import CHALLENGES, evaluate, read_labels
from abawkit.evaluation import signature
from abawkit.evaluation.bootstrap import Bootstrap, confidence
from abawkit.report import as_text
from abawkit.report.confidence import interval_json

CONSTANT = [[0.5, 0.1], [0.5, 0.2]]


@pytest.fixture
def report(preds, gt):
    return evaluate("abaw3-va", read_labels(gt, "abaw3-va"), read_labels(preds, "abaw3-va"))


@pytest.fixture
def constant(write):
    return write("constant", video1=CONSTANT)


def test_the_report_is_shown_as_text(abawkit, preds, gt, report):
    assert abawkit("score", preds, gt) == (0, as_text(report) + "\n", "")


def test_b_prints_just_the_number(abawkit, preds, gt, report):
    assert abawkit("score", preds, gt, "-b") == (0, f"{report.score:.4f}\n", "")
    assert abawkit("score", preds, gt, "--score-only")[1] == f"{report.score:.4f}\n"


def test_w_sets_the_decimals(abawkit, preds, gt, report):
    assert abawkit("score", preds, gt, "-b", "-w", 9)[1] == f"{report.score:.9f}\n"
    assert abawkit("score", preds, gt, "-w", 2)[1] == as_text(report, decimals=2) + "\n"


@pytest.mark.parametrize("decimals", [-1, 18, "many"])
def test_decimals_out_of_range_are_a_usage_error(abawkit, preds, gt, decimals):
    code, out, _ = abawkit("score", preds, gt, "-w", decimals)
    assert (code, out) == (2, "")


def test_json_is_one_object_on_stdout(abawkit, preds, gt, report):
    code, out, err = abawkit("score", preds, gt, "--json")
    content = json.loads(out)
    assert (code, content["score"], err) == (0, report.score, "")
    assert content["signature"] == str(signature(report))


def test_by_video_adds_a_table_with_the_total_last(abawkit, preds, gt, report):
    _, out, _ = abawkit("score", preds, gt, "--by-video")
    lines = out.split("\n\n")[0].splitlines()
    assert [line.split()[0] for line in lines] == ["video", "video1", "video2", "total"]
    assert lines[-1].split()[-1] == f"{report.score:.4f}"


def test_task_and_edition_choose_the_challenge(abawkit, preds, gt):
    _, out, _ = abawkit("score", preds, gt, "--task", "va", "--edition", "5", "--json")
    assert json.loads(out)["challenge"] == "abaw5-va"


@pytest.mark.parametrize(
    ("challenge", "option", "rule"),
    [
        ("abaw3-va", ["--va-mask", "value"], "|mask:va:value|"),
        ("abaw3-au", ["--au-mask", "frame"], "|mask:au:frame|"),
        ("abaw3-expr", ["--absent", "skip"], "|absent:expr:skip|"),
    ],
)
def test_rules_can_be_chosen(abawkit, write, challenge, option, rule):
    columns = CHALLENGES[challenge].protocol.columns
    gt = write("own", challenge=challenge, video1=[[0.0] * columns, [1.0] * columns])
    code, out, _ = abawkit("score", gt, gt, *option)
    assert code == 0
    assert rule in out


def test_processing_of_a_run_is_shown(abawkit, preds, gt):
    manifest = {"labels": {"fill": "linear", "smooth": "box:101"}}
    (preds / "manifest.json").write_text(json.dumps(manifest))
    for option in ([], ["--json"]):
        assert "fill:linear|smooth:box:101" in abawkit("score", preds, gt, *option)[1]


def test_missing_videos_are_an_error_that_names_them(abawkit, write, gt):
    preds = write("preds", video1=[[0.1, 0.2]] * 3)
    code, out, err = abawkit("score", preds, gt)
    assert (code, out) == (3, "")
    assert err.startswith("error: 1 of 2 annotated videos have no prediction: video2. ")


def test_missing_videos_can_be_allowed(abawkit, write, gt):
    preds = write("preds", video1=[[0.1, 0.2], [0.2, 0.3], [0.3, 0.1]])
    code, out, err = abawkit("score", preds, gt, "--allow-missing")
    assert (code, err) == (0, "")
    assert "3 missing, coverage 50.00%" in out
    assert "|missing:allowed|coverage:0.5000|" in out


def test_unused_videos_are_noted(abawkit, write, gt):
    preds = write("preds", video1=[[0.1, 0.2]] * 3, video2=[[0.1, 0.3]] * 3, video3=[[0.0, 0.0]])
    assert "1 predicted videos are not annotated" in abawkit("score", preds, gt)[1]


def test_headers_of_two_tasks_are_an_error(abawkit, write, gt):
    preds = write("expr", challenge="abaw3-expr", video1=[[0.0]] * 3)
    code, _, err = abawkit("score", preds, gt)
    assert code == 3
    assert " are for expr, " in err


def test_an_undefined_score_is_null_and_warned_about(abawkit, constant):
    code, out, err = abawkit("score", constant, constant, "--json")
    assert (code, json.loads(out)["score"]) == (0, None)
    assert err == "warning: the score is undefined: ccc_valence is 0/0\n"


def test_an_undefined_score_is_called_so(abawkit, constant):
    code, out, err = abawkit("score", constant, constant)
    assert code == 0
    assert "abaw3-va score  undefined\n" in out
    assert err.startswith("warning: ")


def test_an_undefined_score_alone_is_nan(abawkit, constant):
    assert abawkit("score", constant, constant, "-b")[:2] == (0, "nan\n")


@pytest.mark.parametrize(("limit", "code"), [(0.99, 0), (1, 0), (1.01, 1)])
def test_fail_under_is_a_finding(abawkit, gt, limit, code):
    assert abawkit("score", gt, gt, "-b", "--fail-under", limit)[:2] == (code, "1.0000\n")


def test_an_undefined_score_fails_under_anything(abawkit, constant):
    assert abawkit("score", constant, constant, "--fail-under", -1)[0] == 1


@pytest.mark.parametrize(
    ("options", "expected", "fragment"),
    [
        ("--task vaa", 2, "error: edition 3 has no task 'vaa'"),
        ("--task va --edition 12", 2, "error: there is no edition 12"),
        ("--edition third", 2, "Invalid value"),
        ("--va-mask any", 2, "error: --va-mask: expected frame or value, found 'any'"),
        ("--au-mask value", 2, "error: --au-mask does not apply to abaw3-va"),
        ("--absent skip", 2, "error: --absent does not apply to abaw3-va"),
        ("--task lsd", 2, "this is the header of abaw1-va, abaw2-va, abaw3-va, "),
        ("--task expr --edition 3", 3, "line 1: expected the header"),
    ],
    ids=["task", "edition", "number", "va-mask", "au-mask", "absent", "other", "header"],
)
def test_what_cannot_be_scored_is_said_in_a_message(abawkit, gt, options, expected, fragment):
    code, out, err = abawkit("score", gt, gt, *options.split())
    assert (code, out) == (expected, "")
    assert fragment in err


FEW_VIDEOS = "warning: 2 videos only: with fewer than 20, intervals are too narrow"


@pytest.mark.filterwarnings("ignore::abawkit.errors.UncertainWarning")
def test_confidence_gives_each_score_an_interval(abawkit, preds, gt, report):
    code, out, err = abawkit("score", preds, gt, "--confidence")
    assert (code, out) == (0, as_text(report, intervals=confidence(report)) + "\n")
    assert err.startswith(FEW_VIDEOS)


@pytest.mark.filterwarnings("ignore::abawkit.errors.UncertainWarning")
def test_the_interval_is_drawn_as_asked(abawkit, preds, gt, report):
    how = Bootstrap(resamples=200, level=0.8, unit="person", seed=3)
    options = {"--resamples": 200, "--level": 0.8, "--unit": "person", "--seed": 3}
    flat = [word for option in options.items() for word in option]
    content = json.loads(abawkit("score", preds, gt, "--json", "--confidence", *flat)[1])
    assert content["interval"] == interval_json(confidence(report, how))["interval"]
    assert content["interval"]["n"] == 200


def test_one_video_alone_has_no_interval(abawkit, write):
    gt = write("one", video1=[[0.1, 0.4], [0.3, -0.2]])
    code, out, err = abawkit("score", gt, gt, "--confidence")
    assert (code, out) == (3, "")
    assert err.startswith("error: found 1 video with annotated frames; expected at least 2")


def test_influence_adds_what_moves_the_score(abawkit, preds, gt):
    text = abawkit("score", preds, gt, "--influence")[1]
    assert ".01 more brings" in text
    content = json.loads(abawkit("score", preds, gt, "--influence", "--json")[1])
    assert {entry["video"] for entry in content["influence"]} == {"video1", "video2"}
    assert {entry["name"] for entry in content["gains"]} == {"valence", "arousal"}


def test_faces_are_those_of_the_cropped_frames(abawkit, preds, gt, tmp_path):
    for video, frames in (("video1", (1, 2)), ("video2", (1, 2, 3))):
        (tmp_path / "data" / video).mkdir(parents=True)
        for frame in frames:
            (tmp_path / "data" / video / f"{frame:05d}.jpg").touch()
    options = ["--faces", "--data", tmp_path / "data"]
    assert "with a face" in abawkit("score", preds, gt, *options)[1]
    assert "faces" in json.loads(abawkit("score", preds, gt, *options, "--json")[1])


def test_the_score_is_placed_among_the_published_ones(abawkit, preds, gt):
    options = ["--against", "published", "--split", "validation"]
    assert "baseline (VGGFace)" in abawkit("score", preds, gt, *options)[1]
    content = json.loads(abawkit("score", preds, gt, *options, "--json")[1])
    assert content["standing"]["inside_interval"] is None


@pytest.mark.filterwarnings("ignore::abawkit.errors.UncertainWarning")
def test_with_an_interval_it_is_told_which_published_scores_are_inside(abawkit, preds, gt):
    options = ["--against", "published", "--split", "validation", "--confidence", "--json"]
    content = json.loads(abawkit("score", preds, gt, *options)[1])
    assert isinstance(content["standing"]["inside_interval"], list)


@pytest.mark.parametrize(
    ("options", "fragment"),
    [
        ("--seed 1", "error: --seed: expected with --confidence only; add --confidence"),
        ("--level .9 --resamples 9", "error: --resamples, --level: expected with --confidence"),
        ("--unit person", "error: --unit: expected with --confidence only"),
        ("--confidence --resamples 99", "error: --resamples 99: expected at least 100"),
        ("--confidence --level 95", "error: --level 95: expected a share between 0 and 1"),
        ("--confidence --unit frame", "error: --unit: expected video or person, found 'frame'"),
        ("--confidence --seed -1", "error: --seed -1: expected 0 or more"),
        ("--confidence --resamples 1000001", "--resamples 1000001: expected at most 1000000"),
        ("-b --confidence", "error: --confidence: -b prints the score alone"),
        ("-b --influence --faces", "error: --influence, --faces: -b prints the score alone"),
        ("--against published -b", "error: --against: -b prints the score alone"),
        ("--data .", "error: --data: expected with --faces only; add --faces"),
        ("--split test", "error: --split: expected with --against only"),
        ("--against me", "error: --against: expected published, found 'me'"),
        ("--faces", "does not tell which frames have a face"),
    ],
)
def test_what_cannot_be_shown_is_said_in_a_message(abawkit, preds, gt, options, fragment):
    code, out, err = abawkit("score", preds, gt, *options.split())
    assert (code, out) == (2, "")
    assert fragment in err
