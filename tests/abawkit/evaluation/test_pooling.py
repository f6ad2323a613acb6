"""Poolings of a report's videos have its names, and are what scoring those videos gives."""

from dataclasses import replace

import numpy as np
import pytest

from abawkit import CHALLENGES, evaluate
from abawkit.evaluation.pooling import poolings
from tests.abawkit.evaluation.corpora import pair


@pytest.mark.parametrize("challenge", CHALLENGES.values(), ids=CHALLENGES)
def test_each_pooling_scores_and_names_what_its_videos_alone_would(challenge):
    truth, prediction = pair(challenge, videos=4)
    report = evaluate(challenge, truth, prediction)
    rows = np.array([[1.0, 1, 1, 1], [0, 1, 0, 1], [0, 0, 1, 0]])
    found = poolings(challenge, [video.summary for video in report.videos.values()], rows)
    for index, row in enumerate(rows):
        chosen = {name: truth[name] for name, times in zip(truth, row, strict=True) if times}
        alone = evaluate(challenge, chosen, prediction)
        assert found.score[index] == pytest.approx(alone.score, abs=1e-12)
        for mine, theirs in (
            (found.components, alone.components),
            (found.per_class, alone.per_class),
        ):
            assert list(mine) == list(theirs)
            assert [values[index] for values in mine.values()] == pytest.approx(
                list(theirs.values()), abs=1e-12
            )


def test_targets_have_the_weights_of_their_sum():
    challenge = CHALLENGES["abaw3-mtl"]
    (summary,) = [
        replace(video.summary, weights=(0.5, 2.0, 3.0))
        for video in evaluate(challenge, *pair(challenge, videos=1)).videos.values()
    ]
    found = poolings(challenge, [summary], np.ones((1, 1)))
    assert found.score == pytest.approx([summary.score])
