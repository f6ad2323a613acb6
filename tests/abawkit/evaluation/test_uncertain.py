"""Too little data for an interval to say much is warned about."""

import warnings

import numpy as np
import pytest

from abawkit import CHALLENGES, Track, evaluate
from abawkit.errors import UncertainWarning
from abawkit.evaluation.bootstrap import Bootstrap, confidence
from abawkit.evaluation.uncertain import units_of_classes, warn_uncertain

FEW = Bootstrap(resamples=100)


def expressions(n_videos, present):
    """Annotate Neutral, and each class of `present` in the first so many videos."""
    tracks = {}
    for index in range(n_videos):
        labels = [0, *(label for label, number in present.items() if index < number)]
        tracks[f"{index:02d}"] = Track.of(f"{index:02d}", [[float(label)] for label in labels])
    return evaluate("abaw3-expr", tracks, tracks)


def said(report, bootstrap=FEW):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        confidence(report, bootstrap)
    return [str(one.message) for one in caught if one.category is UncertainWarning]


ALL = dict.fromkeys(range(1, 8), 20)


@pytest.mark.parametrize(("n_videos", "few"), [(2, True), (19, True), (20, False), (21, False)])
def test_fewer_than_20_videos_are_warned_about(n_videos, few):
    messages = said(expressions(n_videos, ALL))
    assert any(text.startswith(f"{n_videos} videos only") for text in messages) == few


def test_20_videos_with_every_class_in_5_are_no_warning():
    assert said(expressions(20, dict.fromkeys(range(1, 8), 5))) == []


def test_classes_in_fewer_than_5_videos_are_named_with_their_numbers():
    (message,) = said(expressions(20, ALL | {3: 4, 5: 5, 7: 0}))
    assert message.startswith(
        "present in fewer than 5 videos of the annotation: Fear (4), Other (0); "
    )


def test_persons_count_once():
    tracks = {f"{index}{side}": Track.of(f"{index}{side}", [[0.1, 0.2], [0.3, 0.1]])
              for index in range(12) for side in ("_left", "_right")}  # fmt: skip
    report = evaluate("abaw3-va", tracks, tracks)
    assert said(report) == []
    (message,) = said(report, Bootstrap(resamples=100, unit="person"))
    assert message.startswith("12 persons only: with fewer than 20")


def test_what_is_predicted_but_never_annotated_is_not_present():
    truth = {f"{index}": Track.of(f"{index}", [[0.0]]) for index in range(20)}
    guess = {video: Track.of(video, [[1.0]]) for video in truth}
    (message,) = said(evaluate("abaw3-expr", truth, guess))
    assert "Anger (0)" in message


@pytest.mark.parametrize("name", ["abaw2-expr", "abaw2-au", "abaw3-mtl", "abaw3-va", "abaw8-ah"])
def test_units_of_classes_are_those_with_a_counted_frame_of_it(name):
    challenge = CHALLENGES[name]
    rng = np.random.default_rng(0)
    wide = [
        rng.integers(len(target.names) if hasattr(target, "confusion") else 2,
                     size=(90, target.columns))
        for target in challenge.targets
    ]  # fmt: skip
    values = np.hstack(wide).astype(float)
    known = rng.random(values.shape) < 0.3
    tracks = [Track.of(f"{i}", values[i::30], known[i::30]) for i in range(30)]
    guess = [Track.of(f"{i}", values[::-1][i::30]) for i in range(30)]
    report = evaluate(challenge, tracks, guess)
    units = np.arange(30) // 3
    samples = [report.videos[f"{i}"].summary for i in range(30)]
    column, expected = 0, {}
    for target in challenge.targets:
        for index, output in enumerate(target.names):
            if target.name == "va":
                continue
            own = column + (0 if target.columns == 1 else index)
            label = index if target.columns == 1 else 1
            expected[output] = len({
                units[i] for i, track in enumerate(tracks)
                if (track.known[:, own] & (track.values[:, own] == label)).any()
            })  # fmt: skip
        column += target.columns
    assert units_of_classes(challenge, samples, units) == expected


def test_values_have_no_classes(recwarn):
    tracks = {f"{index}": Track.of(f"{index}", [[0.1, 0.2]]) for index in range(20)}
    report = evaluate("abaw3-va", tracks, tracks)
    samples = [video.summary for video in report.videos.values()]
    warn_uncertain(report.challenge, samples, np.arange(20), unit="video")
    assert not recwarn
