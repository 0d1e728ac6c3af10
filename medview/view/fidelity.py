"""How true to the images a pane is: whole or not, thinned out, compressed with loss, interpolated, derived, with AI."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import floor
from typing import Any, Literal, cast

from medview.errors import Sentence
from medview.imaging.filters import FILTER_TITLES, ImageFilter
from medview.session.finding_view import shown_map
from medview.session.scene import Scene
from medview.session.viewport import SlabMode, Viewport
from medview.study.segmentation import Segmentation
from medview.view.corner_line import CornerLine, Mark
from medview.view.finding_boxes import shown_boxes
from medview.view.finding_text import finding_name
from medview.view.run_facts import run_facts
from medview.view.slice_picture import SlicePicture
from medview.view.volume_frame import VolumePicture

FidelityKind = Literal[
    "full", "partial", "lossy", "decimated", "interpolated", "filtered", "derived", "reformatted", "AI", "mask"
]
_SLAB_TITLES = {"max": Sentence("MIP"), "mean": Sentence("Mean"), "min": Sentence("MinIP")}
_REDUCES: frozenset[FidelityKind] = frozenset({"partial", "lossy", "decimated", "interpolated", "filtered", "derived"})


@dataclass(frozen=True)
class FidelityMark:
    """One thing that a reader must know, and how much it matters: `text.mark` is "", "badge" or "warning"."""

    kind: FidelityKind
    text: CornerLine


@dataclass(frozen=True)
class Shown:
    """How a pane has made what it shows of the images.

    Attributes
    ----------
    reduction
        How many voxels along (columns, rows, slices) are shown as one.
    slab
        How many millimetres, or pixels, are projected, and how; None for one slice.
    slab_images
        Of how many slices as they are; 0 where the slab is interpolated.
    interpolation
        Why voxels are interpolated; None where each that is shown is one of the images. Plain magnification is none.
    slice_index
        The image that is shown as it was acquired; None for what is made of several.
    is_reformatted
        Whether voxels of several images lie side by side, as they are.
    image_filter
        Through what the values went before they were shown; None for nothing.
    """

    reduction: tuple[int, int, int] = (1, 1, 1)
    slab: tuple[SlabMode, float] | None = None
    interpolation: Sentence | None = None
    slice_index: int | None = None
    is_reformatted: bool = False
    slab_images: int = 0
    image_filter: Sentence | None = None

    @classmethod
    def of_picture(cls, viewport: Viewport, picture: SlicePicture) -> Shown:
        """Return it of a 2D pane."""
        slab = (viewport.slab_mode, picture.slab_mm) if picture.slab_mm > 0 else None
        why = None
        if picture.is_turned:
            why = Sentence("Interpolated: the planes are turned")
        elif picture.is_resampled:
            why = Sentence("Interpolated: the images are tilted")
        number = picture.slice_index if picture.is_acquired else None
        # interpolated planes are made at the resolution of the pane: nothing is left out of them
        fewer = 1 if picture.is_resampled else _pixels_as_one(picture)
        return cls(
            (fewer, fewer, 1),
            slab=slab,
            interpolation=why,
            slice_index=number,
            is_reformatted=not picture.is_acquired,
            slab_images=picture.slab_images,
            image_filter=FILTER_TITLES.get(cast(ImageFilter, viewport.image_filter)),
        )

    @classmethod
    def in_3d(cls, picture: VolumePicture | None) -> Shown:
        """Return it of a 3D pane with its newest picture, None before there is one."""
        slices, rows, columns = picture.reduction if picture is not None else (1, 1, 1)
        return cls(reduction=(columns, rows, slices))


def _pixels_as_one(picture: SlicePicture) -> int:
    """Return how many pixels of the image, along each side, one of the screen stands for."""
    scale = picture.magnification * picture.display.device_pixel_ratio
    return max(1, floor(1.0 / scale + 1e-6)) if scale > 0 else 1


def fidelity(scene: Scene, shown: Shown) -> tuple[FidelityMark, ...]:
    """Return what a reader must know of what a pane shows, the gravest first; never nothing."""
    found = (
        *_partial(scene),
        *_lossy(scene, shown),
        *_decimated(shown),
        *_interpolated(scene, shown),
        *_filtered(shown),
        *_derived(scene),
    )
    masks = (
        *_of_mask(scene.segmentation if scene.mask_visible else None),
        *_of_boxes(scene),
        *_of_voxels(scene, shown),
    )
    if any(mark.kind in _REDUCES for mark in found):
        return (*found, *_reformatted(found, shown), *masks)
    return (*found, _full(shown), *masks)


def _marked(kind: FidelityKind, template: str, mark: Mark = "badge", **values: object) -> FidelityMark:
    return FidelityMark(kind, CornerLine(Sentence(template, values), mark))


def _reformatted(found: tuple[FidelityMark, ...], shown: Shown) -> Iterator[FidelityMark]:
    """Say that the plane was cut across the images, where no mark of an interpolation says so already."""
    if shown.is_reformatted and not any(mark.kind == "interpolated" for mark in found):
        yield FidelityMark("reformatted", CornerLine(Sentence("Reformatted"), "badge"))


def _full(shown: Shown) -> FidelityMark:
    """Say that every pixel is one of the images, be it in another order."""
    if shown.is_reformatted:
        return FidelityMark("full", CornerLine(Sentence("Reformatted"), "badge"))
    return FidelityMark("full", CornerLine(Sentence("Full fidelity")))


def _partial(scene: Scene) -> Iterator[FidelityMark]:
    loading = scene.loading
    if loading is None:
        return
    facts: dict[str, object] = {"count": loading.count, "total": loading.total}
    if loading.state == "reading":
        text = CornerLine(Sentence("Reading: {count} of {total} images", facts), "badge")
    else:
        text = CornerLine(
            Sentence("Not whole: {count} of {total} {total:image was|images were} read", facts), "warning"
        )
    yield FidelityMark("partial", text)


def _lossy(scene: Scene, shown: Shown) -> Iterator[FidelityMark]:
    """Say that the pixels were compressed with loss, of the image in view or of any that it is made of."""
    source = scene.series.resampled_from or scene.series
    number = shown.slice_index if source is scene.series else None
    images = source.instances if number is None else source.instances[number : number + 1]
    facts = [image.display for image in images if image.display.is_lossy]
    if not facts:
        return
    ratio = max((fact.lossy_ratio or 0.0 for fact in facts), default=0.0)
    if ratio:
        yield FidelityMark("lossy", CornerLine(Sentence("Lossy {ratio}:1", {"ratio": f"{ratio:.3g}"}), "warning"))
    else:
        yield FidelityMark("lossy", CornerLine(Sentence("Compressed with loss"), "warning"))


def _decimated(shown: Shown) -> Iterator[FidelityMark]:
    if max(shown.reduction) > 1:
        is_flat = shown.slice_index is not None or shown.is_reformatted
        factors = "x".join(map(str, shown.reduction[: 2 if is_flat else 3]))
        yield FidelityMark("decimated", CornerLine(Sentence("Decimated {factors}", {"factors": factors}), "badge"))


def _interpolated(scene: Scene, shown: Shown) -> Iterator[FidelityMark]:
    if shown.slab is not None:
        mode, thickness = shown.slab
        facts: dict[str, object] = {"kind": _SLAB_TITLES[mode], "slab": f"{thickness:g}"}
        if scene.volume.geometry.has_spacing and shown.slab_images == 1:
            text = Sentence("Slab of {slab} mm: it holds one slice", facts)
        elif scene.volume.geometry.has_spacing:
            text = Sentence("{kind}, slab of {slab} mm", facts)
        else:
            text = Sentence("{kind}, slab of {slab} px", facts)
        yield FidelityMark("interpolated", CornerLine(text, "badge"))
    if shown.interpolation is not None:
        yield FidelityMark("interpolated", CornerLine(shown.interpolation, "badge"))


def _filtered(shown: Shown) -> Iterator[FidelityMark]:
    if shown.image_filter is not None:
        text = Sentence("Filtered: {filter}", {"filter": shown.image_filter})
        yield FidelityMark("filtered", CornerLine(text, "badge"))


def _derived(scene: Scene) -> Iterator[FidelityMark]:
    if scene.series.resampled_from is not None:
        yield FidelityMark("derived", CornerLine(Sentence("Derived: resampled"), "badge"))
    elif scene.series.image_type[:1] == ("DERIVED",):
        yield FidelityMark("derived", CornerLine(Sentence("Derived images"), "badge"))


def _of_mask(segmentation: Segmentation | None) -> Iterator[FidelityMark]:
    """Say by what the mask was made and whether a person has changed it."""
    if segmentation is None:
        return
    facts: Mapping[str, Any] = segmentation.provenance
    is_edited = segmentation.edits > 0
    if "file" in facts:
        values: dict[str, object] = {"maker": facts.get("algorithm") or facts.get("manufacturer") or facts["file"]}
        made, edited = (
            Sentence("Mask from a file: {maker}", values),
            Sentence("Mask from a file: {maker}, edited", values),
        )
        kind: FidelityKind = "AI" if facts.get("algorithm_type") == "AUTOMATIC" else "mask"
    elif "plugin" not in facts:
        if segmentation.is_empty:
            return  # nothing has been drawn, or nothing is left of it
        kind, made = "mask", Sentence("Mask: drawn by hand")
        edited = made
    else:
        kind, made, edited = _of_plugin(facts)
    tip = run_facts(facts) if "plugin" in facts and "device" in facts else None
    yield FidelityMark(kind, CornerLine(edited if is_edited else made, "badge", tip))


def _of_boxes(scene: Scene) -> Iterator[FidelityMark]:
    """Say which model's boxes lie on the images, and how many of them nobody has judged yet."""
    boxes = [finding for finding, _ in shown_boxes(scene)]
    for title in dict.fromkeys(finding.title for finding in boxes):
        own = [finding for finding in boxes if finding.title == title]
        proposed = sum(finding.status == "proposed" for finding in own)
        facts: dict[str, object] = {"plugin": Sentence(title), "count": len(own), "proposed": proposed}
        if proposed:
            text = Sentence("AI: {plugin}, {count} {count:box|boxes}, {proposed} not reviewed", facts)
        else:
            text = Sentence("AI: {plugin}, {count} {count:box|boxes}, reviewed", facts)
        yield FidelityMark("AI", CornerLine(text, "badge"))


def _of_voxels(scene: Scene, shown: Shown) -> Iterator[FidelityMark]:
    """Say which heat map, and what of a run that goes on, is drawn over the images; neither is in 3D."""
    if shown.slice_index is None and not shown.is_reformatted:
        return
    if scene.partial is not None:
        facts: dict[str, object] = {"plugin": Sentence(scene.partial.plugin), "count": scene.partial.count}
        partial = Sentence(
            "AI, partial: {plugin}, {count} of {total} {total:slice|slices}", facts | {"total": len(scene.partial.done)}
        )
        yield FidelityMark("AI", CornerLine(partial, "warning"))
    found = shown_map(scene)
    if found is not None:
        yield FidelityMark("AI", CornerLine(finding_name(found), "badge"))


def _of_plugin(facts: Mapping[str, Any]) -> tuple[FidelityKind, Sentence, Sentence]:
    values: dict[str, object] = {"plugin": facts["plugin"], "version": facts.get("plugin_version", "")}
    if facts.get("classical", False):
        made = Sentence("Computed: {plugin} {version}", values)
        return "mask", made, Sentence("Computed: {plugin} {version}, edited", values)
    return "AI", Sentence("AI: {plugin} {version}", values), Sentence("AI: {plugin} {version}, edited", values)
