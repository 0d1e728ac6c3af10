"""--input ID=SERIES: the series that a plugin is given beside the first one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from medview.errors import MedViewError
from medview.study.same_patient import Sameness, sameness
from medview.study.series import Patient, Series

if TYPE_CHECKING:
    from medview.cli.opened import Opened
    from medview.plugin.discovery import Plugin


def named_inputs(plugin: Plugin, pairs: Sequence[str]) -> dict[str, str]:
    """Return the series that were named, by the input's id, in the manifest's order: a transform leads to the first.

    MedViewError for what the plugin does not ask for.
    """
    known = [record.id for record in plugin.manifest.series_inputs]
    named: dict[str, str] = {}
    for pair in pairs:
        name, equals, uid = pair.partition("=")
        if not equals or name not in known:
            raise MedViewError(
                "{pair} names no further input of {plugin}.",
                "Write --input ID=SERIES; its further inputs: {known}.",
                pair=pair,
                plugin=plugin.manifest.name,
                known=", ".join(known) or "none",
            )
        named[name] = uid
    for record in plugin.manifest.series_inputs:
        if record.required and record.id not in named:
            raise MedViewError(
                "{plugin} needs a second series.",
                "Name it: --input {name}=SERIES (medview scan lists them).",
                plugin=plugin.manifest.name,
                name=record.id,
            )
    return {name: named[name] for name in known if name in named}


def further_series(found: Opened, plugin: Plugin, named: Mapping[str, str]) -> dict[str, Series]:
    """Return the series of the names: of several stacks the one with the most images that fits.

    Raises
    ------
    MedViewError
        There is no such series, or none that fits what the input is for.
    """
    from medview.plugin.fit import why_not

    records = {record.id: record for record in plugin.manifest.series_inputs}
    given: dict[str, Series] = {}
    for name, uid in named.items():
        stacks = sorted(found.chosen(uid), key=lambda one: -len(one.instances))
        fitting = [one for one in stacks if why_not(plugin.manifest, one, records[name]) is None]
        if not fitting:
            refusal = why_not(plugin.manifest, stacks[0], records[name])
            assert refusal is not None
            raise refusal
        given[name] = fitting[0]
    return given


def same_patient(found: Opened, first: Series, others: Mapping[str, Series]) -> Sameness:
    """Return whether all series are of one patient, as far as their headers tell; MedViewError where they are not."""
    told = [sameness(_patient(found, first), _patient(found, other)) for other in others.values()]
    if "different" in told:
        raise MedViewError(
            "The series are of different patients: nothing was run.", "Name series of one patient (medview scan)."
        )
    return "unknown" if "unknown" in told else "same"


def _patient(found: Opened, series: Series) -> Patient:
    return next(study.facts.patient for study in found.report.studies if series in study.series)
