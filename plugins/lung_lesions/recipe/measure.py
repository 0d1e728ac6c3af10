"""Measure a detector on a scan it never saw: ``python -m plugins.lung_lesions.recipe.measure WEIGHTS ...``.

Told are: every candidate beside the real lesions' boxes, and the free-response curve on lesions drawn into the same
chest: the share found against false candidates a scan (a candidate counts as a hit where its centre lies in a lesion's
box grown by 3 mm; candidates at a real lesion count neither way).
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from safetensors.torch import load_file

from medview.plugin import Geometry
from plugins.lung_lesions.lung_lesions import GRID_MM, Candidate, Chest, LesionNet, find_lesions, load_net
from plugins.lung_lesions.recipe.case import Case, Scan, Truth, case_of
from plugins.lung_lesions.recipe.samples import lung_share, place_stamp
from plugins.lung_lesions.recipe.scans import of_lung_dx, of_pyradiomics
from plugins.lung_lesions.recipe.synthesis import draw_stamp

_DRAWN_MM = (4.0, 80.0)
_EACH = 6  # lesions drawn into one copy of the chest
_LEVELS = (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6, 0.7)
_SIZES_MM = (0.0, 8.0, 15.0, 30.0, 100.0)
_SLACK_MM = 3.0


@dataclass(frozen=True, eq=False)
class Tally:
    """Of one copy: each drawn lesion's greatest side (mm) and best hit (0: none); scores of false candidates."""

    sizes_mm: list[float]
    hits: list[float]
    false: list[float]


def main() -> None:
    """Print the tables."""
    asked = _asked()
    net = load_net(load_file(asked.weights))
    for scan in _scans(asked):
        case = case_of(scan)
        _tell_real(case, find_lesions(case.chest, net, _LEVELS[0]))
        random = np.random.default_rng(asked.seed)
        _tell_drawn([_copy(random, case, net) for _ in range(asked.copies)])


def _copy(random: Generator, case: Case, net: LesionNet) -> Tally:
    """Draw lesions into a copy of the chest and look for them."""
    hu, lung = case.chest.hu.copy(), lung_share(case.chest.lungs)
    drawn: list[Truth] = []
    for _ in range(_EACH):
        diameter = float(np.exp(random.uniform(*np.log(_DRAWN_MM))))
        truth = place_stamp(random, draw_stamp(random, diameter, case), hu, lung, [*case.truths, *drawn])
        drawn += [truth] if truth is not None else []
    found = find_lesions(Chest(hu, case.chest.grid, case.chest.lungs, case.chest.cavity), net, _LEVELS[0])
    places = [case.chest.grid.to_index(np.array(candidate.centre_mm)) for candidate in found]
    free = [c for c, at in zip(found, places, strict=True) if not any(_holds(t, at) for t in (*case.truths, *drawn))]
    hits = [max([c.score for c, at in zip(found, places, strict=True) if _holds(t, at)], default=0.0) for t in drawn]
    return Tally([float((t.size * GRID_MM).max()) for t in drawn], hits, [c.score for c in free])


def _holds(truth: Truth, index: NDArray[np.float64]) -> bool:
    return bool((np.abs(index - truth.centre) <= truth.size / 2 + _SLACK_MM / np.array(GRID_MM)).all())


def _tell_real(case: Case, found: list[Candidate]) -> None:
    print(f"{case.name}: real lesions {[_told_truth(truth, case.chest.grid) for truth in case.truths]}")  # noqa: T201
    for candidate in found:
        at = case.chest.grid.to_index(np.array(candidate.centre_mm))
        is_hit = any(_holds(truth, at) for truth in case.truths)
        centre, size = np.round(candidate.centre_mm, 1), np.round(candidate.size_mm, 1)
        print(f"  {candidate.score:.3f} {'hit  ' if is_hit else 'false'} centre {centre} size {size} mm")  # noqa: T201


def _told_truth(truth: Truth, grid: Geometry) -> str:
    return f"centre {np.round(grid.to_mm(truth.centre), 1)} size {(truth.size * GRID_MM)[::-1]} mm"


def _tell_drawn(tallies: list[Tally]) -> None:
    sizes = np.concatenate([t.sizes_mm for t in tallies])
    hits = np.concatenate([t.hits for t in tallies])
    false = np.concatenate([t.false for t in tallies])
    bins = list(pairwise(_SIZES_MM))
    counts = ", ".join(f"{low:g}-{high:g} mm: {int(((sizes > low) & (sizes <= high)).sum())}" for low, high in bins)
    print(f"{len(sizes)} lesions drawn into {len(tallies)} copies ({counts}); share found:")  # noqa: T201
    for level in _LEVELS:
        shares = [(hits[(sizes > low) & (sizes <= high)] >= level).mean() for low, high in bins]
        told = " ".join(f"{share:.2f}" for share in shares)
        each = (false >= level).sum() / len(tallies)
        print(f"  score {level:.2f}: all {(hits >= level).mean():.2f}, by size {told}; false a scan {each:.2f}")  # noqa: T201


def _scans(asked: argparse.Namespace) -> list[Scan]:
    if asked.scan == "a0002":
        return [of_lung_dx(asked.folder, "3_series"), of_lung_dx(asked.folder, "2_series")]
    return [of_pyradiomics(asked.folder, asked.scan)]


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path)
    parser.add_argument("--scan", choices=("a0002", "lung1", "lung2"), default="a0002")
    parser.add_argument("--folder", type=Path, required=True, help="the patient's folder, or pyradiomics' folder data")
    parser.add_argument("--copies", type=int, default=20)
    parser.add_argument("--seed", type=int, default=7)
    return parser.parse_args()


if __name__ == "__main__":
    main()
