"""Lay a second volume over the one in view: which can be laid, where it lies, how it is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary, ref

from medview.errors import Sentence
from medview.imaging.place_volume import bent_volume, moved_volume
from medview.imaging.window import default_window
from medview.jobs.job import Job
from medview.progress import Progress
from medview.session.at_hand import at_hand
from medview.session.read_voxels import read_voxels
from medview.session.scene import Scene
from medview.session.scene_place import to_patient
from medview.session.session import Session
from medview.session.when_shown import when_shown
from medview.study.fusion import Fusion, FusionBasis, FusionMode
from medview.study.registration import Registration
from medview.study.same_patient import sameness
from medview.study.series import Series
from medview.study.spatial_transform import SpatialTransform
from medview.study.study import Study
from medview.study.volume import Volume

_NO_IMAGES = Sentence("No images are open.")
_COLOURS = Sentence("Colour images have no values to be laid over others.")
_UNPLACED = Sentence("These images do not say where they lie in the patient.")
_UNEVEN = Sentence("It is a single image, or its slices lie unevenly: there is nothing between them.")
_IN_VIEW = Sentence("It is in view already.")
_OTHER_PATIENT = Sentence("It is of another patient.")
_UNREGISTERED = Sentence(
    "The two series lie in different frames of reference and are not registered: positions may not agree."
)
_HOT = ("PT", "NM")  # drawn in colours over the anatomy
_wanted: WeakKeyDictionary[Scene, str] = WeakKeyDictionary()


@dataclass(frozen=True, eq=False)
class Partner:
    """A series that may be laid over the one in view.

    Attributes
    ----------
    basis
        Why it would lie where it is drawn.
    refusal
        Why it cannot be laid over it, None where it can.
    """

    study: Study
    series: Series
    basis: FusionBasis
    refusal: Sentence | None = None


def why_no_fusion(scene: Scene | None) -> Sentence | None:
    """Return why nothing can be laid over a scene's images, None where it can."""
    if scene is None:
        return _NO_IMAGES
    geometry = scene.volume.geometry
    if scene.volume.is_colour:
        return _COLOURS
    return None if geometry.has_spacing and geometry.has_orientation and not scene.is_recording else _UNPLACED


def partners(session: Session) -> tuple[Partner, ...]:
    """Return the series of all open studies as they may be laid over the one in view; of a 4-D series its first place.

    Those of its frame of reference, or registered with it, come first, then those that can be laid over it at all.
    """
    scene = session.scene
    if scene is None:
        return ()
    found = [
        Partner(study, series, basis_of(session, scene, study, series), _refusal(scene, study, series))
        for study in session.studies
        for series in study.series
        if series.axis is None or series.axis.number == 0
    ]
    return tuple(sorted(found, key=lambda one: (one.refusal is not None, one.basis == "unregistered")))


def best_partner(session: Session) -> Partner | None:
    """Return the series that a person would lay over the one in view: its PET, or what the PET was taken with.

    None where no series lies with it in one frame of reference, or was registered with it.
    """
    scene = session.scene
    able = [one for one in partners(session) if one.refusal is None and one.basis != "unregistered"]
    if scene is None or not able:
        return None
    order = ("CT", "MR") if scene.series.modality in _HOT else (*_HOT, "MR", "CT")
    able = [one for one in able if one.series.modality in order]
    return min(
        able,
        key=lambda one: (
            order.index(one.series.modality),
            not one.series.suv_factors,
            -len(one.series.instances),
        ),
        default=None,
    )


def fuse(session: Session, study: Study, series: Series, slot: int | None = None) -> Job | None:
    """Lay a series over the one in view, or in another slot; it is drawn when it has been read.

    Returns
    -------
    Job or None
        None where there is nothing to read: it is at hand, or cannot be laid there and a notice says why.
    """
    scene = session.scene if slot is None else session.scenes.get(slot)
    refusal = why_no_fusion(scene) or (_refusal(scene, study, series) if scene is not None else None)
    if scene is None or refusal is not None:
        session.notices.add("warning", refusal or _NO_IMAGES, "Choose another series.")
        return None
    _wanted[scene] = series.key
    volume_read = at_hand(session, series)
    if volume_read is not None:
        place(session, scene, study, volume_read)
        return None
    held = ref(scene)

    def work(progress: Progress) -> Volume:
        return read_voxels(series, progress, session.jobs.workers)

    def done(volume: Volume) -> None:
        shown = held()
        if shown is None or not is_shown(session, shown) or study not in session.studies:
            return
        if _wanted.get(shown) == series.key:
            place(session, shown, study, volume)

    return session.jobs.submit(
        Sentence("Reading {name}", {"name": series.series_description or series.modality}),
        work,
        on_done=done,
        on_failed=session.notices.add_error,
        about=study.facts.study_instance_uid,
    )


