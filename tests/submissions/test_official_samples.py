"""Every official sample and list is taken as it is, and a submission that follows it is valid."""

import warnings
from pathlib import Path

import pytest

from abawkit.errors import SampleWarning, SubmissionError
from abawkit.protocol import CHALLENGES
from abawkit.track import Track
from submissions.template import Template
from submissions.validation.validate import validate
from tests.submissions.asked import predict, submit

OFFICIAL = Path(__file__).parents[1] / "fixtures" / "official"
SAMPLES = {
    path.relative_to(OFFICIAL).as_posix(): path
    for path in sorted(OFFICIAL.rglob("*"))
    if path.is_file() and path.parent.parent.name != "abaw10-vd"
} | {f"abaw10-vd/{name}": OFFICIAL / "abaw10-vd" / name for name in ("Label", "Predicted_Label")}
NAMES_ONLY = {name for name in SAMPLES if name.startswith(("abaw3-va", "abaw3-expr"))}
COMPLETE = sorted(SAMPLES.keys() - NAMES_ONLY)
WITH_ROWS = [name for name in COMPLETE if not name.startswith("abaw3-au")]
KEYS = {name: CHALLENGES[name.partition("/")[0]].protocol.submission.key for name in WITH_ROWS}


def challenge_of(name):
    return CHALLENGES[name.partition("/")[0]]


@pytest.fixture
def read():
    def read_sample(name):
        if name.endswith("Predicted_Label"):
            with pytest.warns(SampleWarning, match="Predicted_Label"):
                return Template.read(SAMPLES[name], challenge_of(name))
        return Template.read(SAMPLES[name], challenge_of(name))

    return read_sample


def files_of(path):
    """Give the lines of a file, or of each file of a folder, by name."""
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    return {file.name: file.read_text().splitlines() for file in files}


def test_every_challenge_of_which_a_form_is_public_is_here():
    tasks = {challenge_of(name).protocol.task for name in SAMPLES}
    assert tasks == {row.protocol.task for row in CHALLENGES.values()}


@pytest.mark.parametrize("name", WITH_ROWS)
def test_the_header_is_the_samples_to_the_letter(name, read):
    template = read(name)
    first = next(iter(files_of(SAMPLES[name]).values()))[0]
    assert template.layout.header == (None if challenge_of(name).protocol.task == "ah" else first)


@pytest.mark.parametrize("name", WITH_ROWS)
def test_the_rows_are_the_samples_in_its_order(name, read):
    template = read(name)
    key = KEYS[name]
    keys = [key.pattern.format(video=v, frame=f - 1 + key.first) for v, f in template.rows]
    skipped = 0 if template.layout.header is None else 1
    lines = [line for file in files_of(SAMPLES[name]).values() for line in file[skipped:]]
    assert keys == [line.partition(",")[0] for line in lines]


@pytest.mark.parametrize("name", sorted(NAMES_ONLY))
def test_a_list_of_names_tells_the_videos_and_nothing_else(name, read):
    template = read(name)
    assert list(template.videos) == SAMPLES[name].read_text().split()
    assert template.rows is None
    assert not template.n_frames


def test_a_list_of_frame_counts_tells_the_rows_of_each_video(read):
    template = read("abaw3-au/AU_ABAW_Challenge_test_files_expected_frames.txt")
    assert template.n_frames == {"14-30-1920x1080": 4, "video10_1_left": 2, "2-30-640x360": 3}


@pytest.mark.parametrize("name", COMPLETE)
def test_a_submission_that_follows_a_sample_is_valid(name, read, tmp_path):
    challenge, template = challenge_of(name), read(name)
    path = submit(tmp_path / "own", challenge, predict(challenge, template), template)
    verdict = validate(path, challenge, template=template)
    assert verdict.errors == ()
    assert verdict.n_rows == sum(template.n_frames.values())


