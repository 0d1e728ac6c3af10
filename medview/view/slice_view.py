"""One plane of the scene as pixels, and where they lie in the pane and in the patient."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from medview.imaging.colour_maps import colour_table
from medview.imaging.display_size import PLAIN_DISPLAY, DisplaySize
from medview.imaging.filters import ImageFilter, filtered, raised
from medview.imaging.padding import padding_range
from medview.imaging.plane import SlicePlane
from medview.session.fit_view import mm_per_unit
from medview.session.plane_steps import plane_step
from medview.session.scene import Scene
from medview.session.viewport import Viewport
from medview.study.annotation import ImageName
from medview.study.segmentation import Box, Segmentation
from medview.view.crosshair import CrosshairLine, crosshair
from medview.view.grey_part import GreyPart, shown
from medview.view.kept import Kept
from medview.view.label_overlay import LabelOverlay, colour_indices, label_colours, overlay
from medview.view.oblique_slices import ObliqueSlices, PlaneRequest
from medview.view.overlay_planes import overlay_layer, shutter_layer
from medview.view.pane_transform import PaneTransform
from medview.view.picture_grid import PictureGrid
from medview.view.picture_place import PicturePlace
from medview.view.slab import slab, slab_range
from medview.view.slice_picture import SlicePicture
from medview.view.stated_letters import NO_LETTERS, Letters, stated_letters
from medview.view.unread import PictureRect, read_part, unread

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class _Section:
    """The raw values of a plane, kept until another slice is looked at."""

    grid: PictureGrid
    values: NDArray[Any]
    inside: NDArray[np.bool_] | None


@dataclass(frozen=True, eq=False)
class _Labels:
    """Colour numbers of the plane, changed in place by brush strokes."""

    indices: NDArray[np.uint8]


class SliceView:
    """Makes the pictures of one pane and keeps what did not change since the last.

    Parameters
    ----------
    scene, viewport
        Read, never changed.
    """

    def __init__(self, scene: Scene, viewport: Viewport) -> None:
        self._scene = scene
        self._viewport = viewport
        self._name = viewport.plane(scene)
        self._own_plane = SlicePlane.of(scene.volume.geometry, self._name)
        # a plane of a sheared volume that was not acquired is interpolated from a perpendicular one
        self._is_upright = self._own_plane.axis != 0 and scene.volume.geometry.is_sheared
        self._slices = ObliqueSlices(scene, self._name)
        self._full: PlaneRequest | None = None
        self._is_read: NDArray[np.bool_] | None = None
        self._kept = Kept()

    @property
    def plane(self) -> SlicePlane:
        """How the slices are laid on the screen: turned and mirrored as the person wants them."""
        plane, viewport = self._plane_unturned, self._viewport
        if not (viewport.turn_deg or viewport.is_mirrored):
            return plane
        way = plane, viewport.turn_deg, viewport.is_mirrored
        return cast(SlicePlane, self._kept.made("turned", way, lambda: plane.laid(way[1], flipped=way[2])))

    @property
    def _plane_unturned(self) -> SlicePlane:
        """How the slices lie by themselves: as a presentation state says, on the images that it is for."""
        state = self._scene.presentation
        if state is None or self._own_plane.axis != 0 or not (state.rotation_deg or state.is_flipped):
            return self._own_plane
        instance = self._scene.series.instances[self._scene.cursor_index[0]]
        if not state.is_for(ImageName(instance.sop_instance_uid, instance.frame_index)):
            return self._own_plane
        turned = self._own_plane.as_stored(state.rotation_deg, flipped=state.is_flipped)
        return cast(SlicePlane, self._kept.made("plane", (state,), lambda: turned))

    @property
    def is_resliced(self) -> bool:
        """Whether the picture is interpolated between voxels."""
        return self._is_upright or self._scene.turned_planes is not None

    @property
    def _is_slice(self) -> bool:
        """Whether the picture is a slice along the volume's own axis as it is."""
        return not self.is_resliced and self._viewport.slab_mm <= 0

    @property
    def slice_index(self) -> int:
        """Which slice of the volume's own axis lies at the cursor."""
        return self._scene.cursor_index[self._own_plane.axis]

    def picture(
        self, pane_size: tuple[int, int], *, coarse: bool = False, display: DisplaySize = PLAIN_DISPLAY
    ) -> SlicePicture:
        """Return what a pane of this size (device-independent pixels) shows now.

        Parameters
        ----------
        display
            The screen that the pane is on.
        coarse
            What takes long to interpolate may have larger pixels, until it has been made elsewhere (`wanted`, `take`).
        """
        scene, viewport = self._scene, self._viewport
        # asked once: a slice that arrives while the picture is made belongs to the next one
        self._is_read = scene.loading.is_read.copy() if scene.loading is not None else None
        section, transform, magnification = self._laid_out(pane_size, display, coarse=coarse)
        is_turned = scene.turned_planes is not None
        number = plane_step(scene, self._name) if is_turned else (self.slice_index, self.plane.slice_count)
        has_letters = scene.volume.geometry.has_orientation
        part = GreyPart.seen(section.grid.size, transform, pane_size, display.device_pixel_ratio)
        return SlicePicture(
            plane=self._name,
            grey=self._grey(self._filtered(section), part),
            grey_rect=part.rect,
            overlay_planes=self._of_image("planes", overlay_layer, part),
            shutter=self._of_image("shutter", shutter_layer, part),
            values=section.values,
            overlay=self._overlay(section),
            grid=section.grid,
            transform=transform,
            crosshair=self._crosshair(section, transform) if scene.crosshair_visible else (),
            letters=section.grid.edge_letters() if has_letters else self._stated_letters(),
            slice_index=number[0],
            slice_count=number[1],
            is_acquired=self.plane.axis == 0 and self._is_slice,
            is_resampled=self.is_resliced,
            slab_mm=max(viewport.slab_mm, 0.0),
            is_turned=is_turned,
            slab_images=0 if self.is_resliced else self._slab_range.stop - self._slab_range.start,
            magnification=magnification,
            colours=self._colours,
            display=display,
            unread=unread(
                self._is_read, self.plane, self.slice_index, section.grid.size, is_slice=self._is_shown_in_part
            ),
        )

    def place(self, pane_size: tuple[int, int], display: DisplaySize = PLAIN_DISPLAY) -> PicturePlace:
        """Return where the picture of now lies, without making its pixels: the mouse asks for it many times a frame."""
        if self.is_resliced:
            request = self._slices.request(self._viewport, pane_size, display)
            return PicturePlace(request.grid, request.transform)
        return PicturePlace(self._grid, self._fitted(self._grid, pane_size, display))

    @property
    def _grid(self) -> PictureGrid:
        plane, number = self.plane, self.slice_index
        return cast(PictureGrid, self._kept.made("grid", (plane, number), lambda: PictureGrid.of_slice(plane, number)))

    def _laid_out(
        self, pane_size: tuple[int, int], display: DisplaySize, *, coarse: bool
    ) -> tuple[_Section, PaneTransform, float]:
        """Return what is seen, where it lies in the pane, and how many pane pixels a pixel of the images has."""
        if self.is_resliced:
            request = self._requested(pane_size, display, coarse=coarse)
            name = "coarse" if request.is_coarse else "section"
            key = (*request.key, self._read_so_far())
            section = self._kept.made(name, key, lambda: self._interpolated(request))
            return section, request.transform, request.magnification
        section = self._section()
        transform = self._fitted(section.grid, pane_size, display)
        return section, transform, min(transform.scale_x, transform.scale_y)

    def _fitted(self, grid: PictureGrid, pane_size: tuple[int, int], display: DisplaySize) -> PaneTransform:
        viewport, (fit, display) = self._viewport, self._fit(display)
        zoom, pan_px, side = viewport.zoom, viewport.pan_px, viewport.side
        return PaneTransform.fit(grid.size, grid.pixel_mm, pane_size, zoom, pan_px, fit=fit, display=display, side=side)

    def _crosshair(self, section: _Section, transform: PaneTransform) -> tuple[CrosshairLine, ...]:
        scene, grid = self._scene, section.grid
        key = (tuple(scene.cursor_mm.tolist()), scene.volume, scene.turned_planes, grid, transform)
        made = self._kept.made("crosshair", key, lambda: crosshair(scene, self._name, grid, transform))
        return cast("tuple[CrosshairLine, ...]", made)

    def _stated_letters(self) -> Letters:
        """Return the letters that the image in view says itself, as radiographs do."""
        instances = self._scene.series.instances
        if self.plane.axis != 0 or self._viewport.slab_mm > 0 or not self.slice_index < len(instances):
            return NO_LETTERS
        return stated_letters(instances[self.slice_index].acquisition.patient_orientation, self.plane)

    @property
    def _colours(self) -> NDArray[np.uint8] | None:
        map_id = self._viewport.colour_map
        return None if map_id == "grey" or self._scene.volume.is_colour else colour_table(map_id)

    def _fit(self, display: DisplaySize) -> tuple[str, DisplaySize]:
        """Return how the image is fitted, and the screen in units of the geometry: what has no mm has no true size."""
        if self._viewport.fit != "true_size":
            return self._viewport.fit, display
        unit_mm = mm_per_unit(self._scene)
        return ("whole", display) if unit_mm is None else ("true_size", display.in_units(unit_mm))

    def _filtered(self, section: _Section) -> _Section:
        """Return the section as it is shown: through the pane's filter, where there is one."""
        chosen = self._viewport.image_filter
        if not chosen:
            return section

        def make() -> _Section:
            return replace(section, values=filtered(section.values, cast(ImageFilter, chosen)))

        return cast(_Section, self._kept.made("filtered", (section, chosen), make))

    def _requested(self, pane_size: tuple[int, int], display: DisplaySize, *, coarse: bool) -> PlaneRequest:
        """Return which interpolated plane is shown: a coarse one where the full one is costly and not there yet."""
        full = self._full = self._slices.request(self._viewport, pane_size, display)
        if not coarse or not full.is_costly or self._has(full):
            return full
        return self._slices.request(self._viewport, pane_size, display, coarse=True)

    def _has(self, request: PlaneRequest) -> bool:
        return "section" in self._kept and self._kept["section"][0] == (*request.key, self._read_so_far())

    def wanted(self) -> PlaneRequest | None:
        """Return the plane that is still to be interpolated in full, None where the last picture was in full."""
        full = self._full
        if full is None or not self.is_resliced or not self._can_project:
            return None
        return full if full.is_costly and not self._has(full) else None

    def take(self, request: PlaneRequest, sampled: tuple[NDArray[Any], NDArray[np.bool_]]) -> None:
        """Keep a plane that has been interpolated elsewhere."""
        self._kept["section"] = ((*request.key, self._read_so_far()), _Section(request.grid, *sampled))

    def _interpolated(self, request: PlaneRequest) -> _Section:
        if not self._can_project:
            return _Section(request.grid, np.zeros(request.grid.size[::-1], self._scene.volume.array.dtype), None)
        return _Section(request.grid, *self._slices.values(request))

    def mark_changed(self, box: Box) -> PictureRect | None:
        """Take up a change of the mask inside a box of its array.

        Returns the picture pixels (left, top, width, height) that must be painted anew, or None where the box does
        not touch this slice.
        """
        segmentation = self._scene.segmentation
        if segmentation is None or "labels" not in self._kept:
            return None
        indices = self._kept["labels"][1].indices
        whole = (0, 0, indices.shape[1], indices.shape[0])
        if self.is_resliced:
            del self._kept["labels"]
            return whole
        if self._kept["section"][0] != self._section_key():  # they are of a slice looked at before
            del self._kept["labels"]
            return None
        if not self._is_on_grid(segmentation):
            del self._kept["labels"]
            return whole
        if not box[self.plane.axis].start <= self.slice_index < box[self.plane.axis].stop:
            return None
        x, y = (_on_screen(box[axis], size, flipped) for axis, size, flipped in self._screen_axes())
        part = self.plane.slice_view(segmentation.labels, self.slice_index)[y, x]
        indices[y, x] = colour_indices(part, segmentation.segments)
        self._kept.pop("overlay", None)
        return x.start, y.start, x.stop - x.start, y.stop - y.start

    def _screen_axes(self) -> tuple[tuple[int, int, bool], tuple[int, int, bool]]:
        plane = self.plane
        return (plane.x_axis, plane.size[0], plane.x_flipped), (plane.y_axis, plane.size[1], plane.y_flipped)

    def _is_on_grid(self, segmentation: Segmentation) -> bool:
        geometry = self._scene.volume.geometry
        return bool(self._kept.made("same", (segmentation,), lambda: segmentation.geometry.same_grid(geometry)))

    def _section(self) -> _Section:
        return cast(_Section, self._kept.made("section", self._section_key(), self._make_section))

    def _section_key(self) -> tuple[object, ...]:
        scene, viewport = self._scene, self._viewport
        return scene.volume, self.plane, self.slice_index, self._read_so_far(), viewport.slab_mm, viewport.slab_mode

    def _read_so_far(self) -> int:
        """Return what tells that more of the volume lies in this plane than before."""
        if self._is_read is None:
            return -1
        is_across = self.plane.axis != 0 or self.is_resliced
        return int(np.count_nonzero(self._is_read if is_across else self._is_read[self._slab_range]))

    def _make_section(self) -> _Section:
        array, viewport, index = self._scene.volume.array, self._viewport, self.slice_index
        if not self._is_shown_in_part:
            values = np.zeros(self.plane.size[::-1], array.dtype)
        elif self._is_slice and self._is_read is not None:
            values = read_part(self.plane.slice_view(array, index), self.plane, self._is_read)
        else:
            values = slab(array, self.plane, index, viewport.slab_mm, viewport.slab_mode, self._is_read)
        return _Section(self._grid, values, None)

    @property
    def _slab_range(self) -> slice:
        return slab_range(self.plane, self.slice_index, max(self._viewport.slab_mm, 0.0))

    @property
    def _can_project(self) -> bool:
        """Whether every image is there that an interpolated plane is made of."""
        return self._is_read is None or bool(self._is_read.all())

    @property
    def _is_shown_in_part(self) -> bool:
        """Whether what has been read so far can be shown: a slab along the images only where all of its are there."""
        if self._is_read is None or self._is_slice:
            return True
        if self.is_resliced:
            return self._can_project
        return self.plane.axis != 0 or bool(self._is_read[self._slab_range].all())

    def _grey(self, section: _Section, part: GreyPart) -> NDArray[np.uint8]:
        """Return the grey of the part that is seen."""
        scene = self._scene
        thinned: dict[int, NDArray[Any]] = self._kept.made("thinned", (section,), dict)
        values: NDArray[Any] = self._kept.made(
            # in one piece: a window is applied to it again and again
            "part",
            (section, part),
            lambda: np.ascontiguousarray(part.of(section.values, thinned)),
        )
        padding = padding_range(scene.series, self.slice_index if self.plane.axis == 0 and self._is_slice else None)
        state = scene.presentation_in_view
        look = (scene.look, scene.is_shown_inverted, padding, state.presentation_lut if state is not None else None)

        centre, width = scene.window
        is_raised = self._viewport.image_filter == "edges"

        def make() -> NDArray[np.uint8]:
            pixels = shown(raised(values, centre - width / 2) if is_raised else values, *look)
            if section.inside is not None:
                pixels[~part.of(section.inside)] = 0
            return pixels

        return cast("NDArray[np.uint8]", self._kept.made("grey", (section, part, *look), make))

    def _of_image(self, name: str, make: Callable[[Scene, SlicePlane, GreyPart], T], part: GreyPart) -> T | None:
        """Return what lies over an image by its own header: only over the image itself, as it was acquired."""
        scene, plane = self._scene, self.plane
        if plane.axis != 0 or not self._is_slice:
            return None
        key = (plane, self.slice_index, part, scene.overlays, scene.presentation, *_switches(scene))
        return cast("T | None", self._kept.made(name, key, lambda: make(scene, plane, part)))

    def _overlay(self, section: _Section) -> LabelOverlay | None:
        scene = self._scene
        segmentation = scene.segmentation
        if segmentation is None or not scene.mask_visible:
            return None
        labels: _Labels = self._kept.made(
            "labels", (segmentation, segmentation.segments, section.grid), lambda: self._labels(segmentation, section)
        )
        look = segmentation.segments, scene.hidden_segments, 1.0 if scene.mask_outline else scene.mask_opacity
        colours: NDArray[np.uint8] = self._kept.made("label colours", look, lambda: label_colours(*look))
        made = self._kept.made("overlay", (labels, look), lambda: overlay(labels.indices, colours))
        return cast(LabelOverlay, made)

    def _labels(self, segmentation: Segmentation, section: _Section) -> _Labels:
        if self.is_resliced or not self._is_on_grid(segmentation):
            labels = self._slices.labels(segmentation, section.grid)
        else:
            labels = self.plane.slice_view(segmentation.labels, self.slice_index)
        return _Labels(colour_indices(labels, segmentation.segments))


def _switches(scene: Scene) -> tuple[bool, bool]:
    return scene.overlays_visible, scene.shutter_visible


def _on_screen(box: slice, size: int, flipped: bool) -> slice:
    return slice(size - box.stop, size - box.start) if flipped else slice(box.start, box.stop)
