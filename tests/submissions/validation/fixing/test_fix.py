"""What has one right answer is repaired to it, and nothing is written where there are more."""

import csv
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abawkit.errors import SampleWarning, SubmissionError, UsageError
from abawkit.protocol import CHALLENGES, find_challenge
from submissions.template import Template
from submissions.validation.fixing import fix
from submissions.validation.refusal import NotFixedError
from submissions.validation.validate import validate
from tests.submissions.validation.fixing.corrupting import (
    samples,
    spoilt_files,
    spoilt_rows,
    written_otherwise,
)

VA = find_challenge("abaw5-va")
EXPR = find_challenge("abaw5-expr")
HEADER = VA.protocol.submission.header


def every_row(**counts):
    return Template.of_frames(counts, VA, source="the sample")


def write(folder, *rows, header=HEADER):
    folder.mkdir(exist_ok=True)
    path = folder / "pred.txt"
    path.write_text("".join(f"{row}\n" for row in (header, *rows) if row is not None))
    return path


def log_of(fixed):
    with fixed.log.open(newline="") as file:
        return [
            (
                row["code"],
                int(row["first_line"]),
                int(row["last_line"]),
                row["before"],
                row["after"],
            )
            for row in csv.DictReader(file)
        ]


@pytest.mark.parametrize("name", sorted(CHALLENGES))
@settings(max_examples=8)
@given(data=st.data())
def test_any_faults_with_one_right_answer_are_repaired_to_the_original(name, data):
    sample = data.draw(samples(CHALLENGES[name]))
    with tempfile.TemporaryDirectory() as temporary:
        folder = sample.write(Path(temporary) / "valid")
        valid = sample.contents(folder)
        for file, text in data.draw(spoilt_files(sample, folder)).items():
            (folder / file).write_bytes(text)
        spoilt = sample.contents(folder)
        fixed = fix(folder, sample.challenge, template=sample.template)
        assert sample.contents(fixed.out) == valid
        assert sample.contents(folder) == spoilt
        assert fixed.n_changes == sum(row[2] - row[1] + 1 for row in log_of(fixed))
        assert (fixed.n_changes == 0) == (spoilt == valid)


def test_every_change_is_in_the_log(tmp_path):
    path = tmp_path / "pred.txt"
    rows = ["Image_Location,Valence,Arousal", "a/00002.jpg,0.1, 1.3", "a/00001.jpg,0.25,0.5,",
            "a/00001.jpg,0.25,0.5", "a/00007.jpg,0,0"]  # fmt: skip
    path.write_bytes("\r\n".join(rows).encode())
    fixed = fix(path, VA, template=every_row(a=2))
    assert fixed.out.read_text() == (f"{HEADER}\na/00001.jpg,0.25,0.5\na/00002.jpg,0.1,1.000000\n")
    assert log_of(fixed) == [
        ("line-ends", 1, 4, "CRLF or CR", "LF"),
        ("last-line", 5, 5, "no newline", "newline"),
        ("spaces", 2, 2, "spaces", ""),
        ("trailing-comma", 3, 3, "trailing comma", ""),
        ("header", 1, 1, rows[0], HEADER),
        ("row-duplicate", 4, 4, rows[3], ""),
        ("row-extra", 5, 5, rows[4], ""),
        ("range", 2, 2, rows[1], "a/00002.jpg,0.1,1.000000"),
        ("row-order", 3, 3, "line 3", "line 2"),
        ("row-order", 2, 2, "line 2", "line 3"),
    ]
    assert fixed.by_code["line-ends"] == 4
    assert fixed.n_changes == 13


@pytest.mark.parametrize(
    ("fill", "middle", "last"),
    [
        ("linear", "0.300000,0.500000", "0.500000,0.900000"),
        ("nearest", "0.100000,0.100000", "0.500000,0.900000"),
        ("previous", "0.100000,0.100000", "0.500000,0.900000"),
        ("constant", "0.000000,0.000000", "0.000000,0.000000"),
    ],
)
def test_missing_rows_take_what_is_stated(tmp_path, fill, middle, last):
    path = write(tmp_path, "a/00001.jpg,0.1,0.1", "a/00003.jpg,0.5,0.9")
    fixed = fix(path, VA, template=every_row(a=4), fill=fill)
    lines = fixed.out.read_text().splitlines()
    assert lines[2] == f"a/00002.jpg,{middle}"
    assert lines[4] == f"a/00004.jpg,{last}"
    assert log_of(fixed)[0] == ("row-missing", 3, 3, "", lines[2])


