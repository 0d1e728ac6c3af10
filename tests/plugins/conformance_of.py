"""The whole conformance suite on a shipped plugin; each in the file of its own tests, so that processes share them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest
import torch

from medview.files.formats.nifti import read_volume
from medview.paths import shipped_plugins_folder
from medview.plugin.conformance.bench import Bench, Limits
from medview.plugin.conformance.conformance_suite import conformance
from medview.plugin.conformance.row import Row
from medview.plugin.conformance.trial import Observation, Trial
from medview.plugin.discovery import discover, find
from medview.progress import unheard

# Two test processes share the cores with each other and with whatever else runs: what is counted is what the plugin
# itself computes, on one thread as in the worker of a computer with two cores, and twice the second it is allowed,
# since a core of which another process uses the other half does about half as much in a second.
BUSY = Limits(silence_s=2.0, stop_s=2.0, clock=time.process_time)


def conformance_of(name: str, size: float = 1.0, options: Mapping[str, object] | None = None) -> dict[str, Row]:
    """Return the rows of the whole suite by their names, all run here: what is loaded is loaded once.

    Parameters
    ----------
    size, options
        A smaller patient, and options that take less time; rows on options still try all bounds and choices.
    """
    plugin = find(name, discover([shipped_plugins_folder()]))
    with _one_thread():
        bench = Bench(plugin, _here, read_volume, "cpu", BUSY, options or {}, size)
        rows = {row.name: row for row in conformance(bench, unheard)}
    reason = rows["plain"].said
    if "weights are not on this computer" in reason:
        pytest.skip(reason)
    return rows


def in_state(state: str, rows: Mapping[str, Row]) -> dict[str, str]:
    """Return what the rows in a state say."""
    return {name: row.said for name, row in rows.items() if row.state == state}


def _here(trial: Trial) -> Observation:
    return trial(unheard)


@contextmanager
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
