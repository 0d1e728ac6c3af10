"""Lay the second volume on the one in view: by a computation, by hand, or as a file says; each can be undone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from medview.errors import Sentence
from medview.imaging.registration import Fitted, FittingKind, register
from medview.jobs.job import Job
from medview.progress import Progress
from medview.session.fuse import fused_study, joining, registering
from medview.session.scene import Scene
from medview.session.session import Session
from medview.session.viewport import Viewport
from medview.study.geometry import FloatArray
from medview.study.registration import RegisteredSide, Registration, RegistrationKind
from medview.study.registration_list import RegistrationList
from medview.study.series import Series
from medview.study.spatial_transform import SpatialTransform, rotation_about, shift_by
from medview.study.study import Study
from medview.study.volume import Volume

_MADE = Sentence("A model made these images from those in view: they lie on them already.")
_NO_FUSION = Sentence("No second series is laid over the one in view.")
_BEING_READ = Sentence("The images are still being read.")
_UNEVEN = Sentence("The slices in view lie unevenly: they are not registered.")
_BUSY = Sentence("A registration of these images is going on.")
_BENT = Sentence("Bent images are not moved by hand: forget the registration first.")
_NONE = Sentence("These series have not been registered.")


@dataclass(frozen=True, eq=False)
class RegistrationRun:
    """The work of a registration; it is done in the worker process, where it can be ended at any time."""

    fixed: Volume
    moving: Volume
    kind: FittingKind
    start: SpatialTransform | None
    mask: NDArray[np.bool_] | None

    def __call__(self, progress: Progress) -> Fitted:
        """Return what was found."""
        return register(self.fixed, self.moving, self.kind, progress, start=self.start, mask=self.mask)


def why_no_registration(session: Session) -> Sentence | None:
    """Return why the second volume cannot be registered with the one in view, None where it can."""
    scene = session.scene
    if scene is None or scene.fusion is None:
        return _NO_FUSION
    if scene.fusion.model:
        return _MADE
    if not scene.is_whole:
        return _BEING_READ
    if not scene.volume.geometry.can_reformat:
        return _UNEVEN
    return _BUSY if any(isinstance(job.work, RegistrationRun) for job in session.jobs.jobs) else None


def why_no_motion(session: Session) -> Sentence | None:
    """Return why the second volume cannot be moved by hand, None where it can."""
    scene = session.scene
    if scene is None or scene.fusion is None:
        return _NO_FUSION
    if scene.fusion.model:
        return _MADE
    registration = scene.fusion.registration
    return None if registration is None or registration.transform.is_affine else _BENT


def why_no_forgetting(session: Session) -> Sentence | None:
    """Return why there is no registration to forget, None where there is one."""
    scene = session.scene
    if scene is None or scene.fusion is None:
        return _NO_FUSION
    return None if scene.fusion.registration is not None else _NONE


def register_images(session: Session, kind: FittingKind, *, within_mask: bool = False) -> Job | None:
    """Submit the registration of the second volume with the one in view; None where it cannot be done now.

    The search begins where the images lie now, if they were registered or moved by hand.

    Parameters
    ----------
    within_mask
        Compare only what lies in the active segment of the mask in view.
    """
    scene = session.scene
    refusal = why_no_registration(session)
    if scene is None or scene.fusion is None or refusal is not None:
        session.notices.add("warning", refusal or _NO_FUSION)
        return None
    fusion, study = scene.fusion, scene.study
    host = fused_study(scene) or study
    found = joining(session, scene, host, fusion.volume.series)
    start = found[1] if found is not None and found[1].is_affine else None
    fixed, moving = scene.series, fusion.volume.series

    def done(fitted: Fitted) -> None:
        if study not in session.studies or host not in session.studies:
            return
        _tell(session, fitted)
        add_registration(study, _registration(kind, fixed, moving, fitted))

    title = Sentence("Registering {name}", {"name": moving.series_description or moving.modality})
    run = RegistrationRun(scene.volume, fusion.volume, kind, start, _mask(scene) if within_mask else None)
    return session.jobs.submit(
        title,
        run,
        place="gpu",
        on_done=done,
        on_failed=session.notices.add_error,
        about=study.facts.study_instance_uid,
    )


def add_registration(study: Study, *registrations: Registration, title: str = "Register") -> None:
    """Add registrations to a study as one step that can be undone."""
    _exchange(study, (*study.registrations, *registrations), title)


def forget_registration(session: Session) -> None:
    """Let the second volume lie as its files say; every registration that joins the two series is taken away."""
    scene = session.scene
    if scene is None or scene.fusion is None or why_no_forgetting(session) is not None:
        return
    second = scene.fusion.volume.series
    for study in registering(session, scene, fused_study(scene) or scene.study):
        left = [one for one in study.registrations if one.between(scene.series, second) is None]
        if len(left) < len(study.registrations):
            _exchange(study, left, "Forget the registration")


def forget_object(study: Study, object_uid: str) -> None:
    """Use the registrations of an object no longer."""
    _exchange(study, [one for one in study.registrations if one.object_uid != object_uid], "Forget the registration")


def shift_second(session: Session, right_mm: float, down_mm: float) -> None:
    """Shift the second volume along the active pane, as it lies on the screen."""
    scene = session.scene
    if scene is not None and session.active_viewport.is_flat:
        right, down = screen_axes(scene, session.active_viewport)
        _move(session, shift_by(right_mm * right + down_mm * down))


def turn_second(session: Session, degrees: float) -> None:
    """Turn the second volume clockwise in the active pane, about the crosshair."""
    scene = session.scene
    if scene is not None and session.active_viewport.is_flat:
        right, down = screen_axes(scene, session.active_viewport)
        # right to down is clockwise for who looks at the screen
        _move(session, rotation_about(np.cross(right, down), degrees, scene.cursor_mm))


def screen_axes(scene: Scene, viewport: Viewport) -> tuple[FloatArray, FloatArray]:
    """Return the LPS unit vectors of a pane's right and down, as the image is turned and mirrored there."""
    right, down = scene.plane_axes(viewport.plane(scene))
    for _ in range(viewport.turn_deg // 90 % 4):
        right, down = -down, right
    return (-right if viewport.is_mirrored else right), down


def _move(session: Session, motion: FloatArray) -> None:
    """Move the second volume by a 4x4 in the space of the one in view."""
    scene = session.scene
    if scene is None or scene.fusion is None or why_no_motion(session) is not None:
        return
    second = scene.fusion.volume.series
    found = joining(session, scene, fused_study(scene) or scene.study, second)
    transform = (found[1] if found is not None else SpatialTransform()).after_moving(motion)
    moved = _registration("manual", scene.series, second, Fitted(transform, None, np.nan))
    if found is not None and found[0].kind in ("model", "manual"):  # whose work it is that a person has mended
        moved = replace(moved, label=found[0].label, provenance=found[0].provenance)
    sides = moved.fixed, moved.moving  # what was moved before is part of the new place
    others = [
        one for one in scene.study.registrations if not (one.kind == "manual" and (one.fixed, one.moving) == sides)
    ]
    _exchange(scene.study, [*others, moved], "Move the second images")


def _registration(kind: RegistrationKind, fixed: Series, moving: Series, fitted: Fitted) -> Registration:
    return Registration(
        kind,
        RegisteredSide.of(fixed),
        RegisteredSide.of(moving),
        fitted.transform,
        datetime.now().astimezone().isoformat(timespec="microseconds"),
        fitted.metric_before,
        None if np.isnan(fitted.metric_after) else fitted.metric_after,
    )


def _exchange(study: Study, registrations: Iterable[Registration], title: str) -> None:
    before, after = tuple(study.registrations), tuple(registrations)
    size = sum(
        one.transform.displacement.vectors.nbytes
        for one in {*before} ^ {*after}
        if one.transform.displacement is not None
    )

    def redo(target: RegistrationList) -> None:
        target.set(after)

    def undo(target: RegistrationList) -> None:
        target.set(before)

    study.history.do_change(title, study.registrations, redo, undo, size=size)


def _mask(scene: Scene) -> NDArray[np.bool_] | None:
    mask = scene.segmentation
    if mask is None or not mask.geometry.same_grid(scene.volume.geometry):
        return None
    found: NDArray[np.bool_] = mask.labels == scene.active_segment
    return found if found.any() else None


def _tell(session: Session, fitted: Fitted) -> None:
    """Tell by how much the images agree better, and how to look at it; warn where they were folded."""
    facts: dict[str, object] = {"after": f"{fitted.metric_after:.2f}"}
    if fitted.metric_before is None:
        said = Sentence("Registered. Mutual information is {after} nats.", facts)
    else:
        facts["before"] = f"{fitted.metric_before:.2f}"
        said = Sentence("Registered. Mutual information rose from {before} to {after} nats.", facts)
    session.notices.add("info", said, "Look at it in the checkerboard, the flicker or the difference (menu Fusion).")
    if fitted.lowest_jacobian <= 0.0:
        session.notices.add(
            "warning",
            "The bent images are folded in places: there they show what is not.",
            "Use the affine registration instead.",
        )
