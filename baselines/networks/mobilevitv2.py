"""MobileViT-v2 as a torch module, with the parameter names of timm.

S. Mehta and M. Rastegari, "Separable Self-attention for Mobile Vision Transformers", TMLR 2023.
Conventions: images are float32 ``(n, 3, height, width)``; tokens are ``(n, channels, 4, patches)``
where the 4 are the places in a patch of 2 x 2 pixels, which attend to the same place elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from torch import Tensor, nn
from torch.nn import functional

from baselines.networks.features import Features
from baselines.networks.layers import ConvNorm, linear_classifier, pool

if TYPE_CHECKING:
    from baselines.networks.layers import Pooling
    from baselines.networks.table import MobileVitV2Shape

_STEM = 32
# Channels, stride, inverted residuals and transformer blocks of each stage.
_STAGES = ((64, 1, 1, 0), (128, 2, 2, 0), (256, 2, 1, 2), (384, 2, 1, 4), (512, 2, 1, 3))
_PATCH = 2


class InvertedResidual(nn.Module):
    """Expand twofold, convolve each channel, project."""

    def __init__(self, channels: int, out: int, *, stride: int) -> None:
        super().__init__()
        wide = 2 * channels
        self.residual = stride == 1 and channels == out
        self.conv1_1x1 = ConvNorm(channels, wide)
        self.conv2_kxk = ConvNorm(wide, wide, 3, stride=stride, groups=wide)
        self.conv3_1x1 = ConvNorm(wide, out)

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
        y = functional.silu(self.conv1_1x1(x))
        y = cast("Tensor", self.conv3_1x1(functional.silu(self.conv2_kxk(y))))
        return x + y if self.residual else y


class SeparableAttention(nn.Module):
    """Attention of linear cost: every token weighs into one context, which scales all tokens."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels
        self.qkv_proj = nn.Conv2d(channels, 1 + 2 * channels, 1)
        self.out_proj = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Let tokens attend to each other.

        Parameters
        ----------
        x : Tensor, shape (n, channels, 4, patches)
            Tokens.

        Returns
        -------
        Tensor
            Of the same shape.
        """
        query, key, value = self.qkv_proj(x).split([1, self.channels, self.channels], dim=1)
        context = (key * query.softmax(dim=-1)).sum(dim=-1, keepdim=True)
        return cast("Tensor", self.out_proj(functional.relu(value) * context))


class FeedForward(nn.Module):
    """Two layers that see one token at a time."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(channels, 2 * channels, 1)
        self.fc2 = nn.Conv2d(2 * channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Transform tokens.

        Parameters
        ----------
        x : Tensor, shape (n, channels, 4, patches)
            Tokens.

        Returns
        -------
        Tensor
            Of the same shape.
        """
        return cast("Tensor", self.fc2(functional.silu(self.fc1(x))))


class TransformerBlock(nn.Module):
    """Attention and a feed-forward network, each normalised before and added to its input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(1, channels)
        self.attn = SeparableAttention(channels)
        self.norm2 = nn.GroupNorm(1, channels)
        self.mlp = FeedForward(channels)

    def forward(self, x: Tensor) -> Tensor:
        """Transform tokens.

        Parameters
        ----------
        x : Tensor, shape (n, channels, 4, patches)
            Tokens.

        Returns
        -------
        Tensor
            Of the same shape.
        """
        x = x + self.attn(self.norm1(x))
        return cast("Tensor", x + self.mlp(self.norm2(x)))


class MobileVitBlock(nn.Module):
    """Local features by convolution, then global ones by transformers of half the width."""

    def __init__(self, channels: int, depth: int) -> None:
        super().__init__()
        self.narrow = narrow = channels // 2
        self.conv_kxk = ConvNorm(channels, channels, 3, groups=channels)
        self.conv_1x1 = nn.Conv2d(channels, narrow, 1, bias=False)
        self.transformer = nn.Sequential(*(TransformerBlock(narrow) for _ in range(depth)))
        self.norm = nn.GroupNorm(1, narrow)
        self.conv_proj = ConvNorm(narrow, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Transform feature maps.

        Parameters
        ----------
        x : Tensor, shape (n, channels, height, width)
            Feature maps; of odd height or width they are enlarged to a whole number of patches.

        Returns
        -------
        Tensor
            Of the same shape, height and width even.
        """
        rows, columns = (-(-side // _PATCH) for side in x.shape[2:])
        even = (rows * _PATCH, columns * _PATCH)
        if tuple(x.shape[2:]) != even:
            x = functional.interpolate(x, size=even, mode="bilinear", align_corners=True)
        x = self.conv_1x1(functional.silu(self.conv_kxk(x)))
        patches = x.reshape(-1, self.narrow, rows, _PATCH, columns, _PATCH)
        tokens = patches.permute(0, 1, 3, 5, 2, 4).flatten(4).flatten(2, 3)
        tokens = self.norm(self.transformer(tokens))
        patches = tokens.reshape(-1, self.narrow, _PATCH, _PATCH, rows, columns)
        x = patches.permute(0, 1, 4, 2, 5, 3).flatten(4).flatten(2, 3)
        return cast("Tensor", self.conv_proj(x))


class MobileVitV2(nn.Module):
    """A stem and five stages, the last three of them with transformers.

    Parameters
    ----------
    shape : MobileVitV2Shape
        The shape.
    n_outputs : int
        Number of scores.
    pooling : {"avg", "max"}
        How the last feature maps become the embedding.
    """

    def __init__(
        self, shape: MobileVitV2Shape, *, n_outputs: int, pooling: Pooling = "avg"
    ) -> None:
        super().__init__()
        self.pooling = pooling
        channels = int(_STEM * shape.width)
        self.stem = ConvNorm(3, channels, 3, stride=2)
        stages: list[nn.Module] = []
        for base, stride, repeats, depth in _STAGES:
            out = int(base * shape.width)
            blocks: list[nn.Module] = []
            for repeat in range(repeats):
                blocks.append(InvertedResidual(channels, out, stride=1 if repeat else stride))
                channels = out
            if depth:
                blocks.append(MobileVitBlock(channels, depth))
            stages.append(nn.Sequential(*blocks))
        self.stages = nn.Sequential(*stages)
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
        x = self.stages(functional.silu(self.stem(x)))
        embedding = pool(x, self.pooling)
        return Features(embedding, self.head["fc"](embedding))
