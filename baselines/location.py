"""Where the network lies that a user names: bundled, imported, or an ONNX file."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from abawkit.errors import UsageError
from baselines.checkpoints.catalogue import BUNDLED, CHECKPOINTS, find_checkpoint
from baselines.checkpoints.store import file_path, home, model_path

# Files of weights that ONNX Runtime cannot run.
_WEIGHTS = {".h5", ".hdf5", ".keras", ".pkl", ".pt", ".pth", ".safetensors"}

_ASSETS = Path(__file__).parent / "assets"


def locate_model(model: str) -> Path:
    """Find the ONNX file of a model.

    Parameters
    ----------
    model : str
        An ONNX file, or the name of a model: the bundled one, a published one that was imported,
        or one's own.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    UsageError
        If there is no such model, or it has to be imported first.
    """
    path = Path(model)
    if path.is_file():
        if path.suffix.lower() in _WEIGHTS:
            msg = (
                f"{model}: these are weights, which have to be made an ONNX file first: "
                f"abawkit models import {model} --out {path.with_suffix('.onnx').name}"
            )
            raise UsageError(msg)
        return path
    if model in {BUNDLED.name, BUNDLED.file}:
        return _ASSETS / BUNDLED.file
    # A name that is more than one would lead out of the folder of models.
    is_name = bool(model) and model == path.name and not set("/\\") & set(model)
    if is_name and model_path(model).is_file():
        return model_path(model)
    if not is_name:
        msg = f"no model {model!r}: no such file"
        raise UsageError(msg)
    return _published(model)


def own_models() -> dict[str, Path]:
    """Find the imported models that are of no published file.

    Returns
    -------
    dict of str to Path
        The ONNX files in abawkit's folder of models by their names, sorted.
    """
    published = {row.name for row in (BUNDLED, *CHECKPOINTS.values())}
    found = sorted((home() / "models").glob("*.onnx"))
    return {path.stem: path for path in found if path.stem not in published}


def _published(name: str) -> Path:
    try:
        checkpoint = find_checkpoint(name)
    except UsageError as error:
        close = get_close_matches(name, own_models(), n=3)
        own = f"; of your own there is {' and '.join(close)}" if close else ""
        msg = (
            f"no model {name!r} (an ONNX file, package.module:factory, or the name of an imported "
            f"model): no such file, and {error}{own}"
        )
        raise UsageError(msg) from error
    path = model_path(checkpoint.name)
    if path.is_file():
        return path
    if not checkpoint.network:
        msg = f"{name} is no network to predict with: {checkpoint.note}"
        raise UsageError(msg)
    # A name stands for each format of it, and importing takes the one that is there.
    formats = [row for row in CHECKPOINTS.values() if name in {row.name, row.file}]
    pulled = any(file_path(row).is_file() for row in formats)
    pull = "" if pulled else f"abawkit models pull {name} && "
    msg = f"{name} was not imported yet; do so with: {pull}abawkit models import {name}"
    raise UsageError(msg)
