"""MobileFaceNet as a torch module, with the parameter names of InsightFace's ``arcface_torch``.

S. Chen et al., "MobileFaceNets: Efficient CNNs for Accurate Real-Time Face Verification on Mobile
Devices", CCBR 2018. Conventions: images are float32 ``(n, 3, 112, 112)``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from torch import Tensor, nn

from baselines.networks.features import Features
from baselines.networks.layers import SymmetricConv2d, linear_classifier

if TYPE_CHECKING:
    from baselines.networks.table import MobileFaceNetShape

_WIDTH = 64
_GROUPS = 64
_LAST = 512


class Layers(nn.Module):
    """A sequence under the name ``layers``; as a residual its input is added to what it gives."""

    def __init__(self, *layers: nn.Module, residual: bool = False) -> None:
        super().__init__()
        self.layers = nn.Sequential(*layers)
        self.residual = residual

    def forward(self, x: Tensor) -> Tensor:
        """Transform feature maps.

        Parameters
        ----------
        x : Tensor, shape (n, channels, height, width)
            Feature maps.

        Returns
        -------
        Tensor
            What the last layer gives.
        """
        y = cast("Tensor", self.layers(x))
        return x + y if self.residual else y


class MobileFaceNet(nn.Module):
    """Bottlenecks, a depthwise convolution as large as the map, and a dense layer.

    Parameters
    ----------
    shape : MobileFaceNetShape
        The shape.
    n_outputs : int
        Number of scores.
    """

    def __init__(self, shape: MobileFaceNetShape, *, n_outputs: int) -> None:
        super().__init__()
        first, *repeats = shape.blocks
        narrow = _WIDTH * shape.scale
        wide = 2 * narrow
        self.layers = nn.ModuleList([
            _convolution(3, narrow, 3, stride=2),
            _convolution(narrow, narrow, 3, groups=_GROUPS)
            if first == 1
            else _residuals(first, narrow, 128),
            _bottleneck(narrow, 128, narrow, stride=2),
            _residuals(repeats[0], narrow, 128),
            _bottleneck(narrow, 256, wide, stride=2),
            _residuals(repeats[1], wide, 256),
            _bottleneck(wide, 512, wide, stride=2),
            _residuals(repeats[2], wide, 256),
        ])
        self.conv_sep = _convolution(wide, _LAST, 1)
        # The last map is 7 x 7; each of its pixels has a weight of its own, for each channel.
        whole = nn.Conv2d(_LAST, _LAST, 7, groups=_LAST, bias=False)
        self.features = Layers(
            Layers(whole, nn.BatchNorm2d(_LAST)),
            nn.Flatten(),
            nn.Linear(_LAST, shape.embedding, bias=False),
            nn.BatchNorm1d(shape.embedding),
        )
        self.fc = linear_classifier(shape.embedding, n_outputs)

    def forward(self, x: Tensor) -> Features:
        """Describe a batch of faces.

        Parameters
        ----------
        x : Tensor, shape (n, 3, 112, 112)
            Images in [-1, 1].

        Returns
        -------
        Features
            Embedding and scores of each image.
        """
        for layer in self.layers:
            x = layer(x)
        embedding = self.features(self.conv_sep(x))
        return Features(embedding, self.fc(embedding))


def _convolution(
    channels: int, out: int, kernel: int, *, stride: int = 1, groups: int = 1
) -> Layers:
    return Layers(
        SymmetricConv2d(channels, out, kernel, stride=stride, groups=groups),
        nn.BatchNorm2d(out),
        nn.PReLU(out),
    )


def _bottleneck(
    channels: int, wide: int, out: int, *, stride: int = 1, residual: bool = False
) -> Layers:
    return Layers(
        _convolution(channels, wide, 1),
        _convolution(wide, wide, 3, stride=stride, groups=wide),
        Layers(SymmetricConv2d(wide, out, 1), nn.BatchNorm2d(out)),
        residual=residual,
    )


def _residuals(repeats: int, channels: int, wide: int) -> Layers:
    return Layers(*(_bottleneck(channels, wide, channels, residual=True) for _ in range(repeats)))
