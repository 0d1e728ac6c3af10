"""Train the lesion detector: ``python -m plugins.lung_lesions.recipe.train OUT --pyradiomics FOLDER ...``."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.random import Generator
from safetensors.torch import save_file

from plugins.lung_lesions.lung_lesions import LesionNet
from plugins.lung_lesions.recipe.case import Case, Scan, case_of
from plugins.lung_lesions.recipe.samples import Sample, draw_sample
from plugins.lung_lesions.recipe.scans import of_lung_dx, of_pyradiomics

_VIEWS = 7  # of each scan: as it is, and moved, scaled, mirrored or in thicker slices
_BATCH = 4
_PEAK_RATE = 3e-3


def main() -> None:
    """Train on the named scans and write the weights."""
    asked = _asked()
    torch.set_num_threads(asked.threads)
    torch.manual_seed(asked.seed)
    random = np.random.default_rng(asked.seed)
    cases = [case for scan in _scans(asked) for case in views(random, scan)]
    _told(f"{len(cases)} views of {', '.join(asked.scans)}; {asked.steps} steps of {_BATCH}; seed {asked.seed}")
    net = train(cases, asked.steps, random, asked.out)
    save(net, asked.out, {"scans": ",".join(asked.scans), "seed": str(asked.seed), "steps": str(asked.steps)})
    _told(f"written: {asked.out.name}")


def save(net: LesionNet, file: Path, facts: dict[str, str]) -> None:
    """Write the weights in half precision; counters of batch norm stay whole numbers."""
    tensors = {name: (t.half() if t.is_floating_point() else t).contiguous() for name, t in net.state_dict().items()}
    save_file(tensors, file, metadata=facts)


def views(random: Generator, scan: Scan) -> Iterator[Case]:
    """Yield a scan as it is, then turned, scaled, mirrored and, every second time, in slices of 6 to 10 mm."""
    yield case_of(scan)
    for number in range(_VIEWS - 1):
        step_mm = random.uniform(6.0, 10.0) if number % 2 else 0.0
        angle, scale = random.uniform(-0.2, 0.2), random.uniform(0.85, 1.15)
        yield case_of(scan, angle, scale, bool(random.random() < 0.5), step_mm)
        _told(f"{scan.name}: view {number + 2}")


def train(cases: list[Case], steps: int, random: Generator, kept: Path) -> LesionNet:
    """Return the network after so many steps; every hundredth is kept in a file beside the last."""
    net = LesionNet().train()
    net.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]
    optimiser = torch.optim.AdamW(net.parameters(), lr=_PEAK_RATE, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, _PEAK_RATE, total_steps=steps, pct_start=0.15)
    recent: list[tuple[float, float]] = []
    for step in range(1, steps + 1):
        batch = [draw_sample(random, cases[int(random.integers(len(cases)))]) for _ in range(_BATCH)]
        heat, numbers = losses(net, batch)
        optimiser.zero_grad()
        (heat + numbers).backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimiser.step()
        schedule.step()
        recent.append((heat.item(), numbers.item()))
        if step % 50 == 0 or step == 5:
            _told(f"step {step}: heat {np.mean([a for a, _ in recent]):.3f}, box {np.mean([b for _, b in recent]):.3f}")
            recent.clear()
        if step % 100 == 0:
            save(net, kept.with_suffix(".partial"), {"step": str(step)})
    net.eval()
    return net


def losses(net: LesionNet, batch: list[Sample]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the focal loss of the heat (Objects as Points, equation 1) and the mean error of centre and size."""
    image, heat, numbers, near, counted = (
        torch.from_numpy(np.stack([getattr(sample, name) for sample in batch]))
        for name in ("image", "heat", "numbers", "near", "counted")
    )
    answer = net(image)
    logit = answer[:, 0]
    found = torch.sigmoid(logit)
    at_centre = (heat == 1).float()
    hit = at_centre * (1 - found) ** 2 * -torch.nn.functional.logsigmoid(logit)
    miss = (1 - at_centre) * (1 - heat) ** 4 * found**2 * -torch.nn.functional.logsigmoid(-logit) * counted
    count = at_centre.sum().clamp(min=1.0)
    off = (torch.nn.functional.smooth_l1_loss(answer[:, 1:], numbers, reduction="none", beta=0.2)).sum(dim=1)
    return (hit + miss).sum() / count, (off * near).sum() / near.sum().clamp(min=1.0)


def _scans(asked: argparse.Namespace) -> list[Scan]:
    readers = {
        "lung1": lambda: of_pyradiomics(asked.pyradiomics, "lung1"),
        "lung2": lambda: of_pyradiomics(asked.pyradiomics, "lung2"),
        "a0002": lambda: of_lung_dx(asked.lung_dx),
    }
    return [readers[name]() for name in asked.scans]


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--pyradiomics", type=Path, help="pyradiomics' folder data")
    parser.add_argument("--lung-dx", type=Path, help="folder of patient A0002")
    parser.add_argument("--scans", nargs="+", default=["lung1", "lung2"])
    parser.add_argument("--steps", type=int, default=850)
    parser.add_argument("--seed", type=int, default=20261123)
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


def _told(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)  # noqa: T201  the log of the training


if __name__ == "__main__":
    main()
