"""One run of a plugin on a volume: everything checked before, and everything checked after."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from medview.errors import MedViewError
from medview.imaging.luma import luma
from medview.plugin import weights
from medview.plugin.checked import checked, checked_partial
from medview.plugin.contract import Answer, Context, Parameter, Partial, Request, Result
from medview.plugin.discovery import Plugin
from medview.plugin.door import check_unchanged, fingerprint
from medview.plugin.environment import check_python
from medview.plugin.fit import why_not, why_not_values
from medview.plugin.licence_gate import check_accepted
from medview.plugin.plan import Plan, PlanRun, check_memory
from medview.plugin.run_times import remember_run
from medview.plugin.transform_facts import transform_facts
from medview.progress import Progress, part
from medview.study.segmentation import Source
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
    others
        Further inputs of the manifest by their id.
    """

    plugin: Plugin
    volume: Volume
    parameters: Mapping[str, object] = field(default_factory=dict)
    device: str = "auto"
    others: Mapping[str, Volume] = field(default_factory=dict)

    def __call__(self, progress: Progress, tell: Callable[[Partial], None] | None = None) -> Result:
        """Run it and return the result on the volume's geometry.

        Parameters
        ----------
        tell
            Given finished slices while the run goes on, where somebody wants to see them.

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
        plan = PlanRun(self.plugin, self.volume.geometry, parameters, self.device)(progress)
        check_memory(plan, self.plugin.manifest)
        context = Context(plan.device, progress, memory_mb=plan.free_mb, _emit=self._telling(tell))
        before = fingerprint(self.plugin.folder)
        entry = self.plugin.load()
        with context.stage("total"):
            given = entry(request, context)
        check_unchanged(self.plugin.folder, before, self.plugin.manifest.name)
        self._check_weights(request)
        self._remember(plan, context)
        answers = checked(given, self.plugin.manifest, parameters, self.volume.geometry)
        facts = transform_facts(answers, self.volume, self.others, part(progress, 0.98, 1.0))
        return self._result(answers, _Run(started, context, parameters), facts)

    def check(self) -> dict[str, Parameter]:
        """Return the whole parsed parameters.

        MedViewError where the run would be refused: for series or options, or because this is not the Python it needs.
        """
        manifest = self.plugin.manifest
        check_python(self.plugin)
        self.plugin.check_as_listed()
        refusal = why_not(manifest, self.volume.series) or why_not_values(manifest, self.volume.unit)
        if refusal is not None:
            raise refusal
        self._check_others()
        return manifest.parse_parameters(self.parameters)

    def _check_others(self) -> None:
        """Hold every further input against its record; MedViewError for what is missing, unknown or does not fit."""
        manifest = self.plugin.manifest
        records = {record.id: record for record in manifest.inputs[1:]}
        missing = [name for name, record in records.items() if record.required and name not in self.others]
        unknown = [name for name in self.others if name not in records]
        if missing or unknown:
            raise MedViewError(
                "{plugin} was not given the inputs that it needs: {names}.",
                "Its further inputs: {known}.",
                plugin=manifest.name,
                names=", ".join(missing or unknown),
                known=", ".join(records) or "none",
            )
        for name, volume in self.others.items():
            record = records[name]
            if record.is_drawn:
                self._check_drawn(volume)
                continue
            refusal = why_not(manifest, volume.series, record) or why_not_values(manifest, volume.unit, record)
            if refusal is not None:
                raise refusal

    def _check_drawn(self, volume: Volume) -> None:
        """Refuse labels that do not lie on the images, or are none; MedViewError."""
        if not volume.geometry.same_grid(self.volume.geometry) or not volume.array.any():
            raise MedViewError(
                "{plugin} was given no labels that lie on these images.",
                "Draw on the images that it is to be run on.",
                plugin=self.plugin.manifest.name,
            )

    def _telling(self, tell: Callable[[Partial], None] | None) -> Callable[[object], None] | None:
        """Return what tells finished slices where somebody listens, and only such as can be drawn."""
        if tell is None:
            return None
        manifest, geometry = self.plugin.manifest, self.volume.geometry
        return lambda given: tell(checked_partial(given, manifest, geometry))

    def _request(self, parameters: dict[str, Parameter]) -> Request:
        manifest = self.plugin.manifest
        files: dict[str, Path] = {}
        for record in manifest.needed_weights(parameters):
            path = weights.locate(record, self.plugin.folder)
            if path is None:
                raise weights.absence(record, manifest.id)
            check_accepted(self.plugin, record)
            weights.check_alone(record, path)
            files[record.id] = path
        concepts = {c.id: c.concept() for output in manifest.outputs for c in output.concepts}
        others = {name: _copied(volume) for name, volume in self.others.items()}
        return Request(_copied(self.volume), parameters, files, manifest.segments(parameters), concepts, others)

    def _check_weights(self, request: Request) -> None:
        """Refuse the answer where weights are no longer those that were checked: which were read, nobody knows."""
        for record in self.plugin.manifest.needed_weights(request.parameters):
            if not weights.is_genuine(request.weights[record.id], record):
                raise MedViewError(
                    "The model file {file} was exchanged while {plugin} ran; its answer was not kept.",
                    "Run it again. If it happens again, find out what writes into the folder of models.",
                    file=record.file,
                    plugin=self.plugin.manifest.name,
                )

    def _remember(self, plan: Plan, context: Context) -> None:
        """Keep how long it took; what ran another way than planned tells nothing of the plan."""
        if context.device == plan.device and not context.rung:
            manifest = self.plugin.manifest
            remember_run(manifest.id, manifest.version, plan.device, plan.units, context.seconds["total"])

    def _result(self, answers: tuple[Answer, ...], run: _Run, facts: Mapping[str, Any]) -> Result:
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
            **self._inputs(),
            **facts,
        }
        return Result(self.plugin.manifest.name, answers, self.volume.geometry, source, series, provenance)

    def _inputs(self) -> dict[str, Any]:
        """Return the identity of all images, by the input's id, where a run was given more than those it lies on."""
        if not self.others:
            return {}
        whole = {self.plugin.manifest.input.id: self.volume, **self.others}
        drawn = {record.id for record in self.plugin.manifest.drawn_inputs}
        return {"inputs": {n: _input(v.series) | (_drawn(v) if n in drawn else {}) for n, v in whole.items()}}


