"""A plugin on the bench: its patient, and what its plain runs gave."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from medview.errors import MedViewError
from medview.plugin.conformance.specimen import Specimen
from medview.plugin.conformance.trial import Clock, Observation, Runner, Trial
from medview.plugin.discovery import Plugin
from medview.study.volume import Volume

_FINER = 0.6


@dataclass(frozen=True)
class Limits:
    """How long a plugin may be silent, and how long it may take to stop.

    Attributes
    ----------
    clock
        What these seconds are counted by: on a computer that does other work beside, `time.process_time` tells what the
        plugin itself has taken, of all its threads together.
    """

    silence_s: float = 1.0
    stop_s: float = 1.0
    clock: Clock = time.monotonic


@dataclass(frozen=True, eq=False)
class Bench:
    """What every test of the suite works with.

    Attributes
    ----------
    read
        Reads a NIfTI file, for self tests with files of the plugin's own: the suite itself knows no formats.
    options
        What is set otherwise than by default, in every run.
    size
        Of the patient, 1 as in life: networks on a grid of millimetres are the sooner done the smaller it is.
    """

    plugin: Plugin
    runner: Runner
    read: Callable[[Path], Volume]
    device: str = "auto"
    limits: Limits = field(default_factory=Limits)
    options: Mapping[str, object] = field(default_factory=dict)
    size: float = 1.0

    @property
    def specimen(self) -> Specimen:
        """The patient that suits it: a finer one where the plain run has shown that it needs one."""
        return self._first[0] if "_first" in self.__dict__ else self._coarse

    @property
    def settled(self) -> Specimen:
        """The patient of the plain run: what is held against that run must be the same one."""
        return self._first[0]

    @property
    def plain(self) -> Observation:
        """A run on the patient as a scanner gives it: axial, from feet to head."""
        return self._first[1]

    @cached_property
    def _coarse(self) -> Specimen:
        return Specimen.of(self.plugin.manifest, size=self.size)

    @cached_property
    def _first(self) -> tuple[Specimen, Observation]:
        """The coarsest patient that is not refused, and the run on it: a plugin may ask more than its manifest says."""
        specimen = self._coarse
        seen = self.run(specimen.plain(), specimen)
        if seen.is_refused:
            finer = specimen.finer(_FINER)
            again = self.run(finer.plain(), finer)
            if not again.is_refused:
                return finer, again
        return specimen, seen

    @cached_property
    def again(self) -> Observation:
        """The run on the settled patient once more: what is loaded once is loaded now."""
        return self.run(self.settled.plain())

    def run(
        self, volume: Volume, specimen: Specimen | None = None, options: Mapping[str, object] | None = None, **how: Any
    ) -> Observation:
        """Run it on a volume, with options beside those of the bench; what `how` may say stands in `Trial`."""
        further = {record.id: record for record in self.plugin.manifest.inputs[1:] if record.required}
        patient = specimen or self.specimen
        others = {name: patient.second(volume.geometry) for name in further}
        try:
            given = {**self.options, **(options or {})}
            trial = Trial(self.plugin, volume, given, self.device, others, clock=self.limits.clock, **how)
            return self.runner(trial)
        except MedViewError as error:  # not of the plugin's: its process has ended, or had to be ended
            return Observation(crash=str(error))