@pytest.mark.parametrize(
    ("text", "code"), [("nan", "nan"), ("", "empty-value"), ("-5", "sentinel")]
)
def test_values_that_are_not_there_are_filled_alone(tmp_path, text, code):
    path = write(tmp_path, "a/00001.jpg,0.1,0.2", f"a/00002.jpg,{text},0.7", "a/00003.jpg,0.3,0.4")
    with pytest.raises(SubmissionError, match=f"error {code}"):
        fix(path, VA)
    fixed = fix(path, VA, fill="linear")
    after = "a/00002.jpg,0.200000,0.7"
    assert fixed.out.read_text().splitlines()[2] == after
    assert (code, 3, 3, f"a/00002.jpg,{text},0.7", after) in log_of(fixed)


def test_classes_take_the_nearest_where_values_take_the_line(tmp_path):
    header = EXPR.protocol.submission.header
    path = write(tmp_path, "a/00001.jpg,2", "a/00002.jpg,-1", "a/00004.jpg,7", header=header)
    template = Template.of_frames({"a": 4}, EXPR, source="the sample")
    fixed = fix(path, EXPR, template=template, fill="linear")
    assert fixed.out.read_text().splitlines()[1:] == [
        "a/00001.jpg,2", "a/00002.jpg,2", "a/00003.jpg,7", "a/00004.jpg,7",
    ]  # fmt: skip


REFUSED = {
    "text": ["a/00001.jpg,0.1,yes"],
    "range": ["a/00001.jpg,0.1,3"],
    "columns": ["a/00001.jpg,0.1"],
    "key": ["a-00001.jpg,0.1,0.1"],
    "row-duplicate": ["a/00001.jpg,0.1,0.1", "a/00001.jpg,0.1,0.2"],
    "row-missing": ["a/00002.jpg,0.1,0.1"],
    "video-missing": ["c/00001.jpg,0.1,0.1"],
    "video-unknown": ["c/00001.jpg,0.1,0.1"],
    "nan": ["a/00001.jpg,nan,0.1"],
}


@pytest.mark.parametrize(("code", "rows"), REFUSED.items(), ids=REFUSED)
def test_nothing_is_written_where_it_would_be_a_guess(tmp_path, code, rows):
    path = write(tmp_path, *rows)
    before = path.read_bytes()
    with pytest.raises(SubmissionError, match=f"error {code}"):
        fix(path, VA, template=every_row(a=2 if code == "row-missing" else 1))
    assert [*tmp_path.iterdir()] == [path]
    assert path.read_bytes() == before


def test_a_value_too_far_out_is_refused_with_the_range_and_others_are_not(tmp_path):
    path = write(tmp_path, "a/00001.jpg,1.5,-1.5", "a/00002.jpg,0,7")
    with pytest.raises(SubmissionError) as error:
        fix(path, VA)
    assert "arousal: expected -1 to 1, found 7\n" in str(error.value)


@pytest.mark.parametrize("name", ["abaw5-va", "abaw6-emi"])
def test_a_quarter_of_the_range_is_clipped_on_both_sides(tmp_path, name):
    challenge = find_challenge(name)
    (target,) = challenge.targets
    layout, names = challenge.protocol.submission, challenge.protocol.columns
    margin = 0.25 * (target.high - target.low)
    key = layout.key.pattern.format(video="a", frame=1)
    for n, (end, out) in enumerate([(target.low, -margin), (target.high, margin)]):
        rows = [",".join([key, *[f"{end + scale * out:.3f}"] * names]) for scale in (1, 1.1)]
        (near, far) = (write(tmp_path / f"{n}{i}", row, header=layout.header)
                       for i, row in enumerate(rows))  # fmt: skip
        values = fix(near, challenge).out.read_text().splitlines()[1].split(",")[1:]
        assert set(map(float, values)) == {end}
        with pytest.raises(SubmissionError, match="error range"):
            fix(far, challenge)


def test_a_sentinel_is_refused_in_the_words_of_the_check(tmp_path):
    path = write(tmp_path, "a/00001.jpg,-5,0")
    with pytest.raises(SubmissionError, match="-5 marks what is not annotated; expected -1 to 1"):
        fix(path, VA)


