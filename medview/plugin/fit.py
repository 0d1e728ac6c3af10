"""Whether a series is what a plugin was made for, told from headers alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from medview.errors import MedViewError, Sentence
from medview.study.geometry import Geometry
from medview.study.series import Series

if TYPE_CHECKING:
    from medview.plugin.manifest.input_record import InputRecord
    from medview.plugin.manifest.manifest import Manifest


def why_not(manifest: Manifest, series: Series, record: InputRecord | None = None) -> MedViewError | None:
    """Return why `series` does not suit the plugin, or None where nothing speaks against it.

    Parameters
    ----------
    record
        The input of the manifest that it is for; the first one, which results lie on, where none is given.
    """
    demands = record or manifest.input
    if series.modality not in demands.modality:
        return MedViewError(
            "{plugin} is made for {needed} images; this series is {modality}.",
            "Choose a series of that kind, or another plugin.",
            plugin=manifest.name,
            needed=" or ".join(demands.modality),
            modality=series.modality or "of no stated modality",
        )
    if series.refusal is not None:
        return series.refusal
    if series.geometry is None:
        return MedViewError(
            "{plugin} needs a stack of slices; these images form none.",
            "Choose a series whose slices are parallel and evenly spaced.",
            plugin=manifest.name,
        )
    return (
        _kind_fault(manifest, demands, series, series.geometry)
        or _geometry_fault(manifest, demands, series.geometry)
        or _contrast_fault(manifest, demands, series)
    )


def why_not_values(manifest: Manifest, unit: str, record: InputRecord | None = None) -> MedViewError | None:
    """Return why the values of images, of which only the reader knows the unit, do not suit the plugin."""
    units = (record or manifest.input).units
    if not units or unit in units:
        return None
    return MedViewError(
        "{plugin} needs values in {needed}, and those of these images are in {unit}.",
        "Choose a series of original images, or another plugin.",
        plugin=manifest.name,
        needed=" or ".join(units),
        unit=unit or Sentence("no known unit"),
    )


def _kind_fault(manifest: Manifest, demands: InputRecord, series: Series, geometry: Geometry) -> MedViewError | None:
    """Return why images that are no volume of grey values suit no model; of a recording why it suits none of frames."""
    if demands.type == "cine":
        return None if series.is_recording and geometry.shape[0] > 1 else _no_recording(manifest)
    if series.is_colour:
        return MedViewError(
            "{plugin} is made for grey values; this series is in colour.",
            "Choose a series of grey images.",
            plugin=manifest.name,
        )
    if series.is_recording:
        return MedViewError(
            "{plugin} needs a stack of slices; this is a recording, whose frames follow each other in time.",
            "Choose a series whose slices are parallel and evenly spaced.",
            plugin=manifest.name,
        )
    if geometry.shape[0] > 1 and not geometry.has_depth:
        return MedViewError(
            "{plugin} needs evenly spaced slices; these are not: {why}.",
            "Resample the series to an even grid, or choose another one.",
            plugin=manifest.name,
            why=series.guard[0].text if series.guard else "",
        )
    return None


def _no_recording(manifest: Manifest) -> MedViewError:
    return MedViewError(
        "{plugin} needs a recording, whose frames follow each other in time; this series is none.",
        "Choose a recording, such as an ultrasound or cardiac cine.",
        plugin=manifest.name,
    )


def _geometry_fault(manifest: Manifest, demands: InputRecord, geometry: Geometry) -> MedViewError | None:
    if demands.needs_spacing and not geometry.has_spacing:
        return MedViewError(
            "{plugin} needs to know the size of a pixel, and these images do not give it (Pixel Spacing is missing).",
            "Ask for the original images, or choose another series.",
            plugin=manifest.name,
        )
    if demands.needs_orientation and not geometry.has_orientation:
        return MedViewError(
            "{plugin} needs to know how the patient lies in the images, and they do not say "
            "(Image Orientation (Patient) is missing).",
            "Ask for the original images, or choose another series.",
            plugin=manifest.name,
        )
    if geometry.shape[0] < demands.minimum_slices:
        return MedViewError(
            "{plugin} needs at least {needed} slices; this series has {count}.",
            "Choose a series of the whole volume.",
            plugin=manifest.name,
            needed=demands.minimum_slices,
            count=geometry.shape[0],
        )
    return _spacing_fault(demands, geometry, manifest.name) or _extent_fault(demands, geometry, manifest.name)


def _extent_fault(demands: InputRecord, geometry: Geometry, name: str) -> MedViewError | None:
    limit = demands.maximum_fov_mm
    extent = max(n * mm for n, mm in zip(geometry.shape, geometry.spacing_mm, strict=True))
    if limit is None or not geometry.has_spacing or extent <= limit:
        return None
    return MedViewError(
        "{plugin} is made for images of up to {limit:g} mm, and these are {extent:.0f} mm long.",
        "Choose a series of a smaller part of the body, or another plugin.",
        plugin=name,
        limit=limit,
        extent=extent,
    )


def _spacing_fault(demands: InputRecord, geometry: Geometry, name: str) -> MedViewError | None:
    low, high = demands.spacing_mm
    if not geometry.has_spacing or all(low <= spacing <= high for spacing in geometry.spacing_mm):
        return None
    slice_mm, row_mm, column_mm = geometry.spacing_mm
    return MedViewError(
        "{plugin} is made for voxels of {low:g} to {high:g} mm; "
        "these are {slice_mm:.3g} x {row_mm:.3g} x {column_mm:.3g} mm.",
        "Choose a series with thinner slices, or another plugin.",
        plugin=name,
        low=low,
        high=high,
        slice_mm=slice_mm,
        row_mm=row_mm,
        column_mm=column_mm,
    )


def _contrast_fault(manifest: Manifest, demands: InputRecord, series: Series) -> MedViewError | None:
    told = " ".join((series.series_description, series.scanning_sequence, *series.image_type))
    word = _first_of(demands.forbidden_words, told) or _forbidden_sequence(demands, series)
    if word is None and _first_of(demands.expected_words, told) is None:
        word = _first_of(demands.doubtful_words, told)
    if word is None:
        return None
    return MedViewError(
        "{plugin} is made for {contrast} images; this series calls itself {word}.",
        "Choose a series of that kind, or another plugin.",
        plugin=manifest.name,
        contrast=demands.contrast or "other",
        word=word,
    )


def _forbidden_sequence(demands: InputRecord, series: Series) -> str | None:
    values = re.split(r"[\\ ,]+", series.scanning_sequence)
    return next((value for value in values if value in demands.forbidden_sequences), None)


def _first_of(words: tuple[str, ...], text: str) -> str | None:
    """Return the first of `words` that begins a word of `text`: "T2" is in "ax_t2w", not in "AT2"."""
    for word in words:
        if re.search(rf"(?<![a-z0-9]){re.escape(word.lower())}", text.lower()):
            return word
    return None
