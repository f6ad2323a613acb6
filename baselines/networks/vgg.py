"""VGG16 as a torch module, with the names of VGG-Face's layers.

K. Simonyan and A. Zisserman, "Very Deep Convolutional Networks for Large-Scale Image
Recognition", ICLR 2015, configuration D; O. M. Parkhi, A. Vedaldi and A. Zisserman, "Deep Face
Recognition", BMVC 2015. Conventions: images are float32 ``(n, 3, size, size)``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn
from torch.nn import functional

from baselines.networks.features import Features
from baselines.networks.layers import linear_classifier

if TYPE_CHECKING:
    from baselines.networks.table import VggShape


class Vgg(nn.Module):
    """Blocks of convolutions, each followed by a maximum pooling, and three dense layers.

    Parameters
    ----------
    shape : VggShape
        The shape.
    n_outputs : int
        Number of scores.
    size : int
        Height and width of the images, on which the first dense layer depends.
    """

    def __init__(self, shape: VggShape, *, n_outputs: int, size: int = 224) -> None:
        super().__init__()
        self.shape = shape
        channels = 3
        for block, (repeats, out) in enumerate(shape.blocks, start=1):
            for repeat in range(1, repeats + 1):
                self.add_module(f"conv{block}_{repeat}", nn.Conv2d(channels, out, 3, padding=1))
                channels = out
            size //= 2
        self.fc6 = nn.Linear(channels * size * size, shape.embedding)
        self.fc7 = nn.Linear(shape.embedding, shape.embedding)
        self.fc8 = linear_classifier(shape.embedding, n_outputs)

    def forward(self, x: Tensor) -> Features:
        """Describe a batch of faces.

        Parameters
        ----------
        x : Tensor, shape (n, 3, size, size)
            Images, less the mean of each channel.

        Returns
        -------
        Features
            Embedding and scores of each image.
        """
        for block, (repeats, _) in enumerate(self.shape.blocks, start=1):
            for repeat in range(1, repeats + 1):
                x = functional.relu(self.get_submodule(f"conv{block}_{repeat}")(x))
            x = functional.max_pool2d(x, 2)
        x = functional.relu(self.fc6(x.flatten(1)))
        embedding = functional.relu(self.fc7(x))
        return Features(embedding, self.fc8(embedding))