@dataclass(frozen=True)
class _Run:
    """What is known only after the run."""

    started: datetime
    context: Context
    parameters: dict[str, Parameter]

    def told(self) -> dict[str, Any]:
        """Return it as it is written down."""
        return {
            "device": self.context.device,
            "precision": self.context.precision,
            "rung": self.context.rung,
            "backend": self.context.backend,
            "seed": self.context.seed,
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


def _drawn(volume: Volume) -> dict[str, Any]:
    """Return what is written down of labels that a person has drawn."""
    found = sha256()
    counts = np.zeros(256, dtype=np.int64)
    for plane in volume.array:
        found.update(np.ascontiguousarray(plane).data)
        counts += np.bincount(plane.ravel(), minlength=256)
    voxels = {str(number): int(counts[number]) for number in np.flatnonzero(counts) if number}
    return {"drawn_voxels": voxels, "drawn_sha256": found.hexdigest()}


def _copied(volume: Volume) -> Volume:
    """Return a volume with copied facts: what a plugin does to them does not change what its answer is bound to.

    Of colours, which only recordings may have, the luma: a plugin is given grey values.
    """
    grey = replace(volume, array=luma(volume.array)) if volume.is_colour else volume
    return replace(grey, geometry=replace(volume.geometry), series=replace(volume.series))


def _medview_version() -> str:
    from importlib import metadata

    try:
        return metadata.version("medview")
    except metadata.PackageNotFoundError:  # run from a checkout that is not installed
        return "unreleased"
