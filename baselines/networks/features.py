"""What every network gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from torch import Tensor


class Features(NamedTuple):
    """What a network says of each image.

    ``embedding`` is float ``(n, network.shape.embedding)``, what its classifier sees or, of
    MobileNet-v1, its pooled last feature map; ``scores`` is float ``(n, n_outputs)``, logits or
    probabilities as the network's row says.
    """

    embedding: Tensor
    scores: Tensor
