"""The ways in which published code spoilt its submissions: each is named, or cannot happen.

Those that spoil scores and not files are tested with the scores: validation on frames with a
face only, tuning on what is then reported, and F1 over the classes that are there.
"""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from abawkit.errors import NoFaceWarning, SubmissionError
from abawkit.labels import Rows, read_labels, write_labels
from abawkit.protocol import find_challenge
from abawkit.track import Track
from submissions import load_run
from submissions.following import run_template
from submissions.validation.fixing import fix
from submissions.validation.validate import validate
from tests.submissions.asked import submit, template_of
from tests.submissions.runs import draw_run, save_run

VA = find_challenge("abaw6-va")
AH = find_challenge("abaw11-ah")
MTL = find_challenge("abaw7-mtl")


def ramp(video, n_frames, *, start=0.0):
    """Predictions that no two frames share: frame i is `start` and i thousandths."""
    steps = start + np.arange(n_frames)[:, None] / 1000
    return Track.of(video, np.hstack([steps, -steps]))


def named(*tracks):
    return {track.video: track for track in tracks}


def found(path, challenge, template, **options):
    """Check a submission; give what is found by its code."""
    verdict = validate(path, challenge, template=template, **options)
    return {finding.code: finding for finding in (*verdict.errors, *verdict.warnings)}


@pytest.fixture
def two(tmp_path):
    """Write a submission of two videos and the sample that it follows."""
    tracks = named(ramp("b", 5), ramp("a", 5, start=0.5))
    template = template_of(tmp_path / "official", VA, tracks)
    return submit(tmp_path / "own", VA, tracks, template), template


def without(path, *lines):
    """Take lines out of a file, from 1."""
    kept = [line for i, line in enumerate(path.read_text().splitlines(), 1) if i not in lines]
    path.write_text("".join(f"{line}\n" for line in kept))
    return path


def repaired(path, template, fill):
    fixed = fix(path, VA, out=path.with_name("fixed.txt"), template=template, fill=fill)
    return read_labels(fixed.out, VA)


def test_a_gap_is_filled_with_more_of_the_nearer_end(two):
    path, template = two
    values = repaired(without(path, 3, 4, 5), template, "linear")["b"].values
    np.testing.assert_allclose(values[:, 0], [0, 0.001, 0.002, 0.003, 0.004], atol=1e-9)


def test_a_last_batch_that_is_dropped_is_counted(tmp_path):
    tracks = named(ramp("1", 600), ramp("2", 400))
    template = template_of(tmp_path / "official", VA, tracks)
    path = submit(tmp_path / "own", VA, tracks, template)
    finding = found(without(path, *range(2 + 768, 1002)), VA, template)["row-missing"]
    assert finding.count == 1000 - 768
    assert finding.places[0].line == 2 + 768


def test_a_batch_that_is_written_twice_is_counted(two):
    path, template = two
    lines = path.read_text().splitlines()
    path.write_text("".join(f"{line}\n" for line in lines + lines[-4:]))
    finding = found(path, VA, template)["row-duplicate"]
    assert (finding.count, finding.places[0].line) == (4, 12)


def test_a_fill_never_comes_from_another_video(two):
    path, template = two
    values = repaired(without(path, 7, 8), template, "previous")["a"].values
    np.testing.assert_array_equal(values[:2, 0], [0.502, 0.502])


def test_a_filter_crosses_no_border_and_draws_no_end_to_zero(tmp_path):
    run = draw_run(VA, smooth="box:7")
    levels = zip(run.videos, (-0.75, 0.5, 1.0), strict=True)
    videos = {
        name: replace(run.videos[name], outputs=np.full_like(run.videos[name].outputs, level))
        for name, level in levels
    }
    path = save_run(tmp_path / "run", replace(run, videos=videos))
    for track, level in zip(read_labels(path, VA).values(), (-0.75, 0.5, 1.0), strict=True):
        np.testing.assert_array_equal(track.values, np.full(track.values.shape, level))


def test_rows_in_the_order_of_a_folder_are_not_the_samples(tmp_path):
    tracks = named(ramp("2", 2), ramp("10", 2), ramp("1", 2))
    template = template_of(tmp_path / "official", VA, tracks)
    sorted_rows = Rows.whole(dict.fromkeys(sorted(tracks), 2))
    paths = write_labels(
        tmp_path / "own", tracks, targets=VA.targets, layout=template.layout, rows=sorted_rows
    )
    finding = found(paths[0], VA, template)["row-order"]
    assert finding.places[0].line == 2


