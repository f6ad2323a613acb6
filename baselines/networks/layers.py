"""Layers that several networks share.

Conventions: feature maps are float32 ``(n, channels, height, width)``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Mapping

Padding = Literal["same", "symmetric"]
Pooling = Literal["avg", "max"]


class SameConv2d(nn.Conv2d):
    """A convolution without bias whose output has ``ceil(size / stride)`` pixels a side.

    It pads as TensorFlow's "same" does: where a stride leaves an odd number of padded pixels, the
    extra one goes to the right and the bottom.
    """

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


class SymmetricConv2d(nn.Conv2d):
    """A convolution without bias that pads half a kernel, which is odd, on each side.

    With a stride, it sees other pixels of an image of even size than `SameConv2d`.
    """

    def __init__(
        self, channels: int, out: int, kernel: int, *, stride: int = 1, groups: int = 1
    ) -> None:
        padding = kernel // 2
        super().__init__(channels, out, kernel, stride, padding, groups=groups, bias=False)


CONVOLUTIONS: Mapping[Padding, type[SameConv2d | SymmetricConv2d]] = {
    "same": SameConv2d,
    "symmetric": SymmetricConv2d,
}


class ConvNorm(nn.Module):
    """A convolution that is normalised, under timm's names ``conv`` and ``bn``."""

    def __init__(
        self, channels: int, out: int, kernel: int = 1, *, stride: int = 1, groups: int = 1
    ) -> None:
        super().__init__()
        self.conv = SymmetricConv2d(channels, out, kernel, stride=stride, groups=groups)
        self.bn = nn.BatchNorm2d(out)

    def forward(self, x: Tensor) -> Tensor:
        """Transform feature maps.

        Parameters
        ----------
        x : Tensor, shape (n, channels, height, width)
            Feature maps.

        Returns
        -------
        Tensor
            Shape ``(n, out, ceil(height / stride), ceil(width / stride))``.
        """
        return cast("Tensor", self.bn(self.conv(x)))


class NoScores(nn.Module):
    """The classifier of a network without outputs, such as one of face recognition."""

    def forward(self, x: Tensor) -> Tensor:
        """Give no score.

        Parameters
        ----------
        x : Tensor, shape (n, d)
            Embeddings.

        Returns
        -------
        Tensor
            Shape ``(n, 0)``.
        """
        return x[:, :0]


def linear_classifier(n_features: int, n_outputs: int) -> nn.Module:
    """Make the last layer of a network.

    Parameters
    ----------
    n_features : int
        Size of its input.
    n_outputs : int
        Number of scores; there is no layer for 0.

    Returns
    -------
    torch.nn.Module
        From ``(n, n_features)`` to ``(n, n_outputs)``.
    """
    return nn.Linear(n_features, n_outputs) if n_outputs else NoScores()


def pool(x: Tensor, pooling: Pooling) -> Tensor:
    """Reduce each feature map to a number.

    Parameters
    ----------
    x : Tensor, shape (n, channels, height, width)
        Feature maps.
    pooling : {"avg", "max"}
        Their mean or their maximum.

    Returns
    -------
    Tensor
        Shape ``(n, channels)``.
    """
    return x.mean(dim=(2, 3)) if pooling == "avg" else x.amax(dim=(2, 3))
