"""What the generator and the critic are trained with."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from plugins.denoise_ct.denoise_ct import NOISE_UNIT_HU
from plugins.denoise_ct.recipe.measures import WINDOW_HU

_WINDOW_WEIGHT, _REST_WEIGHT = 1.0, 0.2
_MARGIN_HU = 60.0  # the critic sees a little beyond the window
_PIXELS = 4.0  # the loss is then of the size of the structure's
_PENALTY = 10.0  # of the gradient, Gulrajani 2017


class Critic(nn.Module):
    """Tells true slices from denoised ones: four convolutions with stride and one number for each piece of 64x64."""

    def __init__(self) -> None:
        super().__init__()
        sides = (1, 32, 64, 96, 128)
        layers: list[nn.Module] = []
        for channels, made in pairwise(sides):
            layers += [nn.Conv2d(channels, made, 4, 2, padding=1), nn.LeakyReLU(0.2)]
        self.features = nn.Sequential(*layers)
        self.score = nn.Linear(128 * 16, 1)

    def forward(self, hu: Tensor) -> Tensor:
        """Return (n, 1), higher for what looks true; (n, 1, 64, 64) in HU."""
        score: Tensor = self.score(self.features(_windowed(hu, _MARGIN_HU)).flatten(1))
        return score


def pixel_loss(made: Tensor, clean: Tensor) -> Tensor:
    """Return the mean difference, squared below 50 HU and plain above; values outside the window count a fifth."""
    low, high = WINDOW_HU
    inside = (clean > low - _MARGIN_HU) & (clean < high + _MARGIN_HU)
    weight = torch.where(inside, _WINDOW_WEIGHT, _REST_WEIGHT)
    return _PIXELS * (weight * ((((made - clean) / NOISE_UNIT_HU) ** 2 + 1.0).sqrt() - 1.0)).mean()


def structure_loss(made: Tensor, clean: Tensor) -> Tensor:
    """Return 1 minus the structural similarity (Wang 2004) within the window."""
    one, other = _windowed(made, 0.0), _windowed(clean, 0.0)
    kernel = _gaussian(one)

    def mean(image: Tensor) -> Tensor:
        return functional.conv2d(image, kernel)

    mean_one, mean_other = mean(one), mean(other)
    variance_one, variance_other = mean(one * one) - mean_one**2, mean(other * other) - mean_other**2
    covariance = mean(one * other) - mean_one * mean_other
    alike = (2 * mean_one * mean_other + 1e-4) * (2 * covariance + 9e-4)
    return 1.0 - (alike / ((mean_one**2 + mean_other**2 + 1e-4) * (variance_one + variance_other + 9e-4))).mean()


def critic_loss(critic: Critic, made: Tensor, clean: Tensor, share: Tensor) -> Tensor:
    """Return Wasserstein's distance, negated, with the penalty of the gradient between both (`share`: where)."""
    between = (share * clean + (1.0 - share) * made).requires_grad_()
    gradient = torch.autograd.grad(critic(between).sum(), between, create_graph=True)[0]
    low, high = WINDOW_HU
    length = (gradient * (high - low)).flatten(1).norm(dim=1)
    loss: Tensor = critic(made).mean() - critic(clean).mean() + _PENALTY * ((length - 1.0) ** 2).mean()
    return loss


def _windowed(hu: Tensor, margin_hu: float) -> Tensor:
    """Return the window, wider by a margin on both sides, in widths of the window above its lower end."""
    low, high = WINDOW_HU
    return (hu.clamp(low - margin_hu, high + margin_hu) - low) / (high - low)


def _gaussian(image: Tensor) -> Tensor:
    """Return Wang's 11x11 weights of 1.5 pixels."""
    line = torch.exp(-((torch.arange(11, dtype=image.dtype) - 5.0) ** 2) / (2 * 1.5**2))
    line = line / line.sum()
    return (line[:, None] * line)[None, None]