@pytest.mark.parametrize("name", ["a.b+c(1)", "a|b", "[1]", "(", "1*", "$", "^a", "a\\d"])
def test_a_name_is_no_regular_expression(name, tmp_path):
    tracks = named(ramp(name, 3), ramp("1", 2))
    template = template_of(tmp_path / "official", VA, tracks)
    path = submit(tmp_path / "own", VA, tracks, template)
    assert not validate(path, VA, template=template).errors
    assert list(template.videos) == [name, "1"]


def test_a_name_that_only_a_regular_expression_matches_is_unknown(tmp_path):
    tracks = named(ramp("a.b+c(1)", 3))
    template = template_of(tmp_path / "official", VA, tracks)
    path = submit(tmp_path / "own", VA, tracks, template)
    path.write_text(path.read_text().replace("a.b+c(1)", "aXbbc1"))
    codes = found(path, VA, template)
    assert "aXbbc1" in codes["video-unknown"].message
    assert "a.b+c(1)" in codes["video-missing"].message


def test_a_name_that_begins_another_has_its_own_rows(tmp_path):
    tracks = named(ramp("video1", 3), ramp("video10", 4), ramp("video10_1", 5))
    template = template_of(tmp_path / "official", VA, tracks)
    path = submit(tmp_path / "own", VA, tracks, template)
    assert template.n_frames == {"video1": 3, "video10": 4, "video10_1": 5}
    finding = found(without(path, 4), VA, template)["row-missing"]
    assert "video1/00003.jpg" in finding.message
    assert finding.count == 1


def test_features_that_are_too_short_are_not_written(tmp_path):
    template = template_of(tmp_path / "official", VA, named(ramp("1", 5)))
    with pytest.raises(SubmissionError, match="1: no prediction for frame 5; it has 4"):
        submit(tmp_path / "own", VA, named(ramp("1", 4)), template)


def test_the_whole_name_of_a_row_counts_and_not_its_first_character(tmp_path):
    names = [f"Videos/82964/Visite_1/82964_Question_{i}_Video.mp4" for i in range(1, 6)]
    tracks = named(*(Track.of(name, [[0.0]]) for name in names))
    template = template_of(tmp_path / "official", AH, tracks)
    template = replace(template, layout=replace(template.layout, probabilities=False))
    path = submit(tmp_path / "own", AH, tracks, template)
    lines = path.read_text().splitlines()
    path.write_text("".join(f"{line}\n" for line in (lines[1], lines[0], *lines[2:])))
    assert found(path, AH, template)["row-order"].places[0].line == 1


def test_the_exact_sum_is_asked_for_as_the_organisers_ask(tmp_path):
    pairs = [(1 - Decimal(i) / 10_000, Decimal(i) / 10_000) for i in range(0, 10_001, 7)]
    pairs += [(p0 + Decimal("1e-16"), p1) for p0, p1 in pairs[1::9]]
    lines = [f"v{i},{p0},{p1},{int(p1 > p0)}" for i, (p0, p1) in enumerate(pairs)]
    path = tmp_path / "trial-0.txt"
    path.write_text("".join(f"{line}\n" for line in lines))
    refused = [i for i, (p0, p1) in enumerate(pairs, 1) if float(p0) + float(p1) != 1.0]
    codes = found(path, AH, None, places=len(pairs))
    lines = [place.line for place in codes["probability"].places] if refused else []
    assert lines == refused


def test_a_header_of_five_names_over_sixteen_fields_shifts_no_column(tmp_path):
    row = "video45_1/00001.jpg,0.25,-0.5,7," + ",".join("110000000001")
    path = tmp_path / "MTL.txt"
    path.write_text(f"{MTL.protocol.submission.header}\n{row}\n")
    (track,) = read_labels(path, MTL).values()
    assert track.values.tolist() == [[0.25, -0.5, 7, *(float(c) for c in "110000000001")]]


def test_a_video_without_a_face_is_written_and_told(tmp_path):
    run = draw_run(VA)
    raw = run.videos["b_left"]
    empty = replace(raw, frames=raw.frames[:0], outputs=raw.outputs[:0])
    with pytest.warns(NoFaceWarning, match="b_left"):
        path = save_run(tmp_path / "run", replace(run, videos={**run.videos, "b_left": empty}))
    finding = found(path, VA, run_template(load_run(path)))["no-face"]
    assert finding.count == 1
    assert "b_left" in finding.message
