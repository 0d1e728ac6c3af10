"""Show images that a model has made over those it made them from, as a second volume."""

from __future__ import annotations

from dataclasses import replace
from weakref import ref

from medview.imaging.window import default_window
from medview.session.fuse import why_no_fusion
from medview.session.jump_to_finding import images_changed
from medview.session.scene import Scene
from medview.session.session import Session
from medview.session.when_shown import when_shown
from medview.study.finding import DerivedImage, Finding
from medview.study.fusion import Fusion
from medview.study.study import Study
from medview.study.volume import Volume


def show_derived(session: Session, study: Study, finding: Finding) -> bool:
    """Lay derived images over their original, split; False where the original is not open or not shown as a volume."""
    series = study.find(finding.source.series_key)
    if series is None:
        session.notices.add(
            "warning", "The image that this refers to is not open.", "Open the folder of the images it belongs to."
        )
        return False
    if not study.bears(finding.source, finding.geometry):
        session.notices.add_error(images_changed())
        return False
    when_shown(session, study, series, lambda scene: _lay(session, scene, finding))
    return True


def take_off_derived(session: Session, finding: Finding) -> None:
    """Show the original alone again, wherever the derived images lie over it."""
    for scene in (*session.scenes.values(), *session.away.values()):
        if _finding_of(scene) == finding.uid:
            scene.fusion_follower = None
            scene.update(fusion=None)


def is_shown_derived(session: Session, finding: Finding) -> bool:
    """Whether derived images lie over their original in view."""
    return session.scene is not None and _finding_of(session.scene) == finding.uid


def _lay(session: Session, scene: Scene, finding: Finding) -> None:
    image, refusal = finding.payload, why_no_fusion(scene)
    assert isinstance(image, DerivedImage)
    if refusal is not None:
        session.notices.add("warning", refusal, "Save them as a series and open that beside the original.")
        return
    own = replace(
        scene.series,
        series_instance_uid=finding.uid,
        stack="",
        series_description=f"AI {image.title}",
        image_type=("DERIVED", "SECONDARY"),
        instances=(),
    )
    volume = Volume(image.array, finding.geometry, own, image.unit)
    is_like = image.kind in ("denoised", "super_resolved") and image.unit == scene.volume.unit
    window = scene.window if is_like else default_window(volume)
    width = 200.0 if image.unit == "HU" else window[1] / 2.0
    scene.fusion_follower = _Follower(session, scene.study, finding.uid)
    scene.update(
        fusion=Fusion(
            volume,
            volume,
            "frame",
            window,
            "grey",
            mode="split",
            difference_width=width,
            model=finding.title,
            is_synthetic=image.is_synthetic,
        )
    )


def _finding_of(scene: Scene) -> str:
    return scene.fusion_follower.uid if isinstance(scene.fusion_follower, _Follower) else ""


class _Follower:
    """Takes derived images off where their finding is deleted, rejected or undone."""

    def __init__(self, session: Session, study: Study, uid: str) -> None:
        self._session, self._study, self.uid = ref(session), ref(study), uid
        study.findings.changed.connect(self.look)  # psygnal holds a method's object weakly

    def look(self) -> None:
        """Look whether the finding still stands."""
        session, study = self._session(), self._study()
        if session is None or study is None:
            return
        finding = study.findings.find(self.uid)
        if finding is not None and finding.status != "rejected":
            return
        for scene in (*session.scenes.values(), *session.away.values()):
            if scene.fusion_follower is self:
                scene.fusion_follower = None
                scene.update(fusion=None)
