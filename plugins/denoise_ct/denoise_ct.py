"""Noise of a low-dose CT taken out slice by slice, by the generator of a GAN (WGAN with gradient penalty)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from medview.plugin import Context, DerivedImage, MedViewError, Request, load_safetensors, watched

AIR_HU, DENSE_HU = -1000.0, 1500.0  # what the network sees; noise of denser voxels is that found at the border
PADDING_HU = -1400.0  # what is lower was never measured: the scanner fills with it what it has not reconstructed
UNIT_HU, NOISE_UNIT_HU = 250.0, 50.0  # one in the network is so much: in the image, and in the noise it tells
_WIDTHS = (40, 64, 96)  # channels on a half, a quarter and an eighth of the pixels a side
_MULTIPLE = 8
_OPERATIONS = 55  # of torch on a slice, for the progress
_MIRRORS: tuple[tuple[int, ...], ...] = ((), (-2,), (-1,), (-2, -1))
# A quarter of the dose has four times the noise's variance, of which a quarter is what the full dose has too. A network
# that is sure of nothing else would leave that quarter; this one leaves some by itself.
STRENGTH = 0.85


class Generator(nn.Module):
    """A U-Net of 0.36 million parameters, whose first and last layers hold the four pixels of each 2x2 as channels."""

    def __init__(self) -> None:
        super().__init__()
        fine, middle, coarse = _WIDTHS
        self.into = nn.Sequential(*_layer(4, fine), *_layer(fine, fine))
        self.down_1 = nn.Sequential(*_layer(fine, middle, 2), *_layer(middle, middle))
        self.down_2 = nn.Sequential(*_layer(middle, coarse, 2), *_layer(coarse, coarse), *_layer(coarse, coarse))
        self.up_2 = nn.Conv2d(coarse, middle, 1)
        self.join_2 = nn.Sequential(*_layer(middle, middle))
        self.up_1 = nn.Conv2d(middle, fine, 1)
        self.out = nn.Sequential(*_layer(fine, fine), nn.Conv2d(fine, 4, 3, padding=1))

    def forward(self, hu: Tensor) -> Tensor:
        """Return the image without its noise; (n, 1, rows, columns) in HU, sides multiples of 8, both in and out."""
        seen = hu.clamp(AIR_HU, DENSE_HU) / UNIT_HU
        fine = self.into(functional.pixel_unshuffle(seen, 2))
        middle = self.down_1(fine)
        coarse = self.down_2(middle)
        middle = self.join_2(middle + functional.interpolate(self.up_2(coarse), scale_factor=2.0))
        fine = self.out(fine + functional.interpolate(self.up_1(middle), scale_factor=2.0))
        return hu - NOISE_UNIT_HU * functional.pixel_shuffle(fine, 2)


def _layer(channels: int, made: int, stride: int = 1) -> list[nn.Module]:
    """Return a convolution and its bend."""
    return [nn.Conv2d(channels, made, 3, stride, padding=1), nn.LeakyReLU(0.1, inplace=True)]


def _tell(context: Context, index: int, count: int, done: float) -> None:
    """Tell progress within a slice: on one core a whole one takes more than a second."""
    context.progress((index + done) / count, f"Slice {index + 1} of {count}")


def load_generator(weights: Path, device: str) -> Generator:
    """Return the trained network."""
    generator = Generator()
    generator.load_state_dict({name: tensor.float() for name, tensor in load_safetensors(weights).items()})
    return generator.to(device).eval()


def denoise_slice(
    generator: Callable[[Tensor], Tensor], hu: NDArray[Any], device: str = "cpu", strength: float = STRENGTH
) -> NDArray[np.float32]:
    """Return a slice without its noise: the mean of what the network makes of it and of its three mirror images.

    Parameters
    ----------
    hu
        (rows, columns) in HU; what is at the border is repeated beyond it.
    strength
        The share of the noise that is taken out.
    """
    rows, columns = hu.shape
    padding = (0, -columns % _MULTIPLE, 0, -rows % _MULTIPLE)
    with torch.inference_mode():
        image = torch.from_numpy(hu.astype(np.float32)).to(device)
        whole = functional.pad(image[None, None], padding, mode="replicate")
        mirrored = generator(torch.cat([whole.flip(axes) for axes in _MIRRORS]))
        clean = torch.stack([one.flip(axes) for one, axes in zip(mirrored, _MIRRORS, strict=True)]).mean(dim=0)
        made: NDArray[np.float32] = torch.lerp(image, clean[0, :rows, :columns], strength).cpu().numpy()
    return made


def run(request: Request, context: Context) -> DerivedImage:
    """Return the volume with less noise, in HU on the same grid; `strength` is the share of the noise taken out.

    Raises
    ------
    MedViewError
        The values are not in Hounsfield units.
    """
    if request.volume.unit != "HU":
        raise MedViewError(
            "The values of this series are not in Hounsfield units, which the network was trained on.",
            "Choose an original CT series.",
        )
    volume = request.volume.array
    strength = float(request.parameters["strength"]) / 100.0
    generator = load_generator(request.weights["generator"], context.device)
    made = np.empty(volume.shape, dtype=np.int16)
    with context.stage("forward"):
        for index, hu in enumerate(volume):
            with watched(partial(_tell, context, index, len(volume)), _OPERATIONS):
                clean = denoise_slice(generator, hu, context.device, strength)
            made[index] = np.where(hu < PADDING_HU, hu, np.clip(np.round(clean), -32768, 32767))
    return DerivedImage("Denoised", made, "denoised", request.volume.unit)
