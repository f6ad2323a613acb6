"""A sample of another edition with another layout is neither followed nor taken for a list."""

import itertools

import pytest

from abawkit.errors import AbawkitWarning, DataError
from abawkit.protocol import CHALLENGES, find_challenge
from submissions.conversion.cli import convert
from submissions.identify import choose_challenge
from submissions.template import Template
from tests.submissions.runs import make_run

PAIRS = [
    (one, other)
    for one, other in itertools.product(CHALLENGES.values(), repeat=2)
    if one.protocol.task == other.protocol.task
]
EVERY_PAIR = pytest.mark.parametrize(
    ("owner", "challenge"), PAIRS, ids=[f"{one.name}-as-{other.name}" for one, other in PAIRS]
)
DUMMIES = pytest.mark.parametrize("dummy", ["", ",", ",0"], ids=["keys", "commas", "values"])
VA = "image_location,valence,arousal\nv/00001.jpg,\n"


def write_sample(folder, owner, dummy, *, headed=True):
    """Write what the organisers would give for a video, a file of rows."""
    layout = owner.protocol.submission
    key = "" if layout.key is None else layout.key.pattern.format(video="v/1.mp4", frame=1)
    key = key.replace("v/1.mp4", "v") if "frame" in key or not layout.whole_clips else key
    values = ",".join(["0"] * owner.protocol.columns) if layout.key is None else ""
    rest = "," + ",".join(["0"] * owner.protocol.columns) if dummy == ",0" else dummy
    head = f"{layout.header}\n" if headed and layout.header is not None else ""
    path = folder / layout.file.format(video="v")
    path.write_text(f"{head}{key}{rest if key else values}\n")
    return path


def alike(one, other):
    """Tell whether two editions lay their samples out in the same way."""
    rows = [(row.protocol.submission, row.targets) for row in (one, other)]
    forms = [(layout.header, layout.key, [t.names for t in targets]) for layout, targets in rows]
    return forms[0] == forms[1]


@EVERY_PAIR
@DUMMIES
def test_a_sample_fits_editions_of_its_own_form_and_no_other(tmp_path, owner, challenge, dummy):
    for path in (write_sample(tmp_path, owner, dummy), tmp_path):
        if alike(owner, challenge):
            template = Template.read(path, challenge)
            assert template.layout.header == challenge.protocol.submission.header
        else:
            with pytest.raises(DataError, match=owner.name):
                Template.read(path, challenge)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_sample_without_its_header_is_known_by_its_rows(tmp_path, number):
    owner = CHALLENGES["abaw5-expr"]
    path = write_sample(tmp_path, owner, ",", headed=False)
    with pytest.raises(DataError, match=r"found 'v/00001\.jpg,', which is that of abaw5-expr"):
        Template.read(path, CHALLENGES[f"abaw{number}-expr"])


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("Image,v,a", "v/00001.jpg"),
        ("image_location,arousal,valence", "v/1.png"),
        ("\ufeffImage_Location, valence, arousal", "v/1.png"),
        ("\ufeffv/00001.jpg,", "v/2.png"),
    ],
)
def test_an_odd_header_does_not_hide_whose_sample_it_is(tmp_path, header, row):
    (tmp_path / "s.txt").write_text(f"{header}\n{row},\n")
    with pytest.raises(DataError, match="which is that of abaw5-va"):
        Template.read(tmp_path / "s.txt", CHALLENGES["abaw3-va"])


def test_another_tasks_header_is_named(tmp_path):
    path = write_sample(tmp_path, CHALLENGES["abaw6-ce"], ",")
    with pytest.raises(DataError, match="which is that of abaw6-ce, abaw7-ce; hint"):
        Template.read(path, CHALLENGES["abaw3-expr"])


@EVERY_PAIR
def test_the_edition_is_that_of_the_sample_where_none_is_given(tmp_path, owner, challenge):
    path = write_sample(tmp_path, owner, ",")
    asked = choose_challenge(challenge.protocol.task, challenge.edition.number, like=path)
    assert asked == choose_challenge(challenge.name, like=path) == challenge
    task = owner.protocol.task
    whole = owner.protocol.submission
    if whole.whole_clips and whole.header is None:
        return
    fitting = [row for row in CHALLENGES.values() if row.protocol.task == task]
    fitting = [row for row in fitting if alike(row, owner)]
    usual = [row for row in fitting if row.edition.number == 3]
    if usual or len(fitting) == 1:
        assert choose_challenge(task, like=path) == (usual or fitting)[-1]
        return
    # Several write the same, and none is the default: the newest is taken, and it is said.
    with pytest.warns(AbawkitWarning, match=f"fits {fitting[0].name}, .*{fitting[-1].name} is"):
        assert choose_challenge(task, like=path) == fitting[-1]


def test_a_list_leaves_the_default_edition(tmp_path):
    (tmp_path / "list.txt").write_text("video\nv\n")
    assert choose_challenge("VA", like=tmp_path / "list.txt") == find_challenge("va")
    assert choose_challenge("va") == find_challenge("va")
    with pytest.raises(DataError, match="no such file"):
        choose_challenge("va", like=tmp_path / "nothing")


def test_predictions_are_converted_to_the_edition_of_the_sample(tmp_path, capsys):
    make_run(tmp_path / "run", CHALLENGES["abaw3-va"], lengths={"v": 1, "w": 2})
    (tmp_path / "s.txt").write_text(VA)
    with pytest.warns(AbawkitWarning, match="abaw10-va is taken"):
        convert([tmp_path / "run"], task="va", like=tmp_path / "s.txt", out=tmp_path / "out.txt")
    assert "valid: abaw10-va, 1 video, 1 row" in capsys.readouterr().out
    assert (tmp_path / "out.txt").read_text().startswith("image_location,valence,arousal\nv/")
