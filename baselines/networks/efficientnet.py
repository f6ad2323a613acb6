"""EfficientNet as a torch module, with the parameter names of timm.

Conventions: images are float32 ``(n, 3, height, width)``, normalised as the model's card says.
Convolutions pad as TensorFlow's "same" does (timm's ``tf_`` variants): where a stride leaves an
odd number of padded pixels, the extra one goes to the right and the bottom.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:
    from baselines.networks.table import Architecture, Stage


class Features(NamedTuple):
    """What a backbone says of each image.

    ``embedding`` is float ``(n, architecture.embedding)``, the pooled last feature map;
    ``scores`` is float ``(n, classes)``, logits.
    """

    embedding: Tensor
    scores: Tensor


class SameConv2d(nn.Conv2d):
    """A convolution without bias whose output has ``ceil(size / stride)`` pixels a side."""

    def __init__(
        self, channels: int, out: int, kernel: int, *, stride: int = 1, groups: int = 1
    ) -> None:
        super().__init__(channels, out, kernel, stride=stride, groups=groups, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Pad and convolve.

        Parameters
        ----------
        x : Tensor, shape (n, channels, height, width)
            Feature maps.

        Returns
        -------
        Tensor
            Shape ``(n, out, ceil(height / stride), ceil(width / stride))``.
        """
        padding = [
            max((-(-side // stride) - 1) * stride + kernel - side, 0)
            for side, kernel, stride in zip(
                x.shape[:1:-1], self.kernel_size, self.stride, strict=True
            )
        ]
        width, height = padding
        if width or height:
            sides = (width // 2, width - width // 2, height // 2, height - height // 2)
            x = functional.pad(x, sides)
        return super().forward(x)


class Block(nn.Module):
    """An inverted residual; without expansion, timm's depthwise separable block."""

    def __init__(
        self, architecture: Architecture, stage: Stage, channels: int, stride: int, drop: float
    ) -> None:
        super().__init__()
        wide = channels * stage.expansion
        self.residual = stride == 1 and channels == stage.channels
        self.drop = drop
        depthwise = SameConv2d(wide, wide, stage.kernel, stride=stride, groups=wide)
        if stage.expansion == 1:
            self.conv_dw, self.bn1 = depthwise, _norm(architecture, wide)
            self.conv_pw = SameConv2d(wide, stage.channels, 1)
            self.bn2 = _norm(architecture, stage.channels)
        else:
            self.conv_pw, self.bn1 = SameConv2d(channels, wide, 1), _norm(architecture, wide)
            self.conv_dw, self.bn2 = depthwise, _norm(architecture, wide)
            self.conv_pwl = SameConv2d(wide, stage.channels, 1)
            self.bn3 = _norm(architecture, stage.channels)

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
            y = functional.relu6(self.bn1(self.conv_pw(x)))
            y = functional.relu6(self.bn2(self.conv_dw(y)))
            y = self.bn3(self.conv_pwl(y))
        else:
            y = functional.relu6(self.bn1(self.conv_dw(x)))
            y = self.bn2(self.conv_pw(y))
        if not self.residual:
            return cast("Tensor", y)
        if self.training and self.drop > 0.0:
            keep = torch.rand(len(y), 1, 1, 1, device=y.device) >= self.drop
            y = y * (keep / (1.0 - self.drop))
        return cast("Tensor", x + y)


class EfficientNet(nn.Module):
    """Stem, stages and head of one row of the table.

    Parameters
    ----------
    architecture : Architecture
        The row.
    classes : int
        Number of scores.
    drop_rate : float
        Dropout before the classifier, in training.
    drop_path_rate : float
        Share of dropped residuals at the last block, rising linearly from 0 at the first.
    """

    def __init__(
        self,
        architecture: Architecture,
        *,
        classes: int,
        drop_rate: float = 0.0,
        drop_path_rate: float = 0.0,
    ) -> None:
        super().__init__()
        self.drop_rate = drop_rate
        channels = architecture.stem_channels
        self.conv_stem = SameConv2d(3, channels, 3, stride=2)
        self.bn1 = _norm(architecture, channels)
        depth = sum(stage.repeats for stage in architecture.stages)
        stages: list[nn.Module] = []
        index = 0
        for stage in architecture.stages:
            blocks = []
            for repeat in range(stage.repeats):
                stride = 1 if repeat else stage.stride
                drop = drop_path_rate * index / depth
                blocks.append(Block(architecture, stage, channels, stride, drop))
                channels, index = stage.channels, index + 1
            stages.append(nn.Sequential(*blocks))
        self.blocks = nn.Sequential(*stages)
        self.conv_head = SameConv2d(channels, architecture.embedding, 1)
        self.bn2 = _norm(architecture, architecture.embedding)
        self.classifier = nn.Linear(architecture.embedding, classes)

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
        x = functional.relu6(self.bn1(self.conv_stem(x)))
        x = functional.relu6(self.bn2(self.conv_head(self.blocks(x))))
        embedding = x.mean(dim=(2, 3))
        dropped = functional.dropout(embedding, self.drop_rate, training=self.training)
        return Features(embedding, self.classifier(dropped))


def _norm(architecture: Architecture, channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=architecture.norm_eps, momentum=architecture.norm_momentum)
