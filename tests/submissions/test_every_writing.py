"""For every row of the table: what is written as the sample asks is valid and reads back."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abawkit.labels import read_labels
from abawkit.protocol import CHALLENGES
from abawkit.track import Track
from submissions.template import Template
from submissions.validation.validate import validate
from tests.strategies import predictions
from tests.submissions.asked import DUMMIES, submit, template_of

EVERY_ROW = pytest.mark.parametrize("challenge", CHALLENGES.values(), ids=CHALLENGES)
A_FEW = settings(max_examples=settings().max_examples // 10)
TELLING = {"constant-column", "constant-video", "class-never", "flicker"}
"""What predictions drawn at random may well be, though they are written as they should."""


@pytest.fixture(scope="module", params=DUMMIES)
def dummy(request):
    return request.param


@EVERY_ROW
@A_FEW
@given(data=st.data())
def test_what_is_written_like_a_sample_is_valid(challenge, dummy, data):
    tracks = data.draw(predictions(challenge))
    with TemporaryDirectory() as name:
        template = template_of(Path(name) / "official", challenge, tracks, dummy=dummy)
        verdict = validate(
            submit(Path(name) / "own", challenge, tracks, template), challenge, template=template
        )
    assert verdict.errors == ()
    assert {finding.code for finding in verdict.warnings} <= TELLING
    assert verdict.n_videos == len(tracks)
    assert verdict.n_rows == sum(template.n_frames.values())


@EVERY_ROW
@A_FEW
@given(data=st.data())
def test_what_is_written_reads_back_as_it_was(challenge, data):
    tracks = data.draw(predictions(challenge))
    with TemporaryDirectory() as name:
        template = template_of(Path(name) / "official", challenge, tracks)
        back = read_labels(submit(Path(name) / "own", challenge, tracks, template), challenge)
    assert back.keys() == tracks.keys()
    for video, track in tracks.items():
        np.testing.assert_array_equal(back[video].values, track.values)
        if track.probabilities is not None:
            np.testing.assert_array_equal(back[video].probabilities, track.probabilities)


@pytest.mark.parametrize(
    "name", [n for n, row in CHALLENGES.items() if row.protocol.submission.probabilities]
)
def test_probabilities_as_a_model_gives_them_add_up_exactly(name, tmp_path):
    challenge = CHALLENGES[name]
    outputs = np.random.default_rng(0).random((5_000, 1), np.float32)
    shares = np.hstack([outputs, np.float32(1 + 3e-7) - outputs]).astype(np.float64)
    tracks = {
        str(i): replace(Track.of(str(i), [[row.argmax()]]), probabilities=row[None])
        for i, row in enumerate(shares)
    }
    template = Template.of_frames(dict.fromkeys(tracks, 1), challenge, source="here")
    path = submit(tmp_path, challenge, tracks, template)
    assert validate(path, challenge, template=template).errors == ()
    back = np.vstack([track.probabilities for track in read_labels(path, challenge).values()])
    assert (back.sum(axis=1) == 1).all()
    np.testing.assert_allclose(back, shares, atol=0.51e-4)
