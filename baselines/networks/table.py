"""The backbones as rows: what differs between two networks is data.

Stage rows follow M. Tan and Q. V. Le, "EfficientNet: Rethinking Model Scaling for Convolutional
Neural Networks", ICML 2019, table 1; the Lite variants drop squeeze-and-excitation, use ReLU6
and keep stem and head at the size of B0 (TensorFlow's ``efficientnet/lite`` release, 2020).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A run of equal blocks; the first one strides and changes the number of channels."""

    repeats: int
    channels: int
    kernel: int
    stride: int
    expansion: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """What defines one network of the family."""

    name: str
    stages: tuple[Stage, ...]
    stem_channels: int
    embedding: int
    norm_eps: float
    norm_momentum: float
    reference: str


EFFICIENTNET_LITE0 = Architecture(
    name="efficientnet_lite0",
    stages=(
        Stage(repeats=1, channels=16, kernel=3, stride=1, expansion=1),
        Stage(repeats=2, channels=24, kernel=3, stride=2, expansion=6),
        Stage(repeats=2, channels=40, kernel=5, stride=2, expansion=6),
        Stage(repeats=3, channels=80, kernel=3, stride=2, expansion=6),
        Stage(repeats=3, channels=112, kernel=5, stride=1, expansion=6),
        Stage(repeats=4, channels=192, kernel=5, stride=2, expansion=6),
        Stage(repeats=1, channels=320, kernel=3, stride=1, expansion=6),
    ),
    stem_channels=32,
    embedding=1280,
    norm_eps=1e-3,
    norm_momentum=0.01,
    reference="https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite",
)