@pytest.mark.parametrize("counts", [{}, {"b": 3}])
def test_of_videos_whose_rows_nobody_knows_the_rest_is_repaired(tmp_path, counts):
    va = find_challenge("abaw3-va")
    (tmp_path / "p").mkdir()
    for video in "ab":
        (tmp_path / "p" / f"{video}.txt").write_text("valence,arousal\n0.5,0.5\n" * 1 + "1.2,0")
    names = Template.of_frames(counts, va, source="the list")
    template = replace(names, videos=("a", "b"), rows=None)
    fixed = fix(tmp_path / "p", va, template=template, fill="nearest")
    assert (fixed.out / "a.txt").read_text().splitlines()[2] == "1.000000,0"
    n_rows = len((fixed.out / "b.txt").read_text().splitlines()) - 1
    assert n_rows == counts.get("b", 2)


def test_rows_of_videos_whose_number_is_known_are_added_in_order(tmp_path):
    path = write(tmp_path, "b/00003.jpg,0.3,0", "a/00001.jpg,0,0", "b/00001.jpg,0.1,0")
    template = replace(every_row(b=3), videos=("a", "b"), rows=None)
    text = fix(path, VA, template=template, fill="linear").out.read_text()
    keys = [line.partition(",")[0] for line in text.splitlines()[1:]]
    assert keys == ["b/00001.jpg", "b/00002.jpg", "b/00003.jpg", "a/00001.jpg"]


def test_all_that_would_be_a_guess_is_told_at_once(tmp_path):
    path = write(tmp_path, "a/00001.jpg,0.1,yes", "b/00001.jpg,3,0", "b/00001.jpg,0,0")
    with pytest.raises(SubmissionError) as error:
        fix(path, VA, template=every_row(a=1, b=1, c=1))
    for code in ("text", "range", "video-missing"):
        assert f"error {code}" in str(error.value)


def test_rows_that_may_only_be_misnumbered_are_not_filled(tmp_path):
    path = write(tmp_path, *(f"a/{frame:05d}.jpg,0.1,0.1" for frame in (2, 3, 4)))
    with pytest.raises(SubmissionError, match="too many, or others under a wrong name"):
        fix(path, VA, template=every_row(a=3), fill="nearest")


def test_unknown_videos_go_only_if_none_is_missing(tmp_path):
    path = write(tmp_path, "x/00001.jpg,0,0", "a/00001.jpg,0.1,0.1")
    fixed = fix(path, VA, template=every_row(a=1))
    assert log_of(fixed)[0][:3] == ("video-unknown", 2, 2)
    assert "x/" not in fixed.out.read_text()


@pytest.mark.parametrize("n_missing", [1, 2, 3])
def test_decoders_that_count_a_frame_less_are_made_up_for(tmp_path, n_missing):
    va = find_challenge("abaw3-va")
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "v.txt").write_text("valence,arousal\n" + "0.100000,0.200000\n" * 4)
    template = Template.of_frames({"v": 4 + n_missing}, va, source="the list")
    if n_missing > 2:
        with pytest.raises(SubmissionError, match="error row-missing: 3 rows"):
            fix(tmp_path / "p", va, template=template, fill="nearest")
        return
    fixed = fix(tmp_path / "p", va, template=template, fill="nearest")
    text = (tmp_path / "p.fixed" / "v.txt").read_text()
    assert text == "valence,arousal\n" + "0.100000,0.200000\n" * (4 + n_missing)
    assert fixed.by_code == {"row-missing": n_missing}


def test_a_blank_line_may_be_a_lost_row_where_rows_have_no_names(tmp_path):
    va = find_challenge("abaw3-va")
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "v.txt").write_text("valence,arousal\n0,0\n\n1,1\n")
    with pytest.raises(SubmissionError, match="error blank-line"):
        fix(tmp_path / "p", va)
    fix(tmp_path / "p", va, template=Template.of_frames({"v": 2}, va, source="the list"))
    text = (tmp_path / "p.fixed" / "v.txt").read_text()
    assert text.splitlines()[1:] == ["0,0", "1,1"]


