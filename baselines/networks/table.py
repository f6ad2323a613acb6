"""The networks as rows: what differs between two networks is data, readable without torch.

A row names its architecture, the size of its embedding and the preprocessing that its published
weights were trained with. `baselines.networks.build` makes a torch module of it.

Stage rows follow M. Tan and Q. V. Le, "EfficientNet: Rethinking Model Scaling for Convolutional
Neural Networks", ICML 2019, table 1; the Lite variants drop squeeze-and-excitation, use ReLU6
and keep stem and head at the size of B0 (TensorFlow's ``efficientnet/lite`` release, 2020).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from abawkit.errors import UsageError
from baselines.preprocessing import Preprocessing

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A run of equal blocks; the first one strides and changes the number of channels."""

    repeats: int
    channels: int
    kernel: int
    stride: int
    expansion: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EfficientNetShape:
    """What defines one EfficientNet.

    ``squeeze`` is the width of squeeze-and-excitation as a share of the channels that enter the
    block, 0 for none. ``padding`` is ``same`` for TensorFlow's (timm's ``tf_`` variants), where
    an odd padding puts the extra pixel right and bottom, and ``symmetric`` for PyTorch's.
    """

    stages: tuple[Stage, ...]
    stem_channels: int
    embedding: int
    activation: Literal["relu6", "silu"]
    squeeze: float
    padding: Literal["same", "symmetric"]
    norm_eps: float
    norm_momentum: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MobileNetShape:
    """MobileNet-v1 as Keras builds it, with a dense layer of `features` before the classifier."""

    embedding: int
    features: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VggShape:
    """VGG16: blocks of 3 x 3 convolutions, then two dense layers of `embedding` values."""

    blocks: tuple[tuple[int, int], ...]
    embedding: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MobileFaceNetShape:
    """MobileFaceNet as InsightFace's ``arcface_torch`` builds it."""

    blocks: tuple[int, int, int, int]
    scale: int
    embedding: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MobileVitV2Shape:
    """MobileViT-v2, scaled in width."""

    width: float
    embedding: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReXNetShape:
    """ReXNet, scaled in width."""

    width: float
    embedding: int


