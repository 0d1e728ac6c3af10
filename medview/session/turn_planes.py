"""Turn the three planes, put them back, and lay them along the images or the patient: each is one step to undo."""

from __future__ import annotations

from medview.errors import Sentence
from medview.imaging.plane import PlaneName
from medview.imaging.turned_planes import TurnedPlanes, other_planes
from medview.session.scene import Scene
from medview.session.session import Session
from medview.study.geometry import FloatArray

_ONE_PLANE = Sentence("These images show only one plane: there are no others to turn.")
_NO_PLACE = Sentence("The images do not say how large and how far apart they are: planes cannot be turned.")
_BEING_READ = Sentence("Planes can be turned when all images have been read.")


def why_not(scene: Scene) -> Sentence | None:
    """Return why the planes of a scene cannot be turned, None where they can."""
    if scene.only_plane is not None:
        return _ONE_PLANE
    if not scene.volume.geometry.has_spacing:
        return _NO_PLACE
    return None if scene.is_whole else _BEING_READ


def turn_planes(scene: Scene, planes: TurnedPlanes | None, title: str) -> None:
    """Turn the planes about the crosshair; None puts them along the volume's own axes, where its voxels are native."""
    before = scene.turned_planes, scene.cursor_mm
    scene.turn(planes)
    remember_turn(scene, before, title)


def remember_turn(scene: Scene, before: tuple[TurnedPlanes | None, FloatArray], title: str) -> None:
    """Keep a turn that has been made, as one step that can be undone; `before` are the planes and cursor before it."""
    after = scene.turned_planes, scene.cursor_mm
    if before[0] is after[0]:
        return
    scene.study.history.do_change(
        title, scene, lambda target: target.turn(*after), lambda target: target.turn(*before), is_done=True
    )


def reset_planes(session: Session) -> None:
    """Put the planes along the volume's own axes."""
    scene = session.scene
    if scene is not None and scene.turned_planes is not None:
        turn_planes(scene, None, "Reset the planes")


def align_to_images(session: Session) -> None:
    """Lay one plane in the acquired images and the others perpendicular to it: of a tilted gantry at its tilt."""
    scene = session.scene
    if scene is None or why_not(scene) is not None:
        return
    geometry = scene.volume.geometry
    turn_planes(scene, TurnedPlanes.acquired(geometry) if geometry.is_sheared else None, "Align the planes")


def align_to_patient(session: Session) -> None:
    """Lay the planes straight in the patient, however the images were acquired."""
    scene = session.scene
    if scene is not None and why_not(scene) is None:
        turn_planes(scene, TurnedPlanes.of_angles(0.0, 0.0, 0.0), "Align the planes")


def crossing_planes(session: Session, pane: str) -> tuple[PlaneName, ...]:
    """Return the planes of other panes of the same scene whose lines are drawn in a pane."""
    scene, viewport = session.scene_in(pane), session.viewports.get(pane)
    if scene is None or viewport is None or not viewport.is_flat or scene.only_plane is not None:
        return ()
    shown = {other.plane(scene) for other in session.of_slot(viewport.slot) if other.is_flat}
    return tuple(plane for plane in other_planes(viewport.plane(scene)) if plane in shown)