def test_probabilities_too_far_from_each_other_are_refused(tmp_path):
    ah = find_challenge("abaw10-ah")
    path = tmp_path / "trial-3.txt"
    path.write_text("Videos/a.mp4,0.7,0.309,0\n")
    assert (fix(path, ah).out / "trial-3.txt").read_text() == "Videos/a.mp4,0.6910,0.3090,0\n"
    shutil.rmtree(tmp_path / "trial-3.fixed")
    path.write_text("Videos/a.mp4,0.7,0.32,0\n")
    with pytest.raises(SubmissionError, match=r"add up to 1\.02"):
        fix(path, ah)


def test_a_fill_without_anything_to_go_by_is_refused(tmp_path):
    path = write(tmp_path, "a/00001.jpg,nan,0.1", "a/00002.jpg,nan,0.2")
    with pytest.raises(SubmissionError, match="linear has nothing to go by in a"):
        fix(path, VA, fill="linear")
    assert "a/00001.jpg,0.000000,0.1" in fix(path, VA, fill="constant").out.read_text()


def test_an_existing_output_stays_as_it_is(tmp_path):
    path = write(tmp_path, "a/00001.jpg,0,0")
    fixed = fix(path, VA)
    before = fixed.out.read_bytes()
    with pytest.raises(UsageError, match="there is something already"):
        fix(path, VA)
    with pytest.raises(UsageError, match="there is something already"):
        fix(path, VA, out=path)
    assert fixed.out.read_bytes() == before


def test_a_run_folder_gives_the_label_file_alone(tmp_path):
    folder = tmp_path / "run"
    (folder / "raw").mkdir(parents=True)
    (folder / "manifest.json").write_text("{}")
    write(folder, "a/00001.jpg,0,0").rename(folder / "predictions.txt")
    fixed = fix(folder, VA)
    assert [path.name for path in fixed.out.iterdir()] == ["predictions.txt"]


def test_what_is_written_is_checked_before_it_has_its_name(tmp_path, monkeypatch):
    path = write(tmp_path, "a/00001.jpg,0,0")
    bad = validate(write(tmp_path / "other", "a/00001.jpg,9,0"), VA)
    module = sys.modules["submissions.validation.fixing.fix"]
    monkeypatch.setattr(module, "validate", lambda *_, **__: bad)
    with pytest.raises(SubmissionError, match="error range"):
        fix(path, VA)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["other", "pred.txt"]


@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_row_is_written_as_often_as_the_sample_has_it(tmp_path, times):
    keys = ["a/00001.jpg,", "a/00002.jpg,", *["a/00001.jpg,"] * (times - 1)]
    sample = write(tmp_path / "sample", *keys)
    rows = ["a/00001.jpg,0,0", "a/00002.jpg,1,1", "a/00001.jpg,0.0,0"]
    fixed = fix(write(tmp_path, *rows), VA, template=Template.read(sample, VA))
    wanted = [[*rows[:2]], rows, [*rows, rows[0]]][times - 1]
    assert fixed.out.read_text().splitlines()[1:] == wanted
    assert fixed.by_code == [{"row-duplicate": 1}, {}, {"row-missing": 1}][times - 1]


@pytest.mark.parametrize("listed", [False, True])
def test_without_a_sample_nobody_knows_that_a_row_is_too_many(tmp_path, listed):
    mtl = find_challenge("abaw4-mtl")
    row = "a/00003.jpg,0.1,-0.2,3,0,1,0,0,0,0,0,1,0,1,0,0"
    path = tmp_path / "pred.txt"
    path.write_bytes(f"{mtl.protocol.submission.header}\n{row}\n{row}\r\n".encode())
    names = replace(Template.of_frames({}, mtl, source="the list"), videos=("a",), rows=None)
    fixed = fix(path, mtl, template=names if listed else None)
    assert fixed.out.read_text().splitlines()[1:] == [row, row]
    assert fixed.by_code == {"line-ends": 1}


@pytest.mark.parametrize("n_extra", [1, 2, 3])
def test_a_row_or_two_too_many_go_where_rows_have_no_names(tmp_path, n_extra):
    va = find_challenge("abaw3-va")
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "v.txt").write_text("valence,arousal\n" + "0,0\n" * (4 + n_extra))
    template = Template.of_frames({"v": 4}, va, source="the list")
    if n_extra > 2:
        with pytest.raises(SubmissionError, match="error row-extra: 3 rows"):
            fix(tmp_path / "p", va, template=template)
        return
    fixed = fix(tmp_path / "p", va, template=template)
    assert len((fixed.out / "v.txt").read_text().splitlines()) == 5
    assert fixed.by_code["row-extra"] == n_extra


