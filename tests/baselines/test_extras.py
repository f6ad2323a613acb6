"""A library that is lacking is named, with what installs it."""

import pytest

from abawkit.errors import MissingDependencyError
from baselines.extras import needed_for


@pytest.mark.parametrize(
    ("library", "extra"), [("torch", "train"), ("h5py.h5d", "train"), ("onnx.helper", "models")]
)
def test_a_missing_library_is_named_with_what_installs_it(library, extra):
    name = library.partition(".")[0]
    with (
        pytest.raises(MissingDependencyError, match=rf"^x needs {name}, .*abawkit\[{extra}\]"),
        needed_for("x"),
    ):
        raise ModuleNotFoundError(name=library)


def test_other_errors_pass():
    with pytest.raises(KeyError), needed_for("x"):
        raise KeyError


def test_nothing_is_said_where_nothing_is_lacking():
    with needed_for("x"):
        import json  # noqa: F401, PLC0415
