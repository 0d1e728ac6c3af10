"""Slots that follow each other through the patient."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from psygnal import Signal

from medview.session.scene import Scene
from medview.session.scene_place import is_in_patient, to_patient, to_voxels
from medview.session.slots import Slots
from medview.study.geometry import FloatArray
from medview.study.study import Study

Space = tuple[object, str]  # whose coordinates: the patient's, and the frame of reference


@dataclass(frozen=True)
class Offset:
    """How far a slot lies from another that it was linked to by hand: in mm, or in images where no place is known."""

    mm: tuple[float, float, float] | None
    images: int = 0


@dataclass(eq=False)
class _Watched:
    """A scene that is followed, and where it is.

    `exact_mm` is the point looked at in its own frame of reference. The cursor lies at the voxel nearest to it: were
    that handed on instead, thick slices would move thin ones. None where the place in the patient is not known.
    """

    scene: Scene
    index: FloatArray
    exact_mm: FloatArray | None
    end: Callable[[], None]


class SceneLinks:
    """Lets the slots of a session look at the same point of the patient.

    Slots in one frame of reference of one patient follow each other where the setting "sync_scroll" says so. Others are
    linked by hand, as they lie then: by their distance in mm, or by counting images where a place is not known. All are
    moved before anything is painted.

    Attributes
    ----------
    changed
        A link was made or ended, or a scene has moved and all that follow it are where they belong.
    """

    changed = Signal()

    def __init__(self, session: Slots) -> None:
        self._session = session
        self._watched: dict[int, _Watched] = {}
        self._shift_mm: dict[Space, FloatArray] = {}
        self._numbers: dict[int, tuple[Scene, int]] = {}
        self._mark: tuple[int, FloatArray] | None = None
        self._is_moving = False
        session.scene_changed.connect(self._take_scenes)

    @property
    def is_by_hand(self) -> bool:
        """Whether slots are linked by hand."""
        return len(self._shift_mm) > 1 or len(self._numbers) > 1

    def link_by_hand(self) -> bool:
        """Link all slots that show something as they lie now; False where there are not two."""
        watched = self._watched
        if len(watched) < 2:
            return False
        self.unlink()
        places = {slot: one.exact_mm for slot, one in watched.items() if one.exact_mm is not None}
        if len(places) == len(watched):
            first = places[self._first]
            # of two slots in one frame of reference the active one tells: they follow each other anyhow
            for slot in sorted(places, key=lambda slot: slot == self._first):
                self._shift_mm[space_of(watched[slot].scene)] = places[slot] - first
        else:
            self._numbers = {slot: (one.scene, one.scene.cursor_index[0]) for slot, one in watched.items()}
        self.changed.emit()
        return True

    def unlink(self) -> None:
        """End the links made by hand."""
        self._shift_mm, self._numbers = {}, {}
        self.changed.emit()

    def offset(self, slot: int) -> Offset | None:
        """Return how far a slot linked by hand lies from the active one; None where it follows by itself, or not."""
        active, one = self._watched.get(self._session.active_slot), self._watched.get(slot)
        if one is None or active is None:
            return None
        if slot in self._numbers and self._session.active_slot in self._numbers:
            images = self._numbers[slot][1] - self._numbers[self._session.active_slot][1]
            return Offset(None, images) if slot != self._session.active_slot else None
        spaces = space_of(active.scene), space_of(one.scene)
        if spaces[0] == spaces[1] or not all(space in self._shift_mm for space in spaces):
            return None
        x, y, z = (float(n) for n in self._shift_mm[spaces[1]] - self._shift_mm[spaces[0]])
        return Offset((x, y, z))

    def follows(self, slot: int, other: int) -> bool:
        """Whether a slot can follow another: in one frame of reference, or linked by hand."""
        return self._point_for(slot, other) is not None

    def shares_space(self, slot: int, other: int) -> bool:
        """Whether two slots show one frame of reference of one patient, so that planes of one can be drawn in both."""
        pair = [self._watched.get(number) for number in (slot, other)]
        spaces = [space_of(one.scene) for one in pair if one is not None and one.exact_mm is not None]
        return len(spaces) == 2 and spaces[0] == spaces[1]

    def exact_mm(self, slot: int) -> FloatArray | None:
        """Return the LPS point that a slot is to look at, which may lie between its slices or beyond them."""
        one = self._watched.get(slot)
        return one.exact_mm if one is not None else None

    def is_beyond(self, slot: int) -> bool:
        """Whether the point that a slot is to look at lies beyond its first or last image."""
        one = self._watched.get(slot)
        if one is None or one.exact_mm is None or not one.scene.volume.geometry.is_placed:
            return False
        return not _is_among_slices(one.scene, one.exact_mm)

    def point_out(self, slot: int) -> None:
        """Bring all that can follow to the point a slot looks at, whatever the setting, and mark it there."""
        one = self._watched.get(slot)
        if one is not None and one.exact_mm is not None:
            self._bring_others(slot)
            self._mark = slot, one.exact_mm
        self.changed.emit()

    def mark_in(self, slot: int) -> FloatArray | None:
        """Return the LPS point that was pointed out, in a slot's frame of reference; None where there is none there."""
        if self._mark is None or self._mark[0] not in self._watched or slot not in self._watched:
            return None
        source, point = self._mark
        return point if source == slot else self._shifted(point, source, slot)

    # following

    @property
    def _first(self) -> int:
        """The slot that links are reckoned from: the active one where it shows something."""
        active = self._session.active_slot
        return active if active in self._watched else next(iter(self._watched))

    def _take_scenes(self) -> None:
        """Follow the scenes of now, and bring those that are new to where the others are."""
        scenes = self._session.scenes
        for slot in [slot for slot, one in self._watched.items() if scenes.get(slot) is not one.scene]:
            self._watched.pop(slot).end()
            if self._mark is not None and self._mark[0] == slot:
                self._mark = None
        for slot in [slot for slot, (scene, _) in self._numbers.items() if scenes.get(slot) is not scene]:
            del self._numbers[slot]
        new = [slot for slot in scenes if slot not in self._watched]
        for slot in new:
            self._watched[slot] = self._watch(slot, scenes[slot])
        for slot in new:
            self._join(slot, [other for other in self._watched if other not in new])
        if new:
            self.changed.emit()

    def _watch(self, slot: int, scene: Scene) -> _Watched:
        moved = partial(self._moved, slot)
        scene.cursor_changed.connect(moved)
        index = scene.volume.geometry.to_index(scene.cursor_mm)
        exact = to_patient(scene, index) if is_in_patient(scene) else None
        return _Watched(scene, index, exact, lambda: scene.cursor_changed.disconnect(moved, missing_ok=True))

    def _join(self, slot: int, others: list[int]) -> None:
        """Let a scene that is new begin where those it follows are, unless it does not reach there."""
        if not self._session.settings["sync_scroll"] or slot in self._numbers:
            return
        active = self._session.active_slot
        for other in sorted(others, key=lambda other: other != active):
            point = self._point_for(other, slot)
            scene = self._watched[slot].scene
            if isinstance(point, np.ndarray):
                if _is_among_slices(scene, point):
                    self._move(slot, point)
                return

    def _moved(self, slot: int) -> None:
        """Take up where a scene has been moved to, and let the others follow."""
        if self._is_moving:
            return
        one = self._watched[slot]
        now = one.scene.volume.geometry.to_index(one.scene.cursor_mm)
        if one.exact_mm is not None:
            exact = to_voxels(one.scene, one.exact_mm)
            one.exact_mm = to_patient(one.scene, np.where(np.abs(now - one.index) > 1e-6, now, exact))
        one.index = now
        if self._session.settings["sync_scroll"]:
            self._bring_others(slot)
        self.changed.emit()

    def _bring_others(self, slot: int) -> None:
        for other in self._watched:
            point = self._point_for(slot, other) if other != slot else None
            if point is not None:
                self._move(other, point)

    def _move(self, slot: int, point: FloatArray | int) -> None:
        """Move a scene to a point, or to an image by its number."""
        one = self._watched[slot]
        geometry = one.scene.volume.geometry
        self._is_moving = True
        try:
            if isinstance(point, int):
                one.scene.move_cursor(geometry.to_mm((point, *one.scene.cursor_index[1:])))
            else:
                place = point if geometry.is_placed else geometry.to_mm(to_voxels(one.scene, point))
                one.scene.move_cursor(place)
        finally:
            self._is_moving = False
        one.index = geometry.to_index(one.scene.cursor_mm)
        if one.exact_mm is not None:
            one.exact_mm = to_patient(one.scene, one.index) if isinstance(point, int) else point

    def _point_for(self, source: int, slot: int) -> FloatArray | int | None:
        """Return where a slot belongs when it follows another: an LPS point, an image by its number, or nowhere."""
        one, other = self._watched.get(source), self._watched.get(slot)
        if one is None or other is None:
            return None
        if source in self._numbers and slot in self._numbers:
            return self._numbers[slot][1] + one.scene.cursor_index[0] - self._numbers[source][1]
        if one.exact_mm is None or other.exact_mm is None:
            return None
        return self._shifted(one.exact_mm, source, slot)

    def _shifted(self, point: FloatArray, source: int, slot: int) -> FloatArray | None:
        """Return a point of a slot's frame of reference in that of another; None where they are not linked."""
        start, end = (space_of(self._watched[number].scene) for number in (source, slot))
        if start == end:
            return point
        shifts = self._shift_mm
        return point - shifts[start] + shifts[end] if start in shifts and end in shifts else None


def space_of(scene: Scene) -> Space:
    """Return whose coordinates a scene's are: a frame of reference alone is nobody's, and may be shared by mistake.

    Images without a Frame of Reference UID share their coordinates with nothing but themselves.
    """
    uid = scene.volume.geometry.frame_of_reference_uid
    return _owner(scene.study), uid or f"series {scene.series.key}"


def _owner(study: Study) -> object:
    """Return what tells a patient: ID, name and date of birth; without an ID the study itself."""
    patient = study.facts.patient
    if not patient.patient_id.strip():
        return id(study)
    return patient.patient_id.strip(), patient.patient_name, patient.patient_birth_date


def _is_among_slices(scene: Scene, point_mm: FloatArray) -> bool:
    """Whether a point lies in a slice or between two, wherever it is within their planes."""
    number = float(to_voxels(scene, point_mm)[0])
    return -0.5 <= number <= scene.volume.geometry.shape[0] - 0.5
