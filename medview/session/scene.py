"""What is on the screen: one volume, the point looked at, its window and the mask drawn over it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray
from psygnal import Signal

from medview.imaging.oblique import cross
from medview.imaging.plane import SCREEN, PlaneName, SlicePlane
from medview.imaging.turned_planes import TurnedPlanes
from medview.imaging.window import is_stored_inverse
from medview.session.cine import Cine
from medview.session.image_look import ImageLook, image_look, stated_look
from medview.session.loading import Loading
from medview.session.partial_labels import PartialLabels
from medview.study.annotation import ImageName
from medview.study.fusion import Fusion
from medview.study.geometry import Geometry
from medview.study.presentation import Presentation
from medview.study.segmentation import Segmentation
from medview.study.series import Series
from medview.study.study import Study
from medview.study.value_map import ValueMap
from medview.study.volume import Volume

if TYPE_CHECKING:
    from medview.files.pixels.dicom_overlay import Overlay

PixelValue = float | tuple[int, int, int]  # a modality value, or red, green, blue

_CARRIED = (
    "window", "voi_function", "voi_lut", "_given", "inverted", "is_playing", "cine", "overlays_visible",
    "shutter_visible", "mask_visible", "mask_opacity", "mask_outline",
)  # fmt: skip


class Scene:
    """One volume as it is looked at. All panes of a slot share it, so that they cannot show different places.

    Attributes
    ----------
    cursor_mm
        LPS point where the three planes cross: the centre of a voxel, any point within the volume where they are
        turned. Each plane shows the slice through it.
    turned_planes
        How the three planes lie where a person has turned them; None along the volume's own axes, where they show its
        voxels as they are.
    window, voi_function
        (Window Center, Window Width) in the volume's unit, and the function that applies it; of colours, brightness and
        contrast.
    voi_lut
        A table in the place of the window, or None.
    loading
        What of the volume is there while it is being read, None once it is whole.
    is_playing, cine
        Whether frames, slices or places of a 4-D series follow each other by themselves, and how.
    segmentation
        The mask drawn and edited, or None.
    active_segment
        Number of the segment that the brush paints.
    hidden_segments
        Numbers of the segments that are not drawn.
    dose, dose_opacity
        A dose in the same frame of reference, drawn over the images, or None.
    fusion
        A second volume over the one in view, or None; `fusion_follower` keeps it where registrations say.
    partial
        What a run that goes on has found so far on these images, or None.
    value_map
        What the stored values mean, for the readout, or None.
    presentation
        The presentation state that is applied, or None; `before_presentation` is (look, inverted) without it, the look
        None where the images were shown as they wanted to be.
    shutter_visible, overlays_visible
        Whether what lies outside the images' shutters is hidden, and their overlay planes are drawn.
    overlays
        The overlay planes of the images that have been looked at, by slice.
    """

    cursor_changed = Signal()
    display_changed = Signal()
    segmentation_changed = Signal()

    def __init__(
        self, study: Study, volume: Volume, window: tuple[float, float], loading: Loading | None = None
    ) -> None:
        self.study = study
        self.volume = volume
        self.default_window = window
        self.loading = loading
        self.inverted = is_dark_on_white(volume.series)
        self.is_playing = False
        self.cine = Cine()
        self.mask_visible = True
        self.mask_opacity = 0.4
        self.mask_outline = False
        self.crosshair_visible = True
        self.segmentation: Segmentation | None = None
        self.active_segment = 1
        self.hidden_segments: frozenset[int] = frozenset()
        self.dose: Volume | None = None
        self.dose_opacity = 0.4
        self.fusion: Fusion | None = None
        self.fusion_follower: object | None = None
        self.partial: PartialLabels | None = None
        self.value_map: ValueMap | None = None
        self.presentation: Presentation | None = None
        self.before_presentation: tuple[ImageLook | None, bool] | None = None
        self.shutter_visible = True
        self.overlays_visible = True
        self.overlays: dict[int, tuple[Overlay, ...]] = {}
        self.turned_planes: TurnedPlanes | None = None
        # where and in what the cursor was when its index was last asked for, which is many times a frame
        self._index: tuple[NDArray[np.float64], Geometry, tuple[int, int, int]] | None = None
        self.cursor_mm = self._voxel_centre(volume.geometry.centre_mm)
        if self.is_recording:
            self.cursor_mm = volume.geometry.to_mm((0, *self.cursor_index[1:]))
        self._given = self.own_look
        self.window, self.voi_function, self.voi_lut = self._given.window, self._given.function, self._given.lut

    @property
    def look(self) -> ImageLook:
        """How values become grey now."""
        return ImageLook(self.window, self.voi_function, self.voi_lut)

    @property
    def own_look(self) -> ImageLook:
        """How the image at the cursor wants to be shown: as its presentation state says, as before, or by itself."""
        number = self.cursor_index[0]
        stated = stated_look(self.volume, number, self.presentation)
        chosen = self.before_presentation[0] if self.before_presentation is not None else None
        return stated or chosen or image_look(self.volume, number, self.default_window)

    @property
    def is_shown_inverted(self) -> bool:
        """Whether low values are white: as the images say, turned round once more where the person wants it.

        A presentation state decides for the images that it is for alone; others are shown as before.
        """
        stored, state, before = is_stored_inverse(self.series), self.presentation, self.before_presentation
        if state is None or before is None or self.presentation_in_view is state:
            return self.inverted != stored
        is_turned_since = self.inverted != (state.is_inverted != stored)
        return (before[1] != is_turned_since) != stored

    @property
    def presentation_in_view(self) -> Presentation | None:
        """The presentation state that is applied, where it is for the image at the cursor; None where it is not."""
        number, instances = self.cursor_index[0], self.series.instances
        if self.presentation is None or number >= len(instances):
            return None
        name = ImageName(instances[number].sop_instance_uid, instances[number].frame_index)
        return self.presentation if self.presentation.is_for(name) else None

    @property
    def is_own_look(self) -> bool:
        """Whether the images are shown as they want to be: the person has chosen no other window."""
        return self.look == self._given

    def take_look(self, look: ImageLook | None = None) -> None:
        """Show the images as they want to be, each by itself, or all in one way that the person chooses."""
        wanted = look or self.own_look
        if look is None:
            self._given = wanted
        self.window, self.voi_function, self.voi_lut = wanted.window, wanted.function, wanted.lut
        self.display_changed.emit()

    @property
    def series(self) -> Series:
        """The series shown."""
        return self.volume.series

    @property
    def acquired_plane(self) -> PlaneName:
        """The plane in which the images were acquired."""
        return SlicePlane.acquired(self.volume.geometry).name

    @property
    def only_plane(self) -> PlaneName | None:
        """The plane in which alone there is something to see; None where other planes can be cut.

        That of a single image, of a recording, of colours, and of slices with gaps or of varying distance.
        """
        whole = self.volume.geometry.can_reformat and not self.volume.is_colour
        return None if whole else self.acquired_plane

    @property
    def is_recording(self) -> bool:
        """Whether the slices are frames that follow each other in time."""
        return self.volume.geometry.shape[0] > 1 and self.series.is_recording

    @property
    def is_whole(self) -> bool:
        """Whether every slice is there: before, nothing may be computed from the volume."""
        return self.loading is None

    @property
    def cursor_index(self) -> tuple[int, int, int]:
        """Index (slice, row, column) of the voxel at the cursor."""
        place, geometry = self.cursor_mm, self.volume.geometry
        if self._index is None or self._index[0] is not place or self._index[1] is not geometry:
            slice_, row, column = np.rint(geometry.to_index(place)).astype(int).tolist()
            self._index = place, geometry, (slice_, row, column)
        return self._index[2]

    def value_at(self, point_mm: NDArray[np.float64]) -> PixelValue | None:
        """Return the nearest voxel's value or colour; None outside the images and in a slice that is not there yet."""
        geometry, array = self.volume.geometry, self.volume.array
        if not geometry.contains(point_mm):
            return None
        index = np.clip(np.rint(geometry.to_index(point_mm)).astype(int), 0, np.array(geometry.shape) - 1)
        if self.loading is not None and not self.loading.is_read[index[0]]:
            return None
        found = array[tuple(index)]
        return (int(found[0]), int(found[1]), int(found[2])) if self.volume.is_colour else float(found)

    def move_cursor(self, point_mm: ArrayLike) -> None:
        """Move the crosshair to the voxel nearest to a point, kept inside the volume; to the point on turned planes."""
        point = self._held(np.asarray(point_mm, dtype=np.float64))
        if not np.array_equal(point, self.cursor_mm):
            self.cursor_mm = point
            if self.loading is not None:
                self.loading.wanted = self.cursor_index[0]
            if self.is_own_look and self.own_look != self._given:
                self.take_look()
            self.cursor_changed.emit()

    def turn(self, planes: TurnedPlanes | None, cursor_mm: ArrayLike | None = None) -> None:
        """Turn the three planes about the crosshair, or about another point; None puts them along the volume's axes."""
        begins_or_ends = (self.turned_planes is None) != (planes is None)
        self.turned_planes = planes
        self.cursor_mm = self._held(np.asarray(self.cursor_mm if cursor_mm is None else cursor_mm, dtype=np.float64))
        self.cursor_changed.emit()
        if begins_or_ends:
            self.display_changed.emit()

    @property
    def rotation(self) -> NDArray[np.float64] | None:
        """The turned planes' left, back and head in LPS, columns of 3x3 (`medview.imaging.oblique`); None unturned."""
        return None if self.turned_planes is None else self.turned_planes.rotation

    def plane_axes(self, plane: PlaneName) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the LPS unit vectors of a plane's screen right and down; what cuts tilted images is upright."""
        if self.turned_planes is not None:
            return self.turned_planes.axes(plane)
        own = SlicePlane.of(self.volume.geometry, plane)
        if self.volume.geometry.is_sheared and own.axis != 0:
            right, down = (np.array(way, dtype=np.float64) for way in SCREEN[plane])
            return right, down
        return own.right, own.down

    def complete(self, volume: Volume, window: tuple[float, float]) -> None:
        """Take the whole volume, whose values may be of another type than while it was read.

        The window of a single slice gives way to that of all, unless the person has chosen one or the images came
        with it.
        """
        loading, self.loading = self.loading, None
        is_own, self.volume = self.is_own_look, volume
        if self.default_window not in volume.series.windows:
            self.default_window = window
        if is_own:
            self.take_look()
        else:
            self.display_changed.emit()
        if loading is not None:
            loading.changed.emit()

    def look_as(self, other: Scene) -> None:
        """Look at the same place in the same way as another scene: the next place of a 4-D series."""
        if other.volume.geometry.shape == self.volume.geometry.shape:
            self.cursor_mm = self.volume.geometry.to_mm(other.cursor_index)
        else:
            self.cursor_mm = self._voxel_centre(other.cursor_mm)
        if other.turned_planes is not None:
            self.turned_planes, self.cursor_mm = other.turned_planes, self._held(other.cursor_mm)
        # one window for all places: what changes from one to the next must be the patient
        for name in _CARRIED:
            setattr(self, name, getattr(other, name))
        self.crosshair_visible = other.crosshair_visible
        if self.volume.geometry.frame_of_reference_uid == other.volume.geometry.frame_of_reference_uid:
            self.dose, self.dose_opacity = other.dose, other.dose_opacity
            # a registration is of the very images it was made of, and so is what a model has made of them
            if other.fusion is not None and other.fusion.registration is None and not other.fusion.model:
                self.fusion, self.fusion_follower = other.fusion, other.fusion_follower

    def update(self, **values: object) -> None:
        """Set display attributes (window, inverted, mask_opacity ...) and tell it once."""
        for name, value in values.items():
            if name not in self.__dict__:
                raise AttributeError(name)
            setattr(self, name, value)
        if "window" in values:  # a window that somebody chooses takes the place of a table
            self.voi_lut = None
        self.display_changed.emit()

    def show_segmentation(self, segmentation: Segmentation | None) -> None:
        """Draw and edit another segmentation of the study, or none."""
        self.segmentation = segmentation
        self.hidden_segments = frozenset()
        if segmentation is not None and segmentation.segments:
            self.active_segment = segmentation.segments[0].number
        self.segmentation_changed.emit()

    def plane_normal(self, plane: PlaneName) -> NDArray[np.float64]:
        """Return the unit LPS normal of a plane, away from the person who looks at it."""
        turned = self.turned_planes
        return cross(*self.plane_axes(plane)) if turned is None else turned.normal(plane)

    def _held(self, point_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the place nearest to a point that the crosshair may take."""
        if self.turned_planes is None:
            return self._voxel_centre(point_mm)
        geometry = self.volume.geometry
        index = geometry.to_index(point_mm)
        inner = np.clip(index, 0.0, np.array(geometry.shape) - 1.0)
        return point_mm if np.array_equal(inner, index) else geometry.to_mm(inner)

    def _voxel_centre(self, point_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        geometry = self.volume.geometry
        index = np.clip(np.rint(geometry.to_index(point_mm)), 0, np.array(geometry.shape) - 1)
        return geometry.to_mm(index)


def is_dark_on_white(series: Series) -> bool:
    """Whether black and white are swapped at first: PET is read as dark on white, which MONOCHROME1 gives already."""
    return series.modality == "PT" and not is_stored_inverse(series)
