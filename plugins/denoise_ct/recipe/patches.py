"""Random pieces of the training slices, noisy and clean."""

from __future__ import annotations

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor

from plugins.denoise_ct.recipe.pairs import Pair

SIDE = 64
_LEAST_TISSUE = 0.5  # of a piece's pixels
_TISSUE_HU = -300
_NOISELESS = 0.05  # of the pieces have no noise added: what is clean must stay


def draw_batch(random: Generator, pairs: list[Pair], count: int) -> tuple[Tensor, Tensor]:
    """Return noisy and clean pieces, each (count, 1, SIDE, SIDE) in HU."""
    drawn = [_draw(random, pairs) for _ in range(count)]
    noisy = torch.from_numpy(np.stack([one for one, _ in drawn])[:, None])
    return noisy, torch.from_numpy(np.stack([one for _, one in drawn])[:, None])


def _draw(random: Generator, pairs: list[Pair]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return a piece with noise and the same without, turned and mirrored by chance."""
    while True:
        pair = pairs[int(random.integers(len(pairs)))]
        row, column = (int(random.integers(side - SIDE + 1)) for side in pair.clean.shape)
        place = np.s_[row : row + SIDE, column : column + SIDE]
        clean = pair.clean[place].astype(np.float32)
        if np.mean(clean > _TISSUE_HU) >= _LEAST_TISSUE:
            break
    noise = pair.noises[int(random.integers(len(pair.noises)))][place].astype(np.float32)
    noisy = clean + (noise if random.random() >= _NOISELESS else np.float32(0.0))
    turns, is_mirrored = int(random.integers(4)), random.random() < 0.5
    return _turned(noisy, turns, is_mirrored), _turned(clean, turns, is_mirrored)


def _turned(piece: NDArray[np.float32], turns: int, is_mirrored: bool) -> NDArray[np.float32]:
    turned = np.rot90(piece, turns)
    return np.ascontiguousarray(turned[:, ::-1] if is_mirrored else turned)