def test_a_label_is_not_filled_beside_its_probabilities(tmp_path):
    path = tmp_path / "trial-0.txt"
    path.write_text("Videos/a.mp4,0.2,0.8,\n")
    with pytest.raises(SubmissionError, match="error empty-value"):
        fix(path, find_challenge("abaw10-ah"), fill="constant")


@pytest.mark.parametrize("text", ["valence,arousal\n0,0\n".encode("utf-16"), b"", b"\xff\n0,0\n"])
def test_a_file_that_cannot_be_read_is_not_left_out(tmp_path, text):
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "a.txt").write_bytes(b"valence,arousal\n0,0\n")
    (tmp_path / "p" / "b.txt").write_bytes(text)
    with pytest.raises(SubmissionError, match=r"error (encoding|file-empty)"):
        fix(tmp_path / "p", find_challenge("abaw3-va"))


def test_files_get_the_names_that_the_edition_asks_for(tmp_path):
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "a.csv").write_text("valence,arousal\n0.000000,0.000000\n")
    (tmp_path / "p" / "notes.md").touch()
    fixed = fix(tmp_path / "p", find_challenge("abaw3-va"))
    assert [path.name for path in fixed.out.iterdir()] == ["a.txt"]
    assert log_of(fixed) == [("file-name", 0, 0, "a.csv", "a.txt"),
                             ("file-extra", 0, 0, "notes.md", "")]  # fmt: skip


def test_what_is_right_stays_as_it_is_written(tmp_path):
    rows = ["a/00001.jpg,0.123456789,1e-7", "a/00002.jpg,-0.123456789,1.1", "a/00003.jpg,+.5,-0",
            "a/00004.jpg, 0.123456789,1e-7"]  # fmt: skip
    fixed = fix(write(tmp_path, *rows), VA)
    after = "a/00002.jpg,-0.123456789,1.000000"
    wanted = [rows[0], after, rows[2], rows[3].replace(" ", "")]
    assert fixed.out.read_text().splitlines()[1:] == wanted
    assert log_of(fixed) == [("spaces", 5, 5, "spaces", ""), ("range", 3, 3, rows[1], after)]


def test_probabilities_that_are_right_stay_as_they_are_written(tmp_path):
    path = tmp_path / "trial-0.txt"
    rows = ["Videos/a.mp4,0.25,0.75,1", "Videos/b.mp4,0.123456789,0.876543211,1.0",
            "Videos/c.mp4,0.2,0.801,1"]  # fmt: skip
    path.write_text("".join(f"{row}\n" for row in rows))
    fixed = fix(path, find_challenge("abaw10-ah"))
    assert (fixed.out / "trial-0.txt").read_text().splitlines() == [
        rows[0], rows[1].removesuffix(".0"), "Videos/c.mp4,0.1990,0.8010,1",
    ]  # fmt: skip
    assert fixed.by_code == {"number-format": 1, "probability": 1}


@pytest.mark.parametrize("name", sorted(CHALLENGES))
@settings(max_examples=8)
@given(data=st.data())
def test_rows_without_a_fault_keep_their_bytes(name, data):
    sample = data.draw(samples(CHALLENGES[name]))
    with tempfile.TemporaryDirectory() as temporary:
        folder = sample.write(Path(temporary) / "valid")
        lines = {}
        for file, text in sample.contents(folder).items():
            rows = text.decode().splitlines()
            first = 0 if sample.template.layout.header is None else 1
            rows[first:] = [data.draw(written_otherwise(row, sample)) for row in rows[first:]]
            (folder / file).write_text("".join(f"{row}\n" for row in rows))
            lines[file] = spoilt_rows(data.draw, sample, rows, first)
            end = data.draw(st.sampled_from(["\n", "\r\n"]))
            (folder / file).write_bytes((end.join([now for now, _ in lines[file]]) + end).encode())
        fixed = fix(
            folder, sample.challenge, template=data.draw(st.sampled_from([sample.template, None]))
        )
        for file, text in sample.contents(fixed.out).items():
            for after, (now, before) in zip(text.decode().splitlines(), lines[file], strict=True):
                assert now != before or after == before


