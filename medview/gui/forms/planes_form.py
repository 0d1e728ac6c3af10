"""Slab and angles of the planes, typed or dragged; stays open beside the images."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from medview.errors import Sentence
from medview.gui.language import say, tr
from medview.gui.links import Links
from medview.imaging.oblique import to_angles
from medview.imaging.turned_planes import TurnedPlanes
from medview.session.scene import Scene
from medview.session.session import Session
from medview.session.set_slab import MOST_MM, set_slab
from medview.session.turn_planes import align_to_images, align_to_patient, reset_planes, turn_planes, why_not
from medview.session.viewport import SlabMode
from medview.view.plane_titles import PANE_TITLES

_MODES: tuple[tuple[SlabMode, Sentence], ...] = (
    ("max", Sentence("Maximum (MIP)")),
    ("mean", Sentence("Mean")),
    ("min", Sentence("Minimum (MinIP)")),
)
_SLIDER_MM = 100  # what is commonly wanted; thicker slabs are typed
_AXES = (Sentence("About left-right"), Sentence("About front-back"), Sentence("About head-foot"))


class PlanesForm(QDialog):
    """Shows and sets the slab of the active pane and how the planes of its scene are turned.

    Attributes
    ----------
    thickness, slider, mode
        Of the slab of the active pane, in mm.
    angles
        Of the turned planes against the patient's own, in degrees: about left-right, then front-back, then head-foot.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._links = Links()
        self._passing = Links()
        self._scene: Scene | None = None
        self.setWindowTitle(tr("Slab and angles"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        layout = QVBoxLayout(self)
        self._pane_title = QLabel(self)
        layout.addWidget(self._pane_title)
        layout.addLayout(self._slab_rows())
        self._planes_title = QLabel(tr("Planes"), self)
        layout.addWidget(self._planes_title)
        layout.addLayout(self._angle_rows())
        layout.addLayout(self._buttons())
        self._why_not = QLabel(self)
        self._why_not.setObjectName("dim")
        self._why_not.setWordWrap(True)
        layout.addWidget(self._why_not)
        for title in (self._pane_title, self._planes_title):
            font = title.font()
            font.setBold(True)
            title.setFont(font)
        self._links.connect(session.display_changed, self.refresh)
        self._links.connect(session.scene_changed, self.refresh)
        self.destroyed.connect(self._links.end)
        self.destroyed.connect(self._passing.end)
        self.refresh()

    def refresh(self) -> None:
        """Show what is so now."""
        self._follow_scene()
        scene, viewport = self._session.scene, self._session.active_viewport
        has_slab = scene is not None and scene.only_plane is None and viewport.kind != "volume"
        for widget in (self.thickness, self.slider, self.mode):
            widget.setEnabled(has_slab)
        title = PANE_TITLES[viewport.plane(scene)] if scene is not None and viewport.is_flat else None
        self._pane_title.setText(tr("Slab of the view {pane}", pane=title) if title is not None else tr("Slab"))
        _show(self.thickness, viewport.slab_mm)
        self.slider.blockSignals(True)
        self.slider.setValue(min(round(viewport.slab_mm), _SLIDER_MM))
        self.slider.blockSignals(False)
        self.mode.setCurrentIndex([mode for mode, _ in _MODES].index(viewport.slab_mode))
        reason = why_not(scene) if scene is not None else None
        for angle in self.angles:
            angle.setEnabled(scene is not None and reason is None)
        self._why_not.setText(say(reason) if reason is not None else "")
        self._why_not.setVisible(reason is not None)
        self._show_angles()

    def _follow_scene(self) -> None:
        scene = self._session.scene
        if scene is self._scene:
            return
        self._passing.end()
        self._scene = scene
        if scene is not None:
            self._passing.connect(scene.cursor_changed, self._show_angles)
        for viewport in self._session.viewports.values():
            self._passing.connect(viewport.changed, self.refresh)

    def _show_angles(self) -> None:
        scene = self._session.scene
        if scene is None:
            return
        planes = scene.turned_planes or TurnedPlanes.acquired(scene.volume.geometry)
        for box, degrees in zip(self.angles, to_angles(planes.rotation), strict=True):
            _show(box, degrees)

    def _slab_rows(self) -> QFormLayout:
        rows = QFormLayout()
        self.thickness = QDoubleSpinBox(self)
        self.thickness.setRange(0.0, MOST_MM)
        self.thickness.setDecimals(1)
        self.thickness.setSuffix(" mm")
        self.thickness.setSpecialValueText(tr("One slice"))
        self.thickness.setKeyboardTracking(False)
        self.thickness.valueChanged.connect(self._on_thickness)
        self.slider = QSlider(Qt.Orientation.Horizontal, self)
        self.slider.setRange(0, _SLIDER_MM)
        self.slider.setMinimumWidth(160)
        self.slider.valueChanged.connect(self._on_thickness)
        self.mode = QComboBox(self)
        for _, title in _MODES:
            self.mode.addItem(say(title))
        self.mode.activated.connect(self._on_mode)
        beside = QHBoxLayout()
        beside.addWidget(self.slider, 1)
        beside.addWidget(self.thickness)
        rows.addRow(tr("Thickness"), beside)
        rows.addRow(tr("Projection"), self.mode)
        return rows

    def _angle_rows(self) -> QFormLayout:
        rows = QFormLayout()
        self.angles = tuple(QDoubleSpinBox(self) for _ in _AXES)
        for box, title in zip(self.angles, _AXES, strict=True):
            box.setRange(-180.0, 180.0)
            box.setDecimals(1)
            box.setSuffix("°")
            box.setWrapping(True)
            box.setKeyboardTracking(False)
            box.valueChanged.connect(self._on_angle)
            rows.addRow(say(title), box)
        return rows

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        for title, verb in (
            (tr("Reset the planes"), reset_planes),
            (tr("Along the images"), align_to_images),
            (tr("Along the patient"), align_to_patient),
        ):
            button = QPushButton(title, self)
            button.setAutoDefault(False)
            button.clicked.connect(lambda _=False, verb=verb: verb(self._session))
            row.addWidget(button)
        return row

    def _on_thickness(self, thickness_mm: float) -> None:
        set_slab(self._session, self._session.active_pane, thickness_mm)

    def _on_mode(self, place: int) -> None:
        set_slab(self._session, self._session.active_pane, mode=_MODES[place][0])

    def _on_angle(self) -> None:
        scene = self._session.scene
        if scene is not None and why_not(scene) is None:
            left, back, head = (box.value() for box in self.angles)
            turn_planes(scene, TurnedPlanes.of_angles(left, back, head), "Turn the planes")


def _show(box: QDoubleSpinBox, value: float) -> None:
    """Show a value without telling that it was typed; not over what a person is just typing."""
    if box.hasFocus() and abs(box.value() - value) < 0.051:
        return
    box.blockSignals(True)
    box.setValue(value)
    box.blockSignals(False)
