"""ReXNet as a torch module, with the parameter names of timm.

D. Han, S. Yun, B. Heo and Y. Yoo, "Rethinking Channel Dimensions for Efficient Model Design",
CVPR 2021: channels grow by the same number from block to block. Conventions: images are float32
``(n, 3, height, width)``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from baselines.networks.features import Features
from baselines.networks.layers import ConvNorm, linear_classifier, pool

if TYPE_CHECKING:
    from baselines.networks.layers import Pooling
    from baselines.networks.table import ReXNetShape

_STEM = 32
_FIRST = 16
_GROWTH = 180
_STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1)
_EXPANSION = 6
_SQUEEZE = 12
_FIRST_SQUEEZED = 3


class SqueezeExcite(nn.Module):
    """Scale each feature map by a gate that sees the means of all, normalised on the way."""

    def __init__(self, channels: int, squeezed: int) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(channels, squeezed, 1)
        self.bn = nn.BatchNorm2d(squeezed)
        self.fc2 = nn.Conv2d(squeezed, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Scale feature maps.

        Parameters
        ----------
        x : Tensor, shape (n, channels, height, width)
            Feature maps.

        Returns
        -------
        Tensor
            Of the same shape.
        """
        squeezed = functional.relu(self.bn(self.fc1(x.mean(dim=(2, 3), keepdim=True))))
        return x * torch.sigmoid(self.fc2(squeezed))


class Bottleneck(nn.Module):
    """An inverted residual; what it has more channels than its input passes by the shortcut."""

    def __init__(
        self, channels: int, out: int, *, stride: int, expansion: int, squeeze: bool
    ) -> None:
        super().__init__()
        wide = channels * expansion
        self.shortcut = stride == 1 and channels <= out
        self.channels = channels
        if expansion > 1:
            self.conv_exp = ConvNorm(channels, wide)
        self.conv_dw = ConvNorm(wide, wide, 3, stride=stride, groups=wide)
        self.se = SqueezeExcite(wide, wide // _SQUEEZE) if squeeze else nn.Identity()
        self.conv_pwl = ConvNorm(wide, out)

    def forward(self, x: Tensor) -> Tensor:
        """Transform feature maps.

        Parameters
        ----------
        x : Tensor, shape (n, channels, height, width)
            Feature maps.

        Returns
        -------
        Tensor
            Shape ``(n, out, height / stride, width / stride)``, rounded up.
        """
        y = functional.silu(self.conv_exp(x)) if hasattr(self, "conv_exp") else x
        y = cast("Tensor", self.conv_pwl(functional.relu6(self.se(self.conv_dw(y)))))
        if not self.shortcut:
            return y
        return torch.cat([y[:, : self.channels] + x, y[:, self.channels :]], dim=1)


class ReXNet(nn.Module):
    """A stem, sixteen bottlenecks, and a head.

    Parameters
    ----------
    shape : ReXNetShape
        The shape.
    n_outputs : int
        Number of scores.
    pooling : {"avg", "max"}
        How the last feature maps become the embedding.
    """

    def __init__(self, shape: ReXNetShape, *, n_outputs: int, pooling: Pooling = "avg") -> None:
        super().__init__()
        self.pooling = pooling
        channels = round(_STEM * shape.width)
        self.stem = ConvNorm(3, channels, 3, stride=2)
        layers: list[nn.Module] = []
        for index, stride in enumerate(_STRIDES):
            out = round((_FIRST + index * _GROWTH / len(_STRIDES)) * shape.width)
            expansion = _EXPANSION if index else 1
            squeeze = index >= _FIRST_SQUEEZED
            layers.append(
                Bottleneck(channels, out, stride=stride, expansion=expansion, squeeze=squeeze)
            )
            channels = out
        layers.append(ConvNorm(channels, shape.embedding))
        self.features = nn.Sequential(*layers)
        self.head = nn.ModuleDict({"fc": linear_classifier(shape.embedding, n_outputs)})

    def forward(self, x: Tensor) -> Features:
        """Describe a batch of faces.

        Parameters
        ----------
        x : Tensor, shape (n, 3, height, width)
            Normalised images.

        Returns
        -------
        Features
            Embedding and scores of each image.
        """
        x = functional.silu(self.features(functional.silu(self.stem(x))))
        embedding = pool(x, self.pooling)
        return Features(embedding, self.head["fc"](embedding))
