"""An ensemble is known by its members, and tuned settings by the runs that they are for."""

import itertools
from dataclasses import replace

import pytest

from abawkit.errors import AbawkitWarning, DataError, UsageError
from abawkit.protocol import find_challenge
from submissions import Tuned
from submissions.combining import METHODS
from submissions.members import check_members, check_single, identity, tuned_weights
from submissions.settings import model_name
from tests.submissions.runs import draw_run

MTL, VA = find_challenge("mtl"), find_challenge("va")
RUNS = [draw_run(MTL, seed) for seed in (2, 0, 1)]
NAMES = tuple(run.name for run in RUNS)
WEIGHTS = {"va": (5, 2, 1), "au": (1, 0, 2)}


def tuned_for(*members, **weights):
    return Tuned(challenge=MTL.name, weights=weights, members=members)


def ensemble_of(runs, method="weighted", weights=WEIGHTS):
    return replace(runs[0], manifest={
        **runs[0].manifest, "model": identity(runs, method, weights)
    })  # fmt: skip


@pytest.mark.parametrize("method", METHODS)
def test_the_order_of_the_members_makes_no_other_ensemble(method):
    made = []
    for order in itertools.permutations(range(3)):
        weights = {name: [row[i] for i in order] for name, row in WEIGHTS.items()}
        made.append(identity([RUNS[i] for i in order], method, weights))
    assert all(one == made[0] for one in made)
    assert [row["name"] for row in made[0]["members"]] == sorted(NAMES)
    if method == "weighted":
        assert made[0]["weights"]["va"] == pytest.approx([0.25, 0.125, 0.625])


def test_members_of_the_same_name_are_sorted_by_their_weights():
    twins = [RUNS[0], replace(RUNS[0], manifest={**RUNS[0].manifest, "labels": {"fill": "none"}})]
    one, two = (identity(twins, "weighted", {"va": row}) for row in ((1, 3), (3, 1)))
    assert one == two
    assert one["weights"]["va"] == [0.25, 0.75]


def test_equal_weights_are_the_mean():
    mean = identity(RUNS, "mean", {})
    assert identity(RUNS, "weighted", {"va": (0.1,) * 3, "expr": (7,) * 3}) == mean
    assert identity(RUNS, "weighted", {"va": (1, 1, 2)})["method"] == "weighted"


@pytest.mark.parametrize(
    "labels", [{"thresholds": "0.3"}, {"offsets": "0.5" + ",0" * 21}], ids=["limit", "shift"]
)
def test_what_the_members_decide_with_makes_another_vote_and_no_other_mean(labels):
    other = replace(RUNS[0], manifest={**RUNS[0].manifest, "labels": labels})
    for method in ("mean", "rank", "vote"):
        names = {model_name(identity([run, *RUNS[1:]], method, {})) for run in (RUNS[0], other)}
        assert len(names) == (2 if method == "vote" else 1)


def test_defaults_that_are_told_make_no_other_vote():
    labels = {"thresholds": "0.5", "offsets": "0" + ",0" * 21, "fill": "none"}
    told = replace(RUNS[0], manifest={**RUNS[0].manifest, "labels": labels})
    assert identity([told, *RUNS[1:]], "vote", {}) == identity(RUNS, "vote", {})


def test_tuned_weights_follow_the_names():
    tuned = tuned_for("a", "b", "c", va=(1.0, 2.0, 3.0), au=())
    assert tuned_weights(tuned, ["c", "a", "b"]) == {"va": (3.0, 1.0, 2.0)}


def test_members_of_the_same_name_are_taken_in_the_order_that_was_tuned():
    tuned = tuned_for("a", "a", "b", va=(1.0, 2.0, 3.0))
    assert tuned_weights(tuned, ["a", "a", "b"]) == {"va": (1.0, 2.0, 3.0)}
    with pytest.raises(UsageError, match="for a, a, b, in this order; found a, b, a; give the"):
        tuned_weights(tuned, ["a", "b", "a"])


@pytest.mark.parametrize("names", [NAMES, NAMES[::-1]], ids=["tuned", "other"])
def test_weights_that_are_not_one_a_member_are_refused(names):
    tuned = tuned_for(*NAMES, va=(1.0, 2.0))
    with pytest.raises(
        DataError, match="have 2 weights for va; expected 3, one for each of model"
    ):
        tuned_weights(tuned, names)
    with pytest.raises(DataError, match="have 2 weights for va"):
        check_members(ensemble_of(RUNS), tuned)


def test_what_was_tuned_for_several_runs_is_not_for_a_single_one():
    for tuned in (None, tuned_for(), tuned_for("a"), tuned_for("a", va=(1.0,))):
        check_single(tuned, "a")
    with pytest.warns(AbawkitWarning, match="tuned for b and are used for a"):
        check_single(tuned_for("b"), "a")
    for tuned in (tuned_for("a", "b"), tuned_for(va=(0.5, 0.5))):
        with pytest.raises(UsageError, match="combine these with abawkit ensemble --tuned"):
            check_single(tuned, "a")


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))), ids=str)
def test_what_was_tuned_for_runs_is_for_their_mean_in_any_order(order):
    names = [NAMES[i] for i in order]
    own = {name: tuple(row[i] for i in order) for name, row in WEIGHTS.items()}
    check_members(ensemble_of(RUNS), tuned_for(*names, **own))
    check_members(ensemble_of(RUNS, "mean", {}), tuned_for(*names))
    check_members(
        ensemble_of(RUNS, "weighted", {"va": (1, 1, 1)}), tuned_for(*names, va=(0.1,) * 3)
    )


@pytest.mark.parametrize(
    "run",
    [
        RUNS[0],
        ensemble_of(RUNS, "mean", {}),
        ensemble_of(RUNS, "rank", {}),
        ensemble_of(RUNS[:2], "weighted", {"va": (5, 2)}),
        ensemble_of(RUNS, weights={"va": (2, 5, 1), "au": (1, 0, 2)}),
    ],
    ids=["member", "mean", "rank", "fewer", "weights"],
)
def test_what_was_tuned_for_runs_is_refused_for_anything_else(run):
    with pytest.raises(UsageError, match="were tuned for the weighted mean of 3 runs"):
        check_members(run, tuned_for(*NAMES, **WEIGHTS))