def end_fusion(session: Session) -> None:
    """Show the volume in view alone."""
    if session.scene is not None:
        _end(session.scene)


def end_fusions_with(session: Session, study: Study) -> None:
    """Take the series of a study off all other images: it is being closed."""
    for scene in (*session.scenes.values(), *session.away.values()):
        fusion = scene.fusion
        if fusion is not None and scene.study is not study and fused_study(scene) is study:
            _end(scene)


def change_fusion(session: Session, **values: Any) -> None:
    """Draw the second volume in another way: mode, window, colour_map, opacity ... of `medview.study.fusion.Fusion`."""
    scene = session.scene
    if scene is not None and scene.fusion is not None:
        scene.update(fusion=scene.fusion.changed(**values))


def turn_flicker(scene: Scene) -> None:
    """Show the other one of both, where a flicker goes on."""
    fusion = scene.fusion
    if fusion is not None and fusion.mode == "flicker" and fusion.is_flickering:
        scene.update(fusion=fusion.changed(shows_second=not fusion.shows_second))


def exchange(session: Session) -> None:
    """Show the second series, with the first one laid over it, at the same place of the patient."""
    scene = session.scene
    if scene is None or scene.fusion is None:
        return
    study, series, host = scene.study, scene.series, fused_study(scene)
    second = host.find(scene.fusion.volume.series.key) if host is not None else None
    if host is None or second is None:
        return
    found = joining(session, scene, host, second)
    here = scene.cursor_mm if scene.volume.geometry.is_placed else to_patient(scene, scene.cursor_index)
    at = here if found is None else found[1].to_other(here)

    def shown(other: Scene) -> None:
        other.move_cursor(at)
        fuse(session, study, series)

    when_shown(session, host, second, shown, in_active_slot=True)


def fused_study(scene: Scene) -> Study | None:
    """Return the study of the second volume of a scene: another patient's may hold a series of the same name."""
    follower = scene.fusion_follower
    return follower.study if isinstance(follower, _Follower) else None


def registering(session: Session, scene: Scene, second: Study) -> tuple[Study, ...]:
    """Return the open studies whose registrations hold for a scene and a second study: none of another patient.

    Two patients' images may carry the same identifiers.
    """
    patient = scene.study.facts.patient
    return tuple(
        study
        for study in session.studies
        if study in (scene.study, second) or sameness(study.facts.patient, patient) != "different"
    )


def joining(
    session: Session, scene: Scene, second: Study, series: Series
) -> tuple[Registration, SpatialTransform] | None:
    """Return the newest registration of a scene's series and one of a second study, and the way from it to that."""
    studies = registering(session, scene, second)
    found = [one for study in studies if (one := study.registrations.find(scene.series, series)) is not None]
    return max(found, key=lambda one: one[0].made_at, default=None)


def basis_of(session: Session, scene: Scene, study: Study, series: Series) -> FusionBasis:
    """Return why a series of a study would lie where it is drawn over a scene's images."""
    if joining(session, scene, study, series) is not None:
        return "registration"
    ours = scene.volume.geometry.frame_of_reference_uid
    theirs = series.geometry.frame_of_reference_uid if series.geometry is not None else ""
    return "frame" if ours and ours == theirs else "unregistered"


def is_shown(session: Session, scene: Scene | None) -> bool:
    """Whether a scene is still on the screen, or waits behind a layout."""
    return scene is not None and (scene in session.scenes.values() or scene in session.away.values())


def place(
    session: Session, scene: Scene, study: Study, volume: Volume, *, mode: FusionMode | None = None
) -> Job | None:
    """Draw a volume over a scene where registrations say; what is bent is resampled by a job first.

    Parameters
    ----------
    mode
        How it is compared; as it was, or blended, where none is given.
    """
    _wanted[scene] = volume.series.key
    found = joining(session, scene, study, volume.series)
    if found is None or found[1].is_affine:
        uid = scene.volume.geometry.frame_of_reference_uid
        placed = volume if found is None else moved_volume(volume, found[1], uid)
        _lay(session, scene, study, volume, placed, found[0] if found is not None else None, mode)
        return None
    registration, transform = found
    grid, held = scene.volume.geometry, ref(scene)

    def work(progress: Progress) -> Volume:
        return bent_volume(volume, transform, grid, progress)

    def done(placed: Volume) -> None:
        shown = held()
        now = joining(session, shown, study, volume.series) if shown is not None else None
        if shown is None or not is_shown(session, shown) or now is None or now[0] is not registration:
            return
        if _wanted.get(shown) == volume.series.key:
            _lay(session, shown, study, volume, placed, registration, mode)

    return session.jobs.submit(
        "Bending the second images",
        work,
        place="previews",  # it may take a minute, in which other images are wanted
        on_done=done,
        on_failed=session.notices.add_error,
        about=study.facts.study_instance_uid,
    )


