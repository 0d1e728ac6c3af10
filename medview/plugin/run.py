"""One run of a plugin on a volume: everything checked before, and everything checked after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from medview.errors import MedViewError
from medview.plugin import weights
from medview.plugin.contract import Context, Labels, Parameter, Request, Result
from medview.plugin.discovery import Plugin
from medview.plugin.fit import why_not
from medview.progress import Progress
from medview.study.segmentation import Segment, Source
from medview.study.series import Series
from medview.study.volume import Volume


@dataclass(frozen=True, eq=False)
class PluginRun:
    """The work of running `plugin` on `volume`: call it with a progress, here or in the worker process.

    Attributes
    ----------
    parameters
        As given by the person, text or values; what is missing takes its default.
    device
        "auto", "cuda", "mps" or "cpu".
    """

    plugin: Plugin
    volume: Volume
    parameters: Mapping[str, object] = field(default_factory=dict)
    device: str = "auto"

    def __call__(self, progress: Progress) -> Result:
        """Run it and return the result on the volume's geometry.

        Raises
        ------
        MedViewError
            The series does not fit, an option is wrong, weights are missing, or the plugin gave nothing usable.
        Cancelled
            The person stopped it.
        """
        started = datetime.now(UTC)
        parameters = self.check()
        progress(0.0, "")
        request = self._request(parameters)
        context = Context(self._chosen_device(), progress)
        entry = self.plugin.load()
        with context.stage("total"):
            answer = entry(request, context)
        found = self._checked(answer, request.segments)
        facts = _Run(started, context, parameters, request.weights)
        return self._result(answer, found, facts)

    def check(self) -> dict[str, Parameter]:
        """Return the whole parsed parameters; MedViewError where the run would be refused for series or options."""
        manifest = self.plugin.manifest
        refusal = why_not(manifest, self.volume.series)
        if refusal is not None:
            raise refusal
        return manifest.parse_parameters(self.parameters)

    def _request(self, parameters: dict[str, Parameter]) -> Request:
        manifest = self.plugin.manifest
        files: dict[str, Path] = {}
        for record in manifest.needed_weights(parameters):
            path = weights.locate(record)
            if path is None:
                raise weights.absence(record, manifest.id)
            files[record.id] = path
        return Request(self.volume, parameters, files, manifest.segments(parameters))

    def _chosen_device(self) -> str:
        if self.plugin.manifest.classical:
            return "cpu"
        from medview.plugin.torch_models import choose_device

        return choose_device(self.device)

    def _checked(self, answer: Labels, declared: tuple[Segment, ...]) -> tuple[Segment, ...]:
        """Return the segments that have voxels; MedViewError where the answer breaks the contract."""
        name = self.plugin.manifest.name
        if answer.array.shape != self.volume.geometry.shape or answer.array.dtype not in (np.uint8, np.uint16):
            raise _wrong(name, f"labels of shape {answer.array.shape} and type {answer.array.dtype}")
        counts = np.bincount(answer.array.ravel())
        present = {int(number) for number in np.flatnonzero(counts)} - {0}
        if not set(answer.segments) <= set(declared) or not present <= {s.number for s in answer.segments}:
            raise _wrong(name, f"labels {sorted(present)} that its manifest does not declare")
        if not present:
            raise MedViewError(
                "{plugin} found nothing in these images.",
                "Check that the series shows the body part it is made for: {use}",
                plugin=name,
                use=self.plugin.manifest.intended_use,
            )
        return tuple(segment for segment in answer.segments if segment.number in present)

    def _result(self, answer: Labels, found: tuple[Segment, ...], run: _Run) -> Result:
        series = self.volume.series
        source = Source.of(series)
        provenance = run.told() | {
            "plugin": self.plugin.manifest.id,
            "plugin_version": self.plugin.manifest.version,
            "manifest_sha256": self.plugin.manifest_sha256,
            "weights_sha256": {w.id: w.sha256 for w in self.plugin.manifest.needed_weights(run.parameters)},
            "classical": self.plugin.manifest.classical,
            "research_only": self.plugin.manifest.research_only,
            "input": _input(series),
        }
        return Result(self.plugin.manifest.name, answer.array, found, self.volume.geometry, source, series, provenance)


@dataclass(frozen=True)
class _Run:
    """What is known only after the run."""

    started: datetime
    context: Context
    parameters: dict[str, Parameter]
    weights: Mapping[str, Path]

    def told(self) -> dict[str, Any]:
        """Return it as it is written down."""
        return {
            "device": self.context.device,
            "precision": self.context.precision,
            "parameters": self.parameters,
            "seconds": {stage: round(seconds, 3) for stage, seconds in self.context.seconds.items()},
            "started": self.started.isoformat(timespec="seconds"),
            "medview_version": _medview_version(),
        }


def _input(series: Series) -> dict[str, Any]:
    return {
        "series_instance_uid": series.series_instance_uid,
        "study_instance_uid": series.study_instance_uid,
        "stack": series.stack,
        "sop_hash": series.sop_hash,
        "instances": len(series.instances),
    }


def _wrong(name: str, what: str) -> MedViewError:
    return MedViewError(
        "{plugin} gave back {what}: a fault of the plugin, and nothing was kept.",
        "Report it to the plugin's authors.",
        plugin=name,
        what=what,
    )


def _medview_version() -> str:
    from importlib import metadata

    try:
        return metadata.version("medview")
    except metadata.PackageNotFoundError:  # run from a checkout that is not installed
        return "unreleased"
