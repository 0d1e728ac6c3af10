"""Save how the second volume lies on the one in view, as a DICOM registration: written, read back, compared."""

from __future__ import annotations

from pathlib import Path

from medview.errors import Sentence
from medview.jobs.job import Job
from medview.progress import Progress
from medview.session.fuse import fused_study, joining
from medview.session.session import Session
from medview.study.registration import Registration
from medview.study.series import Series
from medview.study.spare_original import spare_original
from medview.study.spatial_transform import SpatialTransform

_NONE = Sentence("These series have not been registered.")
_NO_FUSION = Sentence("No second series is laid over the one in view.")


def why_no_registration_file(session: Session) -> Sentence | None:
    """Return why there is no registration to save, None where there is one."""
    scene = session.scene
    if scene is None or scene.fusion is None:
        return _NO_FUSION
    return None if scene.fusion.registration is not None else _NONE


def export_registration(session: Session, path: Path) -> Job | None:
    """Submit the writing of the registration that is applied in view; None where there is none: a notice says so."""
    shown = _applied(session)
    if shown is None:
        session.notices.add("warning", why_no_registration_file(session) or _NONE)
        return None
    registration, transform, fixed, moving = shown
    images = [one for study in session.studies for one in study.series]

    def work(progress: Progress) -> tuple[Sentence, ...]:
        from medview.files.objects.registration_object import write_registration

        spare_original(path, images)
        return write_registration(registration, transform, fixed, moving, path, progress=progress)

    def done(said: tuple[Sentence, ...]) -> None:
        session.notices.add("info", "Saved and read back without a difference: {path}", path=str(path))
        for remark in said:
            session.notices.add("warning", remark)

    title = Sentence("Exporting {name}", {"name": path.name})
    return session.jobs.submit(title, work, on_done=done, on_failed=session.notices.add_error)


def _applied(session: Session) -> tuple[Registration, SpatialTransform, Series, Series] | None:
    """Return the registration in view, the way from the first series to the second, and both."""
    scene = session.scene
    if scene is None or scene.fusion is None or scene.fusion.registration is None:
        return None
    moving = scene.fusion.volume.series
    found = joining(session, scene, fused_study(scene) or scene.study, moving)
    return (*found, scene.series, moving) if found is not None else None
