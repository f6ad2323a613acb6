"""A user's own model, ``package.module:factory``: found, checked, and guarded.

Somebody else's code may raise anything. What it raises is told with the place in their code, and
never as a traceback through ours.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from contextlib import contextmanager
from threading import Lock
from traceback import walk_tb
from typing import TYPE_CHECKING, Any

from abawkit.errors import AbawkitError, ModelError, UsageError
from baselines.decoding import MODES, Mode
from baselines.heads import check_thresholds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

    from abawkit.protocol import Challenge
    from baselines.model import Predictor


def load_plugin(challenge: Challenge, model: str) -> Predictor:
    """Make the predictor that a user names as a Python object.

    Parameters
    ----------
    challenge : Challenge
        What it is to predict.
    model : str
        ``package.module:factory``.

    Returns
    -------
    Predictor
        Called once at a time; what it raises is a `ModelError` that says where.

    Raises
    ------
    UsageError
        If there is no such factory, or its object is no predictor.
    ModelError
        If the user's code raises, or gives what it should not.
    """
    name = model.partition(":")[2]
    module = _import(model)
    with _blame(model, f"looking up {name}"):
        try:
            factory = getattr(module, name)
        except AttributeError as error:
            msg = f"--model {model}: {error}; expected package.module:factory"
            raise UsageError(msg) from error
    if not callable(factory):
        msg = f"--model {model}: {name} cannot be called; expected package.module:factory"
        raise UsageError(msg)
    with _blame(model, name):
        predictor = factory(challenge)
    with _blame(model, "the object"):
        wanted = ("identity", "prepare", "predict")
        lacking = [name for name in wanted if not _has(predictor, name)]
    if lacking:
        listed = ", ".join(lacking)
        msg = f"--model {model}: the object has no {listed}; see baselines.model.Predictor"
        raise UsageError(msg)
    return _Guarded(predictor, model, challenge)


def _import(model: str) -> ModuleType:
    name = model.partition(":")[0]
    # As python -m does, so that a module in the current folder is found.
    if "" not in sys.path:
        sys.path.insert(0, "")
    if not name or name.startswith("."):
        msg = f"--model {model}: no module {name!r}; expected package.module:factory"
        raise UsageError(msg)
    with _blame(model, f"importing {name}"):
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as error:
            # Not so where the module is there, and one that it imports is not.
            if error.name and f"{name}.".startswith(f"{error.name}."):
                msg = f"--model {model}: {error}; expected package.module:factory"
                raise UsageError(msg) from error
            raise


def _has(value: object, name: str) -> bool:
    # A property that raises AttributeError is there, which hasattr alone would deny.
    return hasattr(type(value), name) or hasattr(value, name)


@contextmanager
def _blame(model: str, what: str) -> Iterator[None]:
    # Somebody's code may raise anything, and may exit: tell them what and where.
    try:
        yield
    except AbawkitError:
        raise
    except (Exception, SystemExit) as error:
        text = " ".join(str(error).split())
        told = f"{type(error).__name__}: {text}" if text else type(error).__name__
        msg = f"--model {model}: {what} raised {told}{_place(error)}"
        raise ModelError(msg) from error


def _place(error: BaseException) -> str:
    # The last line of somebody's own code, rather than of a library that it calls.
    places = [(frame.f_code.co_filename, line) for frame, line in walk_tb(error.__traceback__)]
    foreign = [at for at in places if at[0] != __file__ and not at[0].startswith("<frozen ")]
    own = [at for at in foreign if "site-packages" not in at[0]]
    return "".join(f" ({file}, line {line})" for file, line in (own or foreign)[-1:])


class _Guarded:
    """Somebody's predictor: called once at a time, and what it raises is a `ModelError`."""

    def __init__(self, predictor: Any, model: str, challenge: Challenge) -> None:  # noqa: ANN401
        self.predictor, self.model, self.lock = predictor, model, Lock()
        with _blame(model, "identity"):
            identity = predictor.identity
            given = dict(identity) if isinstance(identity, Mapping) else None
        if given is None or not all(isinstance(text, str) for text in (*given, *given.values())):
            msg = (
                f"--model {model}: the identity is {identity!r}; expected a mapping of str to str"
            )
            raise ModelError(msg)
        self.identity: Mapping[str, str] = given
        with _blame(model, "thresholds"):
            levels = tuple(predictor.thresholds) if _has(predictor, "thresholds") else ()
        self.thresholds = check_thresholds(f"--model {model}: the object", levels, challenge)
        with _blame(model, "mode"):
            mode = predictor.mode if _has(predictor, "mode") else "RGB"
        if not isinstance(mode, str) or mode not in MODES:
            msg = f"--model {model}: the mode is {mode!r}; expected RGB or L"
            raise ModelError(msg)
        self.mode: Mode = mode
        with _blame(model, "str()"):
            self.text = str(predictor)

    def __str__(self) -> str:
        return self.text

    def prepare(self, image: Image.Image) -> NDArray[Any]:
        with _blame(self.model, "prepare"):
            prepared: NDArray[Any] = self.predictor.prepare(image)
        return prepared

    def predict(self, batch: NDArray[Any]) -> NDArray[np.float32]:
        with self.lock, _blame(self.model, "predict"):
            outputs: NDArray[np.float32] = self.predictor.predict(batch)
        return outputs
