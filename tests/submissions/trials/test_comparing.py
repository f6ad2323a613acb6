"""Validation scores of other frames are not held against each other without a word."""

import warnings

import pytest

from abawkit.errors import ComparisonWarning
from submissions.trials.comparing import warn_incomparable
from submissions.trials.trial import Trial

HERE = "abaw5-va|frames:10|list:1|labels:2|fill:linear|abawkit:0.1.0"
ELSEWHERE = "abaw5-va|frames:9|list:3|labels:4|fill:none|abawkit:0.1.0"


def trials(*signatures, validation=0.5, challenge="abaw5-va"):
    return [
        Trial(challenge=challenge, number=number, sent="", file="", content="",
              validation=validation, signature=signature)
        for number, signature in enumerate(signatures, start=1)
    ]  # fmt: skip


def test_scores_of_other_frames_are_warned_of_with_what_differs():
    with pytest.warns(ComparisonWarning, match="abaw5-va: the .* of trials 1 and 2 .* be") as told:
        warn_incomparable(trials(HERE, ELSEWHERE))
    (message,) = (str(warning.message) for warning in told)
    assert [part.split()[0] for part in message.split(": ", 2)[2].split("; ")] == [
        "frames", "list", "labels"
    ]  # fmt: skip


def test_each_is_held_against_the_one_scored_before_it():
    own = trials(HERE, ELSEWHERE, HERE)
    unscored = trials(HERE, ELSEWHERE, validation=None)[1:]
    with pytest.warns(ComparisonWarning, match="trials 1 and 3") as told:
        warn_incomparable([own[0], *unscored, trials("", "", ELSEWHERE)[2]])
    assert len(told) == 1


@pytest.mark.parametrize(
    "second",
    [HERE, HERE.replace("linear", "none"), "abaw5-va|frames:10", "broken", "a|b", None],
    ids=["same", "system", "unknown", "damaged", "parts", "none"],
)
def test_scores_that_may_be_comparable_are_not_warned_of(second):
    with warnings.catch_warnings(action="error"):
        warn_incomparable(trials(HERE, second))


def test_trials_of_two_challenges_are_not_held_against_each_other():
    with warnings.catch_warnings(action="error"):
        warn_incomparable([*trials(HERE), *trials(ELSEWHERE, challenge="abaw6-va")])