def test_a_row_that_the_sample_repeats_is_repeated(tmp_path):
    (tmp_path / "sample.txt").write_text(f"{HEADER}\na/00001.jpg,\na/00001.jpg,\n")
    template = Template.read(tmp_path / "sample.txt", VA)
    row = "a/00001.jpg,0.500000,0.500000"
    path = write(tmp_path, row)
    fixed = fix(path, VA, template=template)
    assert fixed.out.read_text().splitlines()[1:] == [row, row]
    assert log_of(fixed) == [("row-missing", 3, 3, "", row)]
    assert fix(fixed.out, VA, template=template).n_changes == 0


def test_there_is_no_log_without_a_result(tmp_path, monkeypatch):
    (tmp_path / "va").mkdir()
    (tmp_path / "va" / "v.txt").write_text("valence,arousal\n0.5,7e-1\n")
    replace = Path.replace

    def failing(path, target):
        if target == tmp_path / "new":
            raise KeyboardInterrupt
        return replace(path, target)

    monkeypatch.setattr(Path, "rename", failing)
    monkeypatch.setattr(Path, "replace", failing)
    with pytest.raises(KeyboardInterrupt):
        fix(tmp_path / "va", find_challenge("abaw3-va"), out=tmp_path / "new")
    assert [path.name for path in tmp_path.iterdir()] == ["va"]


def test_exponents_are_allowed_and_stay(tmp_path):
    path = write(tmp_path, "a/00001.jpg,9e-05,+0.5")
    verdict = validate(path, VA)
    assert [found.code for found in verdict.warnings][:1] == ["number-notation"]
    assert verdict.ok
    fixed = fix(path, VA)
    assert fixed.out.read_bytes() == path.read_bytes()
    assert log_of(fixed) == []


@pytest.mark.parametrize("name", ["abaw3-va", "abaw5-va"])
def test_files_with_the_line_ends_of_old_are_repaired(tmp_path, name):
    challenge = find_challenge(name)
    key = "" if challenge.protocol.submission.key is None else "a/00001.jpg,"
    rows = [challenge.protocol.submission.header, f"{key}0.1,0.2"]
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "a.txt").write_bytes("".join(f"{row}\r" for row in rows).encode())
    (error,) = validate(tmp_path / "p", challenge).errors
    assert (error.code, error.count) == ("line-ends", 2)
    fixed = fix(tmp_path / "p", challenge)
    assert (fixed.out / "a.txt").read_text() == "".join(f"{row}\n" for row in rows)
    assert fixed.by_code == {"line-ends": 2}


def told(path, challenge, **options):
    with pytest.raises(NotFixedError) as error:
        fix(path, challenge, **options)
    return error.value.findings


@pytest.mark.parametrize("row", [
    b"a\\00001.jpg,0.1,0.2", b"a/00001.png,0.1,0.2", b"a/00001.jpg\t0.1\t0.2",
    b"\xe4/00001.jpg,0.1,0.2",
])  # fmt: skip
def test_rows_that_cannot_be_read_are_not_told_as_missing(tmp_path, row):
    path = write(tmp_path, "b/00001.jpg,0,0")
    path.write_bytes(path.read_bytes() + row + b"\n\n")
    assert {"row-missing", "video-missing"}.isdisjoint(
        found.code for found in told(path, VA, template=every_row(a=1, b=2))
    )


@pytest.mark.parametrize("text", [b"i\0m\0a\0,\0", "image_location".encode("utf-16")])
def test_a_file_that_is_no_text_is_refused_for_that(tmp_path, text):
    path = tmp_path / "u.txt"
    path.write_bytes(text)
    assert [found.code for found in told(path, VA)] == ["encoding"]


def test_a_sum_that_is_none_is_not_told(tmp_path):
    path = tmp_path / "trial-0.txt"
    path.write_text("Videos/a.mp4,-0.2,1.2,1\n")
    assert [found.code for found in told(path, find_challenge("abaw10-ah"))] == ["range"]


