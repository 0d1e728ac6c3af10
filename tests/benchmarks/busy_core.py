"""A model's kind of work on one core, for as long as it is wanted; runs in the worker process."""

from __future__ import annotations

from medview.progress import Progress


def compute(progress: Progress) -> None:
    """Convolve until `progress` raises Cancelled."""
    import torch

    torch.set_num_threads(1)
    network = torch.nn.Sequential(*(torch.nn.Conv3d(16, 16, 3, padding=1) for _ in range(4)))
    patch = torch.zeros(1, 16, 64, 64, 64)
    with torch.inference_mode():
        while True:
            network(patch)
            progress(0.5)
