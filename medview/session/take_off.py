"""Take off the images what a report or another object has put on them."""

from __future__ import annotations

from medview.session.apply_presentation import take_off_presentation
from medview.session.register import forget_object
from medview.session.session import Session
from medview.study.object_report import ObjectReport
from medview.study.study import Study


def is_applied(session: Session, study: Study | None, report: ObjectReport) -> bool:
    """Whether something of a report lies on the images: marks, a state, a dose, values, a registration."""
    if study is None or study not in session.studies:
        return False
    scene = session.scene
    on_scene = scene is not None and scene.study is study
    if scene is not None and on_scene and report.object.kind == "presentation state" and scene.presentation is not None:
        return True
    if scene is not None and on_scene and report.object.kind == "RT dose":
        return scene.dose is not None
    if scene is not None and on_scene and report.object.kind == "real world value map":
        return scene.value_map is not None
    if report.object.kind == "registration":
        return any(one.object_uid == report.object.sop_instance_uid for one in study.registrations)
    return bool(report.annotations) and bool(study.annotations.of_object(report.annotations[0].object_uid))


def take_off(session: Session, study: Study, report: ObjectReport) -> None:
    """Take it off; the object stays in the list and can be opened again."""
    scene = session.scene
    if scene is not None and scene.study is study:
        if report.object.kind == "presentation state":
            take_off_presentation(scene)
        elif report.object.kind == "RT dose":
            scene.update(dose=None)
        elif report.object.kind == "real world value map":
            scene.update(value_map=None)
    if report.object.kind == "registration":
        forget_object(study, report.object.sop_instance_uid)
    if report.annotations:
        study.annotations.take_off(report.annotations[0].object_uid)
