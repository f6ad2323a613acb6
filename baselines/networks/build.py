"""From a row of the table to a torch module."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, assert_never

from baselines.networks.efficientnet import EfficientNet
from baselines.networks.mobilefacenet import MobileFaceNet
from baselines.networks.mobilenet import MobileNet
from baselines.networks.mobilevitv2 import MobileVitV2
from baselines.networks.rexnet import ReXNet
from baselines.networks.table import (
    EfficientNetShape,
    MobileFaceNetShape,
    MobileNetShape,
    MobileVitV2Shape,
    ReXNetShape,
    VggShape,
)
from baselines.networks.vgg import Vgg

if TYPE_CHECKING:
    from torch import nn

    from baselines.networks.table import Network


def build_network(
    network: Network,
    n_outputs: int,
    **options: Any,  # noqa: ANN401 - each module has its own
) -> nn.Module:
    """Make the module of a network, with random weights.

    Parameters
    ----------
    network : Network
        A row of the table.
    n_outputs : int
        Number of scores. With 0 the module has no classifier, as networks of face recognition
        have none, and its scores are of shape ``(n, 0)``.
    **options
        What the module takes besides: ``drop_rate`` and ``drop_path_rate`` of an EfficientNet,
        ``feats_activation`` and ``padding`` of MobileNet-v1, ``pooling`` of timm's networks.

    Returns
    -------
    torch.nn.Module
        From images float32 ``(n, 3, size, size)`` to `Features`.
    """
    match network.shape:
        case EfficientNetShape() as shape:
            return EfficientNet(shape, n_outputs=n_outputs, **options)
        case MobileNetShape() as shape:
            return MobileNet(shape, n_outputs=n_outputs, **options)
        case VggShape() as shape:
            size = network.preprocessing.size
            return Vgg(shape, n_outputs=n_outputs, size=size, **options)
        case MobileFaceNetShape() as shape:
            return MobileFaceNet(shape, n_outputs=n_outputs, **options)
        case MobileVitV2Shape() as shape:
            return MobileVitV2(shape, n_outputs=n_outputs, **options)
        case ReXNetShape() as shape:
            return ReXNet(shape, n_outputs=n_outputs, **options)
        case _ as unreachable:
            assert_never(unreachable)


def classifier_name(network: Network) -> str:
    """Name the last linear layer of a network.

    Parameters
    ----------
    network : Network
        A row of the table.

    Returns
    -------
    str
        The module's name, which its parameters' names begin with.
    """
    match network.shape:
        case EfficientNetShape():
            return "classifier"
        case MobileNetShape():
            return "emotion_preds"
        case VggShape():
            return "fc8"
        case MobileFaceNetShape():
            return "fc"
        case MobileVitV2Shape() | ReXNetShape():
            return "head.fc"
        case _ as unreachable:
            assert_never(unreachable)