REFUSED_BY_HAND = {
    "class": ("abaw5-expr", ["a/00001.jpg,3.5", "a/00002.jpg,8"], None, {"range"}),
    "unit": ("abaw5-au", ["a/00001.jpg,.2,0,0,0,0,0,0,0,0,0,0,0"], None, {"range"}),
    "sum": ("abaw10-ah", ["Videos/a.mp4,0.5,0.4,0"], None, {"probability"}),
    "extra": ("abaw5-va", ["a/00002.jpg,0,0", "a/00003.jpg,0,0"], {"a": 2},
              {"row-extra", "row-missing"}),
    "twice": ("abaw5-va", ["a/00001.jpg,0,0", "a/00001.jpg,0,1"], None, {"row-duplicate"}),
    "nothing": ("abaw5-va", ["a/00001.jpg,-5,0"], None, {"sentinel"}),
    "nan": ("abaw5-va", ["a/00001.jpg,nan,0"], None, {"nan"}),
    "blank": ("abaw3-va", ["0,0", "", "1,1"], None, {"blank-line"}),
}  # fmt: skip
"""Rows that are refused though they are told how to fill, and as what."""


@pytest.mark.parametrize("which", REFUSED_BY_HAND)
def test_no_hint_of_a_refusal_says_that_it_can_be_repaired(tmp_path, which):
    name, rows, counts, codes = REFUSED_BY_HAND[which]
    challenge = find_challenge(name)
    path = write(tmp_path, *rows, header=challenge.protocol.submission.header)
    template = counts and Template.of_frames(counts, challenge, source="the sample")
    findings = told(path, challenge, template=template, fill="linear")
    assert {found.code for found in findings if found.code != "file-name"} == codes
    assert not any("--fix" in found.hint for found in findings)
    assert all(place.line for found in findings for place in found.places)


@pytest.mark.parametrize(("name", "wanted"), [
    ("abaw5-va", ["a/00001.jpg,0,0", "a/00002.jpg,0,0"]),
    ("abaw8-ah", ["a/1.mp4/frame-0.jpg,0", "a/1.mp4/frame-1.jpg,0"]),
])  # fmt: skip
@pytest.mark.parametrize("missing", [0, 1])
def test_a_row_that_is_missing_is_told_where_the_check_tells_it(tmp_path, name, wanted, missing):
    challenge, folder = find_challenge(name), tmp_path / "p"
    video = wanted[0].rpartition("/")[0]
    header = challenge.protocol.submission.header
    write(folder, wanted[1 - missing], header=header).rename(folder / "trial-0.txt")
    template = Template.of_frames({video: 2}, challenge, source="the sample")
    (found,) = told(folder, challenge, template=template)
    (error,) = validate(folder, challenge, template=template).errors
    assert found.places == error.places
    assert found.places[0].line == missing + (1 if header is None else 2)


@pytest.mark.parametrize("missing", [1, 2, 3])
def test_of_files_with_keys_each_has_a_top_of_its_own(tmp_path, missing):
    vd = find_challenge("abaw10-vd")
    layout = vd.protocol.submission
    template = Template.of_frames({"a": 3, "b": 3}, vd, source="the sample")
    for video in "ab":
        rows = [layout.key.pattern.format(video=video, frame=n - 1 + layout.key.first) + ",0"
                for n in (1, 2, 3) if video == "a" or n != missing]  # fmt: skip
        file = layout.file.format(video=video)
        write(tmp_path / "p", *rows, header=layout.header).rename(tmp_path / "p" / file)
    (found,) = told(tmp_path / "p", vd, template=template)
    assert found.places == validate(tmp_path / "p", vd, template=template).errors[0].places
    assert [(Path(place.file).stem, place.line) for place in found.places] == [("b", missing + 1)]


def test_what_stays_is_looked_for_where_the_sample_has_its_column(tmp_path):
    sample = write(tmp_path / "sample", "a/00001.jpg,,", header="image_location,arousal,valence")
    path = write(tmp_path, "a/00001.jpg,1.1,0.123456789", header="image_location,arousal,valence")
    with pytest.warns(SampleWarning):
        template = Template.read(sample, VA)
    fixed = fix(path, VA, template=template)
    assert fixed.out.read_text().endswith("\na/00001.jpg,1.000000,0.123456789\n")


def test_a_blank_line_hides_no_video_that_is_missing(tmp_path):
    path = write(tmp_path, "a/00001.jpg,0,0", "", "a/00002.jpg,0,0")
    (found,) = told(path, VA, template=every_row(a=2, b=1))
    assert found.code == "video-missing"
