"""For every row of the table: each single fault is found, with its code and its line."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from abawkit.protocol import CHALLENGES
from submissions.template import Template
from submissions.validation.validate import validate
from tests.strategies import predictions
from tests.submissions.asked import submit, template_of
from tests.submissions.test_every_writing import TELLING
from tests.submissions.validation.corruptions import CORRUPTIONS, pick_sheet

EVERY_ROW = pytest.mark.parametrize("challenge", CHALLENGES.values(), ids=CHALLENGES)
# What is drawn is small as it is, and each is corrupted in every way.
A_FEW = settings(max_examples=settings().max_examples // 25, phases=[Phase.generate])


def failing(corruption, sheet, file, path, template):
    """Corrupt a file, and tell what a check then does not find, or finds besides."""
    challenge = sheet.challenge
    file.write_bytes(corruption.change(sheet))
    verdict = validate(path, challenge, template=template)
    found = {finding.code: finding for finding in (*verdict.errors, *verdict.warnings)}
    if (
        corruption.code not in found
        or found.keys() - {corruption.code} - corruption.also - TELLING
    ):
        return [*found]
    finding = found[corruption.code]
    places = [(Path(place.file).name, place.line) for place in finding.places]
    place, count = (file.name, corruption.line(sheet)), corruption.count
    return None if (places, finding.count) == ([place], count) else (places, finding.count)


@EVERY_ROW
@A_FEW
@given(data=st.data())
def test_a_single_fault_is_found_with_its_line(challenge, data):
    tracks = data.draw(predictions(challenge))
    wrong = {}
    with TemporaryDirectory() as folder:
        template = template_of(Path(folder) / "official", challenge, tracks)
        path = submit(Path(folder) / "own", challenge, tracks, template)
        file = min(path.iterdir()) if path.is_dir() else path
        clean = file.read_bytes()
        for name, corruption in CORRUPTIONS.items():
            sheet = pick_sheet(challenge, clean, data.draw(st.integers(0, 300)))
            if corruption.when(sheet):
                wrong[name] = failing(corruption, sheet, file, path, template)
    assert {name: why for name, why in wrong.items() if why is not None} == {}


def test_every_corruption_is_of_some_challenge():
    for name, corruption in CORRUPTIONS.items():
        rows = (CHALLENGES[row] for row in ("abaw3-va", "abaw6-expr", "abaw8-emi", "abaw11-ah"))
        sheets = (pick_sheet(row, b"head\na/1,0.5,0.5,1\nb/1,0.5,0.5,1\n", 0) for row in rows)
        assert any(corruption.when(sheet) for sheet in sheets), name


FAULTY = """\
image_location,valence,arousal
1/00001.jpg,0.1,0.2,
1/00002.jpg,nan,0.2
1/00003.jpg,0.1,O.2
1/00004.jpg,-5,0.2
1/00005.jpg,0.1,2.5
1/00006.jpg,0.1, 0.2
1/00006.jpg,0.1,0.2
1/00008.jpg,0.1,+0.2

1/00009.jpg,0.1
12/1.jpg,0.1,0.2
nobody/00001.jpg,0.1,0.2
1/00011.jpg,,0.2\r
1/00010.jpg,0.1,0.2"""
FOUND = {
    "trailing-comma": 2,
    "nan": 3,
    "text": 4,
    "sentinel": 5,
    "range": 6,
    "spaces": 7,
    "row-duplicate": 8,
    "row-missing": 8,
    "number-notation": 9,
    "blank-line": 10,
    "columns": 11,
    "key": 12,
    "video-unknown": 13,
    "empty-value": 14,
    "line-ends": 14,
    "row-order": 14,
    "last-line": 15,
}


def test_all_faults_of_a_file_are_found_at_once(tmp_path):
    challenge = CHALLENGES["abaw6-va"]
    path = tmp_path / "predictions.txt"
    path.write_text(FAULTY, newline="")
    template = Template.of_frames({"1": 11}, challenge, source="here")
    verdict = validate(path, challenge, template=template)
    findings = [*verdict.errors, *verdict.warnings]
    lines = {found.code: found.places[0].line for found in findings if found.code not in TELLING}
    assert lines == FOUND