def _lay(
    session: Session,
    scene: Scene,
    study: Study,
    volume: Volume,
    placed: Volume,
    registration: Registration | None,
    mode: FusionMode | None,
) -> None:
    """Draw a volume that has its place, as it was drawn before where it is the same one."""
    basis = basis_of(session, scene, study, volume.series)
    before = scene.fusion
    if before is not None and before.volume.series.key == volume.series.key:
        fusion = before.changed(volume=volume, placed=placed, basis=basis, registration=registration)
    else:
        fusion = _begun(scene, volume, placed, basis, registration)
        if mode is not None and volume.unit and volume.unit == scene.volume.unit:
            fusion = fusion.changed(window=scene.window)  # side by side, the same value is to be the same grey
        _warn(session, scene, study, basis)
    scene.fusion_follower = _Follower(session, scene.study, study)
    scene.update(fusion=fusion if mode is None else fusion.changed(mode=mode, shows_second=True))
    if basis != "unregistered":
        _withdraw(session)


def _begun(
    scene: Scene, volume: Volume, placed: Volume, basis: FusionBasis, registration: Registration | None
) -> Fusion:
    """Return how a volume is drawn at first: PET from SUV 0 to 6 in hot iron, other images in grey."""
    is_hot = volume.series.modality in _HOT
    suv = dict(volume.series.suv_factors).get("bw")
    both_suv = suv is not None and dict(scene.series.suv_factors).get("bw") is not None
    return Fusion(
        volume,
        placed,
        basis,
        default_window(volume),
        "hot_iron" if is_hot else "grey",
        registration,
        opacity=0.5,
        difference_width=6.0 if both_suv else (400.0 if volume.unit == "HU" else default_window(volume)[1]),
    )


def _warn(session: Session, scene: Scene, study: Study, basis: FusionBasis) -> None:
    if basis == "unregistered":
        session.notices.add(
            "warning",
            _UNREGISTERED,
            "Register them (menu Fusion), or move the second images by hand.",
        )
    if study is not scene.study and sameness(study.facts.patient, scene.study.facts.patient) != "same":
        session.notices.add("warning", "The files do not tell whether both series are of one patient.")


def _withdraw(session: Session) -> None:
    """Take the warning away where no images lie on each other unregistered any more."""
    if any(one.fusion and one.fusion.basis == "unregistered" for one in session.scenes.values()):
        return
    for notice in session.notices.notices:
        if notice.message.template == _UNREGISTERED.template:
            session.notices.dismiss(notice)


def _end(scene: Scene) -> None:
    _wanted.pop(scene, None)
    scene.fusion_follower = None
    scene.update(fusion=None)


def _refusal(scene: Scene, study: Study, series: Series) -> Sentence | None:
    """Return why a series cannot be laid over a scene's images."""
    if study is scene.study and series.key == scene.series.key:
        return _IN_VIEW
    if study is not scene.study and sameness(study.facts.patient, scene.study.facts.patient) == "different":
        return _OTHER_PATIENT
    geometry = series.geometry
    if series.refusal is not None or geometry is None:
        return series.refusal.message if series.refusal is not None else _UNPLACED
    if series.is_colour:
        return _COLOURS
    if not geometry.has_spacing or not geometry.has_orientation:
        return _UNPLACED
    return None if geometry.can_reformat else _UNEVEN


class _Follower:
    """Lays the second volume of a scene anew when a registration is made, undone or done again."""

    def __init__(self, session: Session, first: Study, second: Study) -> None:
        self._session = ref(session)
        self._study = ref(second)
        for one in {id(first): first, id(second): second}.values():
            one.registrations.changed.connect(self.look)  # psygnal holds a method's object weakly

    @property
    def study(self) -> Study | None:
        """The study of the second volume."""
        return self._study()

    def look(self) -> None:
        """Lay it where it belongs now, in the scene that it is of, also where that is another place of a 4-D series."""
        session, study = self._session(), self._study()
        if session is None or study is None:
            return
        for scene in (*session.scenes.values(), *session.away.values()):
            if scene.fusion_follower is self and scene.fusion is not None:
                place(session, scene, study, scene.fusion.volume)
