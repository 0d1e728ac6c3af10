"""Why a command cannot be done just now."""

from __future__ import annotations

from medview.errors import Sentence
from medview.session import played
from medview.session.finding_view import finding_view
from medview.session.layout import visible_cells
from medview.session.load_demo import TITLE as DEMO_TITLE
from medview.session.scene import Scene
from medview.session.session import Session

_NO_IMAGES = Sentence("No images are open.")
_ONE_IMAGE = Sentence("A single image fills the window.")
_ONE_PANE = Sentence("The layout has one pane.")
_RECORDING = Sentence("A recording has one plane: its frames follow each other in time.")
_COLOURS = Sentence("Colour images are shown in the plane they were taken in.")
_UNEVEN = Sentence("No other plane is cut: the distances between these images are not even, or not known.")
_NO_WINDOW = Sentence("Colours have no preset and no automatic window: drag for brightness and contrast.")
_BEING_READ = Sentence("The images are still being read.")
_NOT_WHOLE = Sentence("Not all images were read. Open the series again.")
_NOTHING_TO_PLAY = Sentence("There is a single image, or no plane is chosen: there is nothing to play.")
_EVEN = Sentence("These slices lie evenly and at right angles, or do not say where they lie.")
_RESAMPLED = ("missing", "variable", "tilted")
_NO_PLANE = Sentence("The active pane shows no plane of the images.")
_NO_STUDY = Sentence("No study is open.")
_NO_MASK = Sentence("There is no segmentation on these images yet.")
_NO_FINDINGS = Sentence("No model has found anything in this study yet.")
_NO_FINDING = Sentence("No finding is chosen: click on one in the list or in the images.")
_NO_UNDO = Sentence("There is nothing to undo.")
_NO_REDO = Sentence("There is nothing to redo.")
_NO_SPACING = Sentence("The images do not say how large a pixel is: a surface would have no size.")
_NO_PICTURE = Sentence("Only pictures, which hold no millimetres, are given some.")
_DEMO_COMING = Sentence("The demo study is being made.")
_NO_WARNINGS = Sentence("Nothing was left out and no series has a warning.")


def has_images(session: Session) -> Sentence | None:
    """Ask for a volume in view."""
    return _NO_IMAGES if session.scene is None else None


def has_panes(session: Session) -> Sentence | None:
    """Ask for a volume, of which other planes can be cut."""
    scene = session.scene
    return _why_one_plane(scene) if scene is not None and scene.only_plane is not None else has_images(session)


def has_several_panes(session: Session) -> Sentence | None:
    """Ask for several panes to choose from."""
    if not session.scenes:
        return _NO_IMAGES
    if len(visible_cells(session.layout, session.scenes)) > 1:
        return None
    scene = session.scene
    return _why_one_plane(scene) if scene is not None and scene.only_plane is not None else _ONE_PANE


def _why_one_plane(scene: Scene) -> Sentence:
    if scene.volume.geometry.shape[0] == 1:
        return _ONE_IMAGE
    if scene.is_recording:
        return _RECORDING
    return _COLOURS if scene.volume.is_colour else _UNEVEN


def has_grey(session: Session) -> Sentence | None:
    """Ask for images of grey values, which are seen through a window."""
    return _NO_WINDOW if session.scene is not None and session.scene.volume.is_colour else has_images(session)


def is_whole(session: Session) -> Sentence | None:
    """Ask for a volume that has been read to its last image: nothing is drawn on or made from a part."""
    loading = session.scene.loading if session.scene is not None else None
    if loading is None:
        return has_images(session)
    return _BEING_READ if loading.state == "reading" else _NOT_WHOLE


def can_window(session: Session) -> Sentence | None:
    """Ask for grey values that are all there, so that a window can be fitted to them."""
    return has_grey(session) or is_whole(session)


def can_resample(session: Session) -> Sentence | None:
    """Ask for slices that are tilted, or not evenly spaced."""
    scene = session.scene
    if scene is None:
        return _NO_IMAGES
    return None if any(line.kind in _RESAMPLED for line in scene.series.guard) else _EVEN


def lacks_spacing(session: Session) -> Sentence | None:
    """Ask for pictures, which hold no millimetres."""
    scene = session.scene
    if scene is None:
        return _NO_IMAGES
    is_picture = scene.series.file_format != "DICOM" and not scene.volume.geometry.has_spacing
    return None if is_picture else _NO_PICTURE


def can_play(session: Session) -> Sentence | None:
    """Ask for frames, places of a 4-D series, or slices."""
    return has_images(session) or (None if played.can_play(session) else _NOTHING_TO_PLAY)


def has_plane(session: Session) -> Sentence | None:
    """Ask for a plane in the active pane: a 3D view is turned by the mouse, and no image of its own."""
    return has_images(session) or (None if session.active_viewport.is_flat else _NO_PLANE)


def has_grey_plane(session: Session) -> Sentence | None:
    """Ask for a plane of grey values in the active pane."""
    return has_plane(session) or has_grey(session)


def has_study(session: Session) -> Sentence | None:
    """Ask for an open study."""
    return None if session.studies else _NO_STUDY


def has_mask(session: Session) -> Sentence | None:
    """Ask for a segmentation on the volume in view."""
    if session.scene is None:
        return _NO_IMAGES
    return _NO_MASK if session.scene.segmentation is None else is_whole(session)


def has_surface(session: Session) -> Sentence | None:
    """Ask for a segmentation whose voxels have a size in mm."""
    missing = has_mask(session)
    if missing is None and session.scene is not None and not session.scene.volume.geometry.has_spacing:
        return _NO_SPACING
    return missing


def has_findings(session: Session) -> Sentence | None:
    """Ask for something that a model has said beside masks."""
    if session.scene is None:
        return _NO_IMAGES
    return None if len(session.scene.study.findings) else _NO_FINDINGS


def has_chosen_finding(session: Session) -> Sentence | None:
    """Ask for a finding that is chosen."""
    missing = has_findings(session)
    if missing is None and session.scene is not None and not finding_view(session.scene.study).selected_uid:
        return _NO_FINDING
    return missing


def can_undo(session: Session) -> Sentence | None:
    """Ask for an edit that can be taken back."""
    return None if session.scene is not None and session.scene.study.history.undo_title else _NO_UNDO


def can_redo(session: Session) -> Sentence | None:
    """Ask for an edit that has been taken back."""
    return None if session.scene is not None and session.scene.study.history.redo_title else _NO_REDO


def demo_is_not_coming(session: Session) -> Sentence | None:
    """Ask that the demo study is not being made already."""
    return _DEMO_COMING if any(job.title == DEMO_TITLE for job in session.jobs.jobs) else None


def has_warnings(session: Session) -> Sentence | None:
    """Ask for something a person should know of the files."""
    series = [s for study in session.studies for s in study.series]
    told = session.rejected or any(s.warnings or s.refusal for s in series)
    return None if told else _NO_WARNINGS