@pytest.mark.parametrize("name", WITH_ROWS)
def test_a_submission_has_the_header_and_the_keys_of_its_sample(name, read, tmp_path):
    challenge, template = challenge_of(name), read(name)
    path = submit(tmp_path / "own", challenge, predict(challenge, template), template)
    own = [line for file in files_of(path).values() for line in file]
    official = [line for file in files_of(SAMPLES[name]).values() for line in file]
    skipped = 0 if template.layout.header is None else 1
    assert own[:skipped] == official[:skipped]
    assert [line.partition(",")[0] for line in own] == [
        line.partition(",")[0] for line in official
    ]


@pytest.mark.parametrize("name", WITH_ROWS)
def test_a_submission_that_lacks_the_last_video_of_its_sample_is_not_written(name, read, tmp_path):
    challenge, template = challenge_of(name), read(name)
    tracks = predict(challenge, template)
    tracks.pop(template.videos[-1])
    with pytest.raises(SubmissionError, match="1 videos of the list have no prediction"):
        submit(tmp_path / "own", challenge, tracks, template)


@pytest.mark.parametrize("name", ["abaw10-ah", "abaw11-ah"])
def test_probabilities_are_asked_for_where_the_sample_has_them(name, read, tmp_path):
    challenge = CHALLENGES[name]
    for form, expected in (("with_probabilities", True), ("no_probabilities", False)):
        template = read(f"{name}/{form}/trial-0.txt")
        path = submit(tmp_path / form, challenge, predict(challenge, template), template)
        commas = {line.count(",") for line in path.read_text().splitlines()}
        assert template.probabilities is expected
        assert commas == ({3} if expected else {1})


@pytest.mark.parametrize(
    "name", ["abaw6-emi/sample.csv", "abaw6-va/CVPR_6th_ABAW_VA_test_set_example.txt"]
)
@pytest.mark.parametrize(("old", "new"), [(",", ", "), ("A", "a"), ("v", "V")])
def test_odd_headers_are_followed(name, old, new, tmp_path):
    challenge = challenge_of(name)
    head, _, body = SAMPLES[name].read_text().partition("\n")
    odd = tmp_path / "sample.txt"
    odd.write_text(f"{head.replace(old, new)}\n{body}")
    template = Template.read(odd, challenge)
    path = submit(tmp_path / "own", challenge, predict(challenge, template), template)
    assert path.read_text().startswith(f"{head.replace(old, new)}\n")
    assert validate(path, challenge, template=template).errors == ()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("abaw10-vd", "Frame_Number,Label\n0,\n1,\n2,\n"),
        ("abaw4-lsd", "image,expression\n7.png,\n0.png,\n"),
        ("abaw6-va", "image_location,valence,arousal,\n1/00001.jpg,,\n"),
        ("abaw6-va", '"image_location","valence","arousal"\n1/00000.png,\n'),
    ],
)
def test_a_submission_follows_odd_keys_and_headers(name, text, tmp_path):
    challenge = CHALLENGES[name]
    (tmp_path / "sample.csv").write_text(text)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SampleWarning)
        template = Template.read(tmp_path / "sample.csv", challenge)
    path = submit(tmp_path / "own", challenge, predict(challenge, template), template)
    own, official = files_of(path).popitem()[1], text.splitlines()
    assert own[0] == official[0]
    assert [row.split(",")[0] for row in own[1:]] == [row.split(",")[0] for row in official[1:]]
    assert validate(path, challenge, template=template).errors == ()


@pytest.mark.parametrize("order", [(1, 0), (0, 1)])
def test_columns_in_another_order_are_followed(order, tmp_path):
    challenge = CHALLENGES["abaw6-va"]
    names = [("valence", "arousal")[column] for column in order]
    odd = tmp_path / "sample.txt"
    odd.write_text(f"image_location,{','.join(names)}\n1/00001.jpg,\n")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SampleWarning)
        template = Template.read(odd, challenge)
    tracks = {"1": Track.of("1", [[0.25, -0.5]])}
    path = submit(tmp_path / "own", challenge, tracks, template)
    values = [("0.250000", "-0.500000")[column] for column in order]
    assert path.read_text().splitlines()[1] == f"1/00001.jpg,{','.join(values)}"
    assert validate(path, challenge, template=template).errors == ()
