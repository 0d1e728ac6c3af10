"""Tiles of a volume through a network and together again, held against MONAI's."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from medview.errors import MedViewError
from medview.plugin.engine.sliding_window import SlidingWindow, Sums
from medview.plugin.engine.tiles import Blend, Tiling
from medview.progress import Cancelled, unheard

Size = tuple[int, int, int]


def network(channels: int = 3) -> nn.Module:
    """Return a network that sees a few voxels far, so that it gives something else at the edge of a tile."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv3d(1, 4, 3, padding=1), nn.Tanh(), nn.Conv3d(4, channels, 5, padding=2)).eval()


def whole(window: SlidingWindow, volume: Tensor) -> Tensor:
    """Return the slabs of a run side by side, and see that they follow each other."""
    parts, end = [], 0
    for slab in window.over(volume):
        assert slab.first == end
        end += slab.values.shape[1]
        parts.append(slab.values.float().clone())
    assert end == volume.shape[0]
    return torch.cat(parts, dim=1)


@pytest.mark.parametrize(
    ("size", "patch", "overlap"),
    [
        ((40, 33, 29), (16, 16, 16), 0.5),
        ((21, 30, 18), (8, 16, 12), 0.25),
        ((16, 16, 16), (16, 16, 16), 0.5),
        ((9, 40, 7), (16, 16, 16), 0.625),  # smaller than the patch along two axes
        ((1, 20, 20), (4, 16, 16), 0.5),  # one slice
        ((25, 16, 16), (8, 16, 16), 0.0),
    ],
)
@pytest.mark.parametrize("blend", ["gaussian", "constant"])
@pytest.mark.parametrize("batch", [1, 3])
def test_it_equals_monais_sliding_window(size: Size, patch: Size, overlap: float, blend: Blend, batch: int) -> None:
    from monai.inferers import sliding_window_inference

    volume, net = torch.randn(size, generator=torch.Generator().manual_seed(1)), network()
    with torch.inference_mode():
        theirs = sliding_window_inference(volume[None, None], patch, batch, net, overlap, mode=blend, cval=-0.5)[0]
    ours = whole(SlidingWindow(net, Tiling(patch, overlap, blend, padding=-0.5), batch=batch), volume)
    assert (ours - theirs).abs().max() <= 1e-4 * max(1.0, float(theirs.abs().max()))


def test_the_gaussian_of_nnunet_is_scipys_in_half_precision() -> None:
    from scipy.ndimage import gaussian_filter

    patch = (12, 20, 9)
    point = np.zeros(patch)
    point[tuple(side // 2 for side in patch)] = 1.0
    wanted = gaussian_filter(point, [side / 8 for side in patch], mode="constant", cval=0)
    ours = Tiling(patch, blend="gaussian_nnunet").importance().numpy()
    assert ours.min() > 0
    # nnU-Net keeps them in half precision
    np.testing.assert_allclose(ours / ours.max(), wanted / wanted.max(), rtol=2e-3, atol=1e-7)


@pytest.mark.parametrize(
    ("count", "side", "overlap", "wanted"),
    [
        (100, 64, 0.5, (0, 18, 36)),  # nnU-Net: ceil((100 - 64) / 32) + 1 tiles, evenly
        (200, 64, 0.5, (0, 27, 54, 82, 109, 136)),
        (64, 64, 0.5, (0,)),
        (30, 64, 0.5, (0,)),
    ],
)
def test_even_tiles_are_where_nnunet_puts_them(count: int, side: int, overlap: float, wanted: tuple[int, ...]) -> None:
    tiling = Tiling((side, 1, 1), overlap, placing="even")
    assert tiling.starts((count, 1, 1))[0] == wanted


def test_axes_in_another_order_reach_the_network_turned() -> None:
    volume, net, seen = torch.randn((20, 14, 17)), network(2), list[tuple[int, ...]]()

    def forward(tiles: Tensor) -> Tensor:
        seen.append(tuple(tiles.shape))
        return net(tiles)

    tiling = Tiling((8, 10, 12), 0.5)
    ours = whole(SlidingWindow(forward, tiling, axes=(2, 0, 1)), volume)
    assert set(seen) == {(1, 1, 12, 8, 10)}
    turned = whole(SlidingWindow(net, Tiling((12, 8, 10), 0.5)), volume.permute(2, 0, 1))
    assert (ours - turned.permute(0, 2, 3, 1)).abs().max() < 1e-5


@pytest.mark.parametrize(("sums", "most"), [("float32", 1e-5), ("float16", 5e-3)])
def test_half_precision_sums_are_close(sums: Sums, most: float) -> None:
    volume, tiling = torch.randn((30, 20, 20)), Tiling((8, 12, 12), 0.5)
    full = whole(SlidingWindow(network(), tiling), volume)
    part = whole(SlidingWindow(network(), tiling, sums=sums), volume)
    assert (full - part).abs().max() < most * full.abs().max()


def test_only_a_patch_of_slices_is_summed_at_a_time() -> None:
    volume = torch.zeros((400, 8, 8))
    window = SlidingWindow(lambda tiles: tiles.repeat(1, 5, 1, 1, 1), Tiling((8, 8, 8)))
    sizes = {slab.values.untyped_storage().nbytes() for slab in window.over(volume)}
    assert sizes == {5 * 8 * 8 * 8 * 4}


def test_a_cancel_between_tiles_ends_the_run() -> None:
    calls = []

    def forward(tiles: Tensor) -> Tensor:
        calls.append(1)
        return tiles

    def progress(fraction: float, text: str = "") -> None:
        if fraction >= 0.5:
            raise Cancelled

    window = SlidingWindow(forward, Tiling((8, 8, 8)))
    count = window.tiling.count((32, 16, 16))
    with pytest.raises(Cancelled):
        list(window.over(torch.zeros((32, 16, 16)), progress))
    assert len(calls) == (count + 1) // 2


def test_a_cancel_while_labels_are_made_ends_the_run() -> None:
    calls = []

    def progress(fraction: float, text: str = "") -> None:
        calls.append(fraction)
        if calls.count(1.0) == 2:
            raise Cancelled

    slabs = SlidingWindow(lambda tiles: tiles, Tiling((16, 8, 8))).over(torch.zeros((16, 8, 8)), progress)
    assert next(slabs).values.shape[1] == 4
    with pytest.raises(Cancelled):
        next(slabs)


def test_progress_rises_from_nothing() -> None:
    told = list[float]()

    def progress(fraction: float, text: str = "") -> None:
        told.append(fraction)

    list(SlidingWindow(lambda tiles: tiles, Tiling((8, 8, 8))).over(torch.zeros((20, 9, 8)), progress))
    assert told[0] == 0.0
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_what_is_no_number_is_refused_at_once() -> None:
    def forward(tiles: Tensor) -> Tensor:
        return torch.where(tiles > 0.5, torch.nan, tiles)

    volume = torch.zeros((24, 8, 8))
    volume[13, 2, 2] = 1.0
    with pytest.raises(MedViewError, match="no numbers"):
        list(SlidingWindow(forward, Tiling((8, 8, 8))).over(volume, unheard))


@pytest.mark.parametrize("forward", [lambda tiles: tiles[..., 1:], lambda tiles: tiles[0], lambda tiles: tiles[:0]])
def test_another_shape_is_refused(forward: object) -> None:
    window = SlidingWindow(forward, Tiling((8, 8, 8)))  # type: ignore[arg-type]
    with pytest.raises(MedViewError, match="array of shape"):
        list(window.over(torch.zeros((8, 8, 8))))
