"""MobileNet-v1 as a torch module; its layers have the names that Keras gives them.

A. G. Howard et al., "MobileNets: Efficient Convolutional Neural Networks for Mobile Vision
Applications", 2017, table 1. Conventions: images are float32 ``(n, 3, height, width)``; scores
are probabilities, for the published network ends in a softmax.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from abawkit.errors import ModelError
from baselines.networks.features import Features
from baselines.networks.layers import CONVOLUTIONS, linear_classifier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from baselines.networks.layers import Padding
    from baselines.networks.table import MobileNetShape

_STEM = 32
# Channels and stride of each depthwise separable block.
_BLOCKS = (
    (64, 1),
    (128, 2), (128, 1),
    (256, 2), (256, 1),
    (512, 2), (512, 1), (512, 1), (512, 1), (512, 1), (512, 1),
    (1024, 2), (1024, 1),
)  # fmt: skip
_ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "linear": lambda x: x,
    "relu": functional.relu,
    "elu": functional.elu,
    "tanh": torch.tanh,
}


class _Row(NamedTuple):
    name: str
    channels: int
    out: int
    kernel: int
    stride: int
    groups: int


def _rows() -> Iterator[_Row]:
    channels = _STEM
    yield _Row("conv1", 3, channels, 3, stride=2, groups=1)
    for index, (out, stride) in enumerate(_BLOCKS, start=1):
        yield _Row(f"conv_dw_{index}", channels, channels, 3, stride=stride, groups=channels)
        yield _Row(f"conv_pw_{index}", channels, out, 1, stride=1, groups=1)
        channels = out


class MobileNet(nn.Module):
    """A stem, thirteen depthwise separable blocks, and two dense layers.

    Parameters
    ----------
    shape : MobileNetShape
        The shape.
    n_outputs : int
        Number of scores. Without any there is no dense layer: networks that were trained to
        recognise faces end in the pooling.
    feats_activation : str
        Activation of the dense layer before the last, by Keras' name. The author's network for
        age and gender, made the same way, has a ReLU; a file of Keras says what it has.
    padding : {"same", "symmetric"}
        How strided convolutions pad; Keras before 2.2 did so symmetrically.

    Raises
    ------
    ModelError
        If the activation is not known.
    """

    def __init__(
        self,
        shape: MobileNetShape,
        *,
        n_outputs: int,
        feats_activation: str = "relu",
        padding: Padding = "same",
    ) -> None:
        super().__init__()
        if feats_activation not in _ACTIVATIONS:
            msg = (
                f"the layer feats has the activation {feats_activation!r}; "
                f"expected one of {', '.join(_ACTIVATIONS)}"
            )
            raise ModelError(msg)
        self.feats_activation = feats_activation
        for row in _rows():
            layer = CONVOLUTIONS[padding](
                row.channels, row.out, row.kernel, stride=row.stride, groups=row.groups
            )
            self.add_module(row.name, layer)
            # What Keras calls a momentum of 0.99.
            self.add_module(f"{row.name}_bn", nn.BatchNorm2d(row.out, eps=1e-3, momentum=0.01))
        self.has_scores = n_outputs > 0
        if self.has_scores:
            self.feats = nn.Linear(shape.embedding, shape.features)
        self.emotion_preds = linear_classifier(shape.features, n_outputs)

    def forward(self, x: Tensor) -> Features:
        """Describe a batch of faces.

        Parameters
        ----------
        x : Tensor, shape (n, 3, height, width)
            Images, less the mean of each channel.

        Returns
        -------
        Features
            Embedding and scores of each image.
        """
        for row in _rows():
            maps = self.get_submodule(row.name)(x)
            x = functional.relu6(self.get_submodule(f"{row.name}_bn")(maps))
        embedding = x.mean(dim=(2, 3))
        if not self.has_scores:
            return Features(embedding, self.emotion_preds(embedding))
        features = _ACTIVATIONS[self.feats_activation](self.feats(embedding))
        return Features(embedding, self.emotion_preds(features).softmax(dim=1))
