"""Libraries that not everybody needs: where one is lacking, the user is told how to get it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from abawkit.errors import MissingDependencyError

if TYPE_CHECKING:
    from collections.abc import Iterator

# By the extra of abawkit that brings it; the others come with "train".
_SMALL = {"onnx": "models"}


@contextmanager
def needed_for(what: str) -> Iterator[None]:
    """Turn a library that is not installed into an error that says how to install it.

    Parameters
    ----------
    what : str
        What needs the libraries that are imported in the block, such as "training".

    Yields
    ------
    None
        Nothing.

    Raises
    ------
    MissingDependencyError
        If one is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        library = str(error.name).partition(".")[0]
        extra = _SMALL.get(library, "train")
        msg = (
            f"{what} needs {library}, which is not installed: pip install 'abawkit[{extra}]', "
            f"or in a clone: pip install -c constraints.txt '.[{extra}]'"
        )
        raise MissingDependencyError(msg) from error
