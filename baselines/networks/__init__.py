"""Backbones as torch modules, each built from a row of a table."""

from baselines.networks.efficientnet import EfficientNet, Features
from baselines.networks.table import EFFICIENTNET_LITE0, Architecture, Stage

__all__ = ["EFFICIENTNET_LITE0", "Architecture", "EfficientNet", "Features", "Stage"]
