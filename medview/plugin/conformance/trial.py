"""One watched run of a plugin."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from medview.errors import MedViewError
from medview.plugin.contract import Result
from medview.plugin.discovery import Plugin
from medview.plugin.door import fingerprint
from medview.plugin.plugin_fault_error import NothingFoundError, PluginFaultError
from medview.plugin.run import PluginRun
from medview.progress import Cancelled, Progress
from medview.study.volume import Volume

Clock = Callable[[], float]


@dataclass(frozen=True, eq=False)
class Observation:
    """What was seen of a run.

    Attributes
    ----------
    result, refusal, crash
        Exactly one of them, but for a run that was cancelled: an answer, a sentence, or what came out instead of one.
    calls
        How often the plugin told its progress.
    silence_s
        The longest time in which it told nothing.
    asked_s
        From the moment it was asked to stop to its end; None where it never was.
    heard
        Whether it was told so: it has called `progress` after that moment.
    changed_input
        Whether the voxels it was given are others afterwards.
    changed_file
        A file of its own folder that is another afterwards, or "".
    """

    result: Result | None = None
    refusal: MedViewError | None = None
    crash: str = ""
    seconds: float = 0.0
    calls: int = 0
    silence_s: float = 0.0
    asked_s: float | None = None
    heard: bool = False
    changed_input: bool = False
    changed_file: str = ""

    @property
    def is_refused(self) -> bool:
        """Whether the plugin said in a sentence that these are no images for it; nothing found is not that."""
        return self.refusal is not None and not isinstance(self.refusal, PluginFaultError | NothingFoundError)

    @property
    def is_fault(self) -> bool:
        """Whether it broke the contract."""
        return isinstance(self.refusal, PluginFaultError)


@dataclass(frozen=True, eq=False)
class Trial:
    """The work of one watched run: call it with a progress, here or in another process.

    Attributes
    ----------
    stops_at
        The progress from which on the plugin is asked to stop; None to let it go on.
    starves_at
        The progress at which memory gives out: that call of `progress` raises MemoryError, as an allocation would.
    clock
        What seconds are counted by.
    """

    plugin: Plugin
    volume: Volume
    parameters: Mapping[str, object] = field(default_factory=dict)
    device: str = "auto"
    others: Mapping[str, Volume] = field(default_factory=dict)
    stops_at: float | None = None
    starves_at: float | None = None
    clock: Clock = time.monotonic

    def __call__(self, progress: Progress) -> Observation:
        """Run the plugin and return what was seen; Cancelled where a person has stopped the whole suite."""
        voxels, files = _digest(self.volume), fingerprint(self.plugin.folder)
        watch = _Watch(progress, self)
        result, refusal, crash = self._outcome(watch)
        end = self.clock()
        changed = sorted(set(files.items()) ^ set(fingerprint(self.plugin.folder).items()))
        return Observation(
            result,
            refusal,
            crash,
            end - watch.begun,
            watch.calls,
            max(watch.silence_s, end - watch.heard_s),
            None if watch.asked is None else end - watch.asked,
            watch.told_to_stop,
            _digest(self.volume) != voxels,
            changed[0][0] if changed else "",
        )

    def _outcome(self, watch: _Watch) -> tuple[Result | None, MedViewError | None, str]:
        run = PluginRun(self.plugin, self.volume, self.parameters, self.device, self.others)
        try:
            return run(watch), None, ""
        except Cancelled:
            if watch.asked is None:
                raise
            return None, None, ""
        except MedViewError as error:
            return None, error, ""
        except Exception as error:  # foreign code: whatever comes out of it is what the suite is there to find
            return None, None, f"{type(error).__name__}: {error}"


class Runner(Protocol):
    """Runs a trial where it can do no harm and returns what was seen; MedViewError where its process did not live."""

    def __call__(self, trial: Trial) -> Observation:
        """Do it."""


class _Watch:
    """A progress that looks at the clock, and says no when it is time to."""

    def __init__(self, progress: Progress, trial: Trial) -> None:
        self._progress, self._trial = progress, trial
        self.begun = self.heard_s = trial.clock()
        self.calls, self.silence_s = 0, 0.0
        self.asked: float | None = None
        self.told_to_stop = False

    def __call__(self, fraction: float, text: str = "") -> None:
        now, stops_at, starves_at = self._trial.clock(), self._trial.stops_at, self._trial.starves_at
        self.silence_s, self.heard_s = max(self.silence_s, now - self.heard_s), now
        self._progress(fraction, text)
        if fraction == 0.0 and not text:
            return  # the program's own, before the plugin has begun
        self.calls += 1
        if self.asked is not None:
            self.told_to_stop = True
            raise Cancelled
        if stops_at is not None and fraction >= stops_at:
            self.asked = now
        if starves_at is not None and fraction >= starves_at:
            raise MemoryError("not enough memory, as the conformance suite wants it")


def _digest(volume: Volume) -> bytes:
    return hashlib.sha256(volume.array.tobytes()).digest()