Shape = (
    EfficientNetShape
    | MobileNetShape
    | VggShape
    | MobileFaceNetShape
    | MobileVitV2Shape
    | ReXNetShape
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A network that abawkit can build.

    ``scores`` says what its scores are: ``logits``, or ``probabilities`` where the published
    network ends in a softmax.
    """

    name: str
    shape: Shape
    preprocessing: Preprocessing
    scores: Literal["logits", "probabilities"] = "logits"
    reference: str


def _scaled(shape: EfficientNetShape, *, width: float, depth: float) -> EfficientNetShape:
    # Compound scaling of the paper: channels to multiples of 8, repeats rounded up.
    return replace(
        shape,
        stages=tuple(
            replace(
                stage,
                repeats=math.ceil(stage.repeats * depth),
                channels=_multiple_of_8(stage.channels * width),
            )
            for stage in shape.stages
        ),
        stem_channels=_multiple_of_8(shape.stem_channels * width),
        embedding=_multiple_of_8(shape.embedding * width),
    )


def _multiple_of_8(channels: float) -> int:
    rounded = max(8, int(channels + 4) // 8 * 8)
    # Never more than a tenth fewer than asked for.
    return rounded + 8 if rounded < 0.9 * channels else rounded


_STAGES = (
    Stage(repeats=1, channels=16, kernel=3, stride=1, expansion=1),
    Stage(repeats=2, channels=24, kernel=3, stride=2, expansion=6),
    Stage(repeats=2, channels=40, kernel=5, stride=2, expansion=6),
    Stage(repeats=3, channels=80, kernel=3, stride=2, expansion=6),
    Stage(repeats=3, channels=112, kernel=5, stride=1, expansion=6),
    Stage(repeats=4, channels=192, kernel=5, stride=2, expansion=6),
    Stage(repeats=1, channels=320, kernel=3, stride=1, expansion=6),
)
_TF_B0 = EfficientNetShape(
    stages=_STAGES,
    stem_channels=32,
    embedding=1280,
    activation="silu",
    squeeze=0.25,
    padding="same",
    norm_eps=1e-3,
    norm_momentum=0.01,
)
_B0 = replace(_TF_B0, padding="symmetric", norm_eps=1e-5, norm_momentum=0.1)
_LITE0 = replace(_TF_B0, activation="relu6", squeeze=0.0)
_SCALING = {"b0": (1.0, 1.0, 224), "b1": (1.0, 1.1, 240), "b2": (1.1, 1.2, 260)}

_IMAGENET = Preprocessing(
    size=224, colour="rgb", mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)
)
_TAN = "https://arxiv.org/abs/1905.11946"
_LITE = "https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite"


def _efficientnets() -> tuple[Network, ...]:
    return tuple(
        Network(
            name=f"{prefix}efficientnet_{name}",
            shape=_scaled(shape, width=width, depth=depth),
            preprocessing=replace(_IMAGENET, size=size),
            reference=_TAN,
        )
        for prefix, shape in (("tf_", _TF_B0), ("", _B0))
        for name, (width, depth, size) in _SCALING.items()
    )


EFFICIENTNET_LITE0 = Network(
    name="efficientnet_lite0",
    shape=_LITE0,
    # As Lite0 is trained on ImageNet; the bundled model's card has its own.
    preprocessing=replace(
        _IMAGENET,
        resize="bicubic",
        mean=(127 / 255,) * 3,
        std=(128 / 255,) * 3,
    ),
    reference=_LITE,
)

MOBILENET_V1 = Network(
    name="mobilenet_v1",
    shape=MobileNetShape(embedding=1024, features=256),
    # The published code subtracts the means that Caffe's models have for blue, green and red from
    # red, green and blue. The network was trained so, hence has to be run so.
    preprocessing=Preprocessing(
        size=224,
        colour="rgb",
        resize="bilinear-aliased",
        mean=(103.939 / 255, 116.779 / 255, 123.68 / 255),
        std=(1 / 255,) * 3,
    ),
    scores="probabilities",
    reference="https://arxiv.org/abs/1704.04861",
)

VGGFACE = Network(
    name="vggface",
    shape=VggShape(
        blocks=((2, 64), (2, 128), (3, 256), (3, 512), (3, 512)),
        embedding=4096,
    ),
    # The average face of the VGG-Face release, in red, green, blue.
    preprocessing=Preprocessing(
        size=224,
        colour="rgb",
        mean=(129.1863 / 255, 104.7624 / 255, 93.5940 / 255),
        std=(1 / 255,) * 3,
    ),
    reference="O. M. Parkhi, A. Vedaldi and A. Zisserman, Deep Face Recognition, BMVC 2015",
)

# As conversions to Keras take images.
VGGFACE_BGR = replace(
    VGGFACE,
    name="vggface_bgr",
    preprocessing=replace(
        VGGFACE.preprocessing, colour="bgr", mean=VGGFACE.preprocessing.mean[::-1]
    ),
)

MOBILEFACENET = Network(
    name="mobilefacenet",
    shape=MobileFaceNetShape(blocks=(1, 4, 6, 2), scale=2, embedding=512),
    preprocessing=Preprocessing(size=112, colour="rgb", mean=(0.5,) * 3, std=(0.5,) * 3),
    reference="https://arxiv.org/abs/1804.07573",
)

MOBILEVITV2_150 = Network(
    name="mobilevitv2_150",
    shape=MobileVitV2Shape(width=1.5, embedding=768),
    preprocessing=_IMAGENET,
    reference="https://arxiv.org/abs/2206.02680",
)

REXNET_150 = Network(
    name="rexnet_150",
    shape=ReXNetShape(width=1.5, embedding=1920),
    preprocessing=_IMAGENET,
    reference="https://arxiv.org/abs/2007.00992",
)

NETWORKS: Mapping[str, Network] = {
    network.name: network
    for network in (
        *_efficientnets(),
        EFFICIENTNET_LITE0,
        MOBILENET_V1,
        VGGFACE,
        VGGFACE_BGR,
        MOBILEFACENET,
        MOBILEVITV2_150,
        REXNET_150,
    )
}


def find_networks(name: str | None) -> tuple[Network, ...]:
    """Give the networks that a user may mean.

    Parameters
    ----------
    name : str, optional
        A name of the table, or its end, such as ``b0``; all networks if it is not given.

    Returns
    -------
    tuple of Network
        At least one.

    Raises
    ------
    UsageError
        If there is none.
    """
    if name is None:
        return tuple(NETWORKS.values())
    if name in NETWORKS:
        return (NETWORKS[name],)
    found = tuple(network for key, network in NETWORKS.items() if key.endswith(f"_{name}"))
    if not found:
        msg = f"no network {name!r}; there are {', '.join(NETWORKS)}"
        raise UsageError(msg)
    return found
