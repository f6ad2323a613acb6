"""EfficientNet as a torch module, with the parameter names of timm.

Conventions: images are float32 ``(n, 3, height, width)``, normalised as the model's card says.
Convolutions pad as the row says: as TensorFlow does (timm's ``tf_`` variants) or as PyTorch does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from baselines.networks.features import Features
from baselines.networks.layers import CONVOLUTIONS, linear_classifier, pool

if TYPE_CHECKING:
    from baselines.networks.layers import Pooling
    from baselines.networks.table import EfficientNetShape, Stage

_ACTIVATIONS = {"relu6": functional.relu6, "silu": functional.silu}


class SqueezeExcite(nn.Module):
    """Scale each feature map by a gate that sees the means of all (Hu et al., CVPR 2018)."""

    def __init__(self, channels: int, squeezed: int) -> None:
        super().__init__()
        self.conv_reduce = nn.Conv2d(channels, squeezed, 1)
        self.conv_expand = nn.Conv2d(squeezed, channels, 1)

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
        means = x.mean(dim=(2, 3), keepdim=True)
        gates = torch.sigmoid(self.conv_expand(functional.silu(self.conv_reduce(means))))
        return x * gates


class Block(nn.Module):
    """An inverted residual; without expansion, timm's depthwise separable block."""

    def __init__(
        self, shape: EfficientNetShape, stage: Stage, channels: int, stride: int, drop: float
    ) -> None:
        super().__init__()
        wide, convolution = channels * stage.expansion, CONVOLUTIONS[shape.padding]
        self.residual = stride == 1 and channels == stage.channels
        self.drop = drop
        self.activation = _ACTIVATIONS[shape.activation]
        depthwise = convolution(wide, wide, stage.kernel, stride=stride, groups=wide)
        if stage.expansion == 1:
            self.conv_dw, self.bn1 = depthwise, _norm(shape, wide)
            self.conv_pw = convolution(wide, stage.channels, 1)
            self.bn2 = _norm(shape, stage.channels)
        else:
            self.conv_pw, self.bn1 = convolution(channels, wide, 1), _norm(shape, wide)
            self.conv_dw, self.bn2 = depthwise, _norm(shape, wide)
            self.conv_pwl = convolution(wide, stage.channels, 1)
            self.bn3 = _norm(shape, stage.channels)
        squeezed = round(channels * shape.squeeze)
        self.se = SqueezeExcite(wide, squeezed) if squeezed else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """Transform feature maps.

        Parameters
        ----------
        x : Tensor, shape (n, channels, height, width)
            Feature maps.

        Returns
        -------
        Tensor
            Shape ``(n, stage.channels, height / stride, width / stride)``, rounded up.
        """
        if hasattr(self, "conv_pwl"):
            y = self.activation(self.bn1(self.conv_pw(x)))
            y = self.se(self.activation(self.bn2(self.conv_dw(y))))
            y = self.bn3(self.conv_pwl(y))
        else:
            y = self.se(self.activation(self.bn1(self.conv_dw(x))))
            y = self.bn2(self.conv_pw(y))
        if not self.residual:
            return cast("Tensor", y)
        if self.training and self.drop > 0.0:
            keep = torch.rand(len(y), 1, 1, 1, device=y.device) >= self.drop
            y = y * (keep / (1.0 - self.drop))
        return cast("Tensor", x + y)


class EfficientNet(nn.Module):
    """Stem, stages and head of one shape of the table.

    Parameters
    ----------
    shape : EfficientNetShape
        The shape.
    n_outputs : int
        Number of scores.
    drop_rate : float
        Dropout before the classifier, in training.
    drop_path_rate : float
        Share of dropped residuals at the last block, rising linearly from 0 at the first.
    pooling : {"avg", "max"}
        How the last feature maps become the embedding; one published network takes the maximum.
    """

    def __init__(
        self,
        shape: EfficientNetShape,
        *,
        n_outputs: int,
        drop_rate: float = 0.0,
        drop_path_rate: float = 0.0,
        pooling: Pooling = "avg",
    ) -> None:
        super().__init__()
        self.drop_rate, self.pooling = drop_rate, pooling
        self.activation = _ACTIVATIONS[shape.activation]
        channels, convolution = shape.stem_channels, CONVOLUTIONS[shape.padding]
        self.conv_stem = convolution(3, channels, 3, stride=2)
        self.bn1 = _norm(shape, channels)
        depth = sum(stage.repeats for stage in shape.stages)
        stages: list[nn.Module] = []
        index = 0
        for stage in shape.stages:
            blocks = []
            for repeat in range(stage.repeats):
                stride = 1 if repeat else stage.stride
                drop = drop_path_rate * index / depth
                blocks.append(Block(shape, stage, channels, stride, drop))
                channels, index = stage.channels, index + 1
            stages.append(nn.Sequential(*blocks))
        self.blocks = nn.Sequential(*stages)
        self.conv_head = convolution(channels, shape.embedding, 1)
        self.bn2 = _norm(shape, shape.embedding)
        self.classifier = linear_classifier(shape.embedding, n_outputs)

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
        x = self.activation(self.bn1(self.conv_stem(x)))
        x = self.activation(self.bn2(self.conv_head(self.blocks(x))))
        embedding = pool(x, self.pooling)
        dropped = functional.dropout(embedding, self.drop_rate, training=self.training)
        return Features(embedding, self.classifier(dropped))


def _norm(shape: EfficientNetShape, channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=shape.norm_eps, momentum=shape.norm_momentum)
