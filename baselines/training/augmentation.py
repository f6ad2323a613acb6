"""Random views of face images, a batch at a time.

One resampling does the geometry and the resize together, so a view costs little more than the
resize alone and is blurred once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True, slots=True, kw_only=True)
class Augmentation:
    """Ranges of the random changes; each is drawn uniformly for each image.

    ``rotation`` is in degrees; ``scale``, ``shear`` and ``translation`` are shares of the image;
    ``brightness`` is a share of white; ``contrast`` and ``saturation`` are shares of what there
    is of them; ``erasing`` is the probability of hiding a rectangle of 2 to 20 % of the image
    (Zhong et al., AAAI 2020). Half of the views are mirror images.
    """

    rotation: float = 15.0
    scale: float = 0.15
    shear: float = 0.1
    translation: float = 0.1
    brightness: float = 0.2
    contrast: float = 0.3
    erasing: float = 0.5
    saturation: float = 0.0

    def __call__(self, images: Tensor, size: int, generator: torch.Generator) -> Tensor:
        """Draw one view of each image.

        Parameters
        ----------
        images : Tensor of uint8, shape (n, channels, height, width)
            Images of one channel, or of three.
        size : int
            Height and width of the views.
        generator : torch.Generator
            Source of all randomness, of the CPU.

        Returns
        -------
        Tensor of float32, shape (n, channels, size, size)
            Views in [0, 1], on the device of the images.
        """
        device = images.device
        grid = self._grid(len(images), size, generator).to(device)
        views = functional.grid_sample(
            images / 255, grid, padding_mode="border", align_corners=False
        )
        gain = 1 + self._uniform(self.contrast, len(images), generator)
        offset = 0.5 + self._uniform(self.brightness, len(images), generator)
        gain, offset = gain.to(device), offset.to(device)
        views = (views - 0.5) * gain[:, None, None, None] + offset[:, None, None, None]
        if self.saturation:
            kept = 1 + self._uniform(self.saturation, len(images), generator).to(device)
            views = torch.lerp(views.mean(dim=1, keepdim=True), views, kept[:, None, None, None])
        return self._erase(views.clamp_(0, 1), generator)

    @staticmethod
    def _uniform(bound: float, count: int, generator: torch.Generator) -> Tensor:
        return (torch.rand(count, generator=generator) * 2 - 1) * bound

    def _grid(self, count: int, size: int, generator: torch.Generator) -> Tensor:
        def uniform(bound: float) -> Tensor:
            return self._uniform(bound, count, generator)

        angle = uniform(math.radians(self.rotation))
        flip = torch.where(uniform(1) > 0, 1.0, -1.0)
        zoom = torch.exp(uniform(math.log1p(self.scale)))
        shear = uniform(self.shear)
        cos, sin = torch.cos(angle) * zoom, torch.sin(angle) * zoom
        shift_x, shift_y = uniform(2 * self.translation), uniform(2 * self.translation)
        first = torch.stack([flip * cos, shear * cos - sin, shift_x], dim=1)
        second = torch.stack([flip * sin, shear * sin + cos, shift_y], dim=1)
        theta = torch.stack([first, second], dim=1)
        return functional.affine_grid(theta, [count, 1, size, size], align_corners=False)

    def _erase(self, views: Tensor, generator: torch.Generator) -> Tensor:
        count, _, size, _ = views.shape
        chance, area, ratio, left, top, value = torch.rand(6, count, generator=generator)
        area, ratio = 0.02 + 0.18 * area, torch.exp((ratio - 0.5) * 2 * math.log(3))
        width, height = (
            torch.sqrt(area * ratio).clamp(max=1),
            torch.sqrt(area / ratio).clamp(max=1),
        )
        place = (torch.arange(size) + 0.5) / size
        left, top = left * (1 - width), top * (1 - height)
        across = (place >= left[:, None]) & (place < (left + width)[:, None])
        down = (place >= top[:, None]) & (place < (top + height)[:, None])
        hidden = down[:, None, :, None] & across[:, None, None, :]
        hidden &= (chance < self.erasing)[:, None, None, None]
        device = views.device
        return torch.where(hidden.to(device), value[:, None, None, None].to(device), views)
