"""Rules where teams differ: each score is that of a literal loop, and no other rule changes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abawkit import CHALLENGES, Track, evaluate
from abawkit.errors import UsageError
from abawkit.protocol import Categorical
from tests.strategies import masks, values_of


def literal_ccc(pairs):
    """Give the concordance of pairs of truth and prediction by the formula."""
    true, pred = np.array(pairs, float).reshape(-1, 2).T
    spread = ((true - true.mean()) ** 2).mean() + ((pred - pred.mean()) ** 2).mean()
    spread += (true.mean() - pred.mean()) ** 2
    return 2 * ((true - true.mean()) * (pred - pred.mean())).mean() / spread


def literal_f1(pairs, label):
    """Give the F1 of one label, None if it is in neither truth nor prediction."""
    hits = sum(true == pred == label for true, pred in pairs)
    total = sum([true, pred].count(label) for true, pred in pairs)
    return 2 * hits / total if total else None


def pairs_of(truth, prediction, column, *, mask):
    """Go through the frames whose value counts."""
    for true, pred, known in zip(truth.values, prediction.values, truth.known, strict=True):
        if known[column] and (mask == "value" or known.all()):
            yield true[column], pred[column]


def corpus(name, seed, frames=60):
    rng = np.random.default_rng(seed)
    columns = CHALLENGES[name].protocol.columns
    if name.endswith("va"):
        return rng.integers(-1000, 1001, (frames, columns)) / 1000
    return rng.integers(2 if name.endswith("au") else 5, size=(frames, columns)).astype(float)


def pair(name):
    known = np.random.default_rng(0).random(corpus(name, 1).shape) > 0.3
    return Track.of("v", corpus(name, 1), known), Track.of("v", corpus(name, 2))


@pytest.mark.parametrize(
    ("mask", "option"), [("frame", None), ("frame", "frame"), ("value", "value")]
)
def test_the_mask_of_valence_and_arousal(mask, option):
    truth, prediction = pair("abaw3-va")
    expected = [literal_ccc(list(pairs_of(truth, prediction, c, mask=mask))) for c in (0, 1)]
    report = evaluate("abaw3-va", [truth], [prediction], va_mask=option)
    assert list(report.components.values()) == pytest.approx(expected, abs=1e-12)
    assert report.score == pytest.approx(np.mean(expected), abs=1e-12)


@pytest.mark.parametrize(
    ("mask", "option"), [("value", None), ("value", "value"), ("frame", "frame")]
)
def test_the_mask_of_action_units(mask, option):
    truth, prediction = pair("abaw3-au")
    expected = [
        literal_f1(list(pairs_of(truth, prediction, column, mask=mask)), 1) or 0.0
        for column in range(12)
    ]
    report = evaluate("abaw3-au", [truth], [prediction], au_mask=option)
    assert report.score == pytest.approx(np.mean(expected), abs=1e-12)


@pytest.mark.parametrize("name", ["abaw1-expr", "abaw3-expr"])
@given(data=st.data())
def test_classes_that_are_absent(name, data):
    (target,) = CHALLENGES[name].targets
    y_true, y_pred = (data.draw(values_of(target, 6)) for _ in range(2))
    both = list(zip(y_true[:, 0], y_pred[:, 0], strict=True))
    scores = [literal_f1(both, label) for label in range(len(target.names))]
    zero = np.mean([score or 0.0 for score in scores])
    skip = np.mean([score for score in scores if score is not None])
    tracks = [Track.of("v", y_true)], [Track.of("v", y_pred)]
    for option, expected in ((None, zero), ("zero", zero), ("skip", skip)):
        found = evaluate(name, *tracks, absent=option).components["f1_expr"]
        assert found == pytest.approx(expected, abs=1e-12)


@given(st.data())
def test_each_part_of_mtl_has_its_own_rules(data):
    mtl = CHALLENGES["abaw3-mtl"]
    values = [np.hstack([data.draw(values_of(t, 8)) for t in mtl.targets]) for _ in range(2)]
    truth = [Track.of("v", values[0], data.draw(masks((8, 15))))]
    prediction = [Track.of("v", values[1])]
    own = evaluate(mtl, truth, prediction).total.summary.parts
    rules = {"va_mask": "value", "au_mask": "frame", "absent": "skip"}
    for index, (option, choice) in enumerate([
        ("va_mask", "value"),
        ("absent", "skip"),
        ("au_mask", "frame"),
    ]):
        changed = evaluate(mtl, truth, prediction, **{option: choice}).total.summary.parts
        every = evaluate(mtl, truth, prediction, **rules).total.summary.parts
        for part in range(3):
            expected = changed if part == index else own
            assert repr(changed[part]) == repr(expected[part])
        assert repr(every[index]) == repr(changed[index])


def test_the_table_is_not_changed():
    truth, prediction = pair("abaw3-va")
    report = evaluate("abaw3-va", [truth], [prediction], va_mask="value")
    assert report.challenge.targets[0].masking == "value"
    assert CHALLENGES["abaw3-va"].targets[0].masking == "frame"
    assert evaluate("abaw3-va", [truth], [prediction]).challenge is CHALLENGES["abaw3-va"]


def test_every_row_of_classes_counts_an_absent_one_as_0():
    rows = [t for row in CHALLENGES.values() for t in row.targets if isinstance(t, Categorical)]
    assert {target.absent for target in rows} == {"zero"}


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("abaw3-expr", {"va_mask": "value"},
         "--va-mask does not apply to abaw3-expr: it is for valence and arousal, found expr"),
        ("abaw5-eri", {"va_mask": "value"},
         "--va-mask does not apply to abaw5-eri: it is for valence and arousal, found eri"),
        ("abaw3-va", {"au_mask": "frame"},
         "--au-mask does not apply to abaw3-va: it is for action units, found va"),
        ("abaw3-au", {"absent": "skip"},
         "--absent does not apply to abaw3-au: it is for classes, found au"),
        ("abaw3-va", {"va_mask": "any"}, "--va-mask: expected frame or value, found 'any'"),
        ("abaw3-au", {"au_mask": ""}, "--au-mask: expected frame or value, found ''"),
        ("abaw3-expr", {"absent": "nan"}, "--absent: expected zero or skip, found 'nan'"),
    ],
)  # fmt: skip
def test_rules_that_do_not_exist_or_apply_are_refused(name, options, message):
    with pytest.raises(UsageError) as caught:
        evaluate(name, [], [], **options)
    assert str(caught.value) == message
