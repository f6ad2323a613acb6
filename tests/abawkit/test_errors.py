"""What abawkit raises on purpose can be caught, and tells the command line how to exit."""

import inspect

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abawkit import errors
from abawkit.errors import AbawkitError, AbawkitWarning, few

CLASSES = [value for value in vars(errors).values() if inspect.isclass(value)]
ERRORS = [
    kind for kind in CLASSES if issubclass(kind, Exception) and kind.__name__[-5:] == "Error"
]
WARNINGS = [kind for kind in CLASSES if issubclass(kind, Warning)]
EXIT_CODES = {
    "AbawkitError": 3,
    "UsageError": 2,
    "UnknownChallengeError": 2,
    "DataError": 3,
    "AnnotationError": 3,
    "AlignmentError": 3,
    "SubmissionError": 1,
    "ModelError": 4,
    "MissingDependencyError": 4,
}


def named(kinds):
    return pytest.mark.parametrize("kind", kinds, ids=[kind.__name__ for kind in kinds])


def test_every_class_is_an_error_or_a_warning():
    assert set(CLASSES) == {*ERRORS, *WARNINGS}


@named(ERRORS)
def test_every_error_can_be_caught_as_abawkits(kind):
    message = "found, expected"
    with pytest.raises(AbawkitError, match=message):
        raise kind(message)


@named([kind for kind in ERRORS if kind is not AbawkitError])
def test_every_error_is_a_builtin_one_too(kind):
    builtin = (ValueError, LookupError, RuntimeError, ImportError)
    assert issubclass(kind, builtin)


@named(ERRORS)
def test_every_error_has_the_exit_code_of_its_kind(kind):
    assert kind.exit_code == EXIT_CODES[kind.__name__]


@named(WARNINGS)
def test_every_warning_is_abawkits_and_for_users(kind):
    assert issubclass(kind, AbawkitWarning)
    assert issubclass(kind, UserWarning)


@pytest.mark.parametrize(
    ("n_items", "options", "text"),
    [
        (0, {}, ""),
        (1, {}, "1"),
        (5, {}, "1, 2, 3, 4, 5"),
        (6, {}, "1, 2, 3, 4, 5 and 1 more"),
        (42, {}, "1, 2, 3, 4, 5 and 37 more"),
        (3, {"limit": 2}, "1, 2 and 1 more"),
        (3, {"rest": 4}, "1, 2, 3 and 4 more"),
        (6, {"rest": 4}, "1, 2, 3, 4, 5 and 5 more"),
    ],
)
def test_the_first_few_are_named_and_the_rest_is_counted(n_items, options, text):
    assert few(range(1, n_items + 1), **options) == text


@given(st.integers(0, 30), st.integers(1, 10), st.integers(0, 9))
def test_none_is_left_out_of_the_count(n_items, limit, rest):
    names, _, more = few(("x" for _ in range(n_items)), limit=limit, rest=rest).partition(" and ")
    assert names.count("x") + int((more or "0").split()[0]) == n_items + rest
