"""Files of tensors and plain values, as torch writes them; nothing in them is run when read."""

from __future__ import annotations

import io
from pickle import UnpicklingError
from textwrap import shorten
from typing import TYPE_CHECKING, Any

import torch

from abawkit.errors import ModelError
from abawkit.files import write_whole

if TYPE_CHECKING:
    from pathlib import Path


def write_tensors(path: Path, content: object) -> None:
    """Write a file, whole or not at all.

    Parameters
    ----------
    path : Path
        The file.
    content : object
        Tensors, numbers and text, in lists and dicts.
    """
    buffer = io.BytesIO()
    torch.save(content, buffer)
    write_whole(path, buffer.getvalue())


def read_tensors(path: Path, *, hint: str) -> Any:  # noqa: ANN401 - whatever was saved
    """Read a file, running nothing of it.

    Parameters
    ----------
    path : Path
        The file.
    hint : str
        What to do if it cannot be read.

    Returns
    -------
    object
        Tensors, on the CPU, numbers and text, in lists and dicts.

    Raises
    ------
    ModelError
        If it cannot be read.
    """
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a corrupt file raises almost anything
        # Of a pickle torch says at length how to run what is in it, which we never want.
        unpickled = isinstance(error, UnpicklingError)
        reason = "it is no file of tensors" if unpickled else one_line(error)
        msg = f"{path}: cannot read this checkpoint: {reason}; {hint}"
        raise ModelError(msg) from error


def one_line(error: Exception) -> str:
    """Say what went wrong, however much torch has to say.

    Parameters
    ----------
    error : Exception
        What was raised.

    Returns
    -------
    str
        200 characters at most.
    """
    return shorten(str(error), 200, placeholder=" ...") or type(error).__name__
