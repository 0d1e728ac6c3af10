"""The mask in view: which one, its segments, how it is drawn, the brush, and its export."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from medview.gui.dim_label import dim_label
from medview.gui.icon import icon
from medview.gui.language import tr
from medview.gui.panel_heading import panel_heading
from medview.gui.segmenting.segment_list import SegmentList
from medview.gui.session_watch import SessionWatch
from medview.session.session import Session
from medview.study.segmentation import Segmentation

_FILTER_FROM = 12  # segments; below that the list is read at a glance


class SegmentPanel(QWidget):
    """The lower right panel.

    Parameters
    ----------
    actions
        The window's actions by command id; the buttons are theirs.
    """

    def __init__(
        self, session: Session, watch: SessionWatch, actions: dict[str, QAction], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._actions = actions
        self.segments = SegmentList(session, watch, self)
        self._build()
        watch.changed.connect(self._follow)
        self.refresh()

    def refresh(self) -> None:
        """Show the mask of now."""
        scene = self._session.scene
        masks = self._masks()
        current = scene.segmentation if scene is not None else None
        self.masks.blockSignals(True)
        self.masks.clear()
        for number, mask in enumerate(masks, start=1):
            self.masks.addItem(f"{number}  {tr(mask.name)}")
        self.masks.setCurrentIndex(masks.index(current) if current is not None and current in masks else -1)
        self.masks.blockSignals(False)
        self.empty.setVisible(current is None)
        for part in (self.masks, self.segments, self.look, self.export):
            part.setVisible(current is not None)
        self.filter.setVisible(current is not None and len(current.segments) >= _FILTER_FROM)
        self.segments.show_matching(self.filter.text() if self.filter.isVisibleTo(self) else "")
        self._refresh_look()

    def _refresh_look(self) -> None:
        scene = self._session.scene
        if scene is not None:
            self.opacity.blockSignals(True)
            self.opacity.setValue(round(scene.mask_opacity * 100))
            self.opacity.blockSignals(False)
            self.opacity_text.setText(f"{round(scene.mask_opacity * 100)} %")
            for box, value in ((self.outline, scene.mask_outline), (self.visible, scene.mask_visible)):
                box.blockSignals(True)
                box.setChecked(value)
                box.blockSignals(False)
        self.brush.blockSignals(True)
        self.brush.setValue(2 * self._session.settings["brush_radius_mm"])
        self.brush.blockSignals(False)

    def _build(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 4, 10, 10)
        line = QFrame(self)
        line.setObjectName("line")
        layout.addWidget(line)
        layout.setSpacing(8)
        layout.addLayout(self._heading())
        self.masks = QComboBox(self)
        self.masks.setObjectName("masks")
        self.masks.setAccessibleName(tr("Segmentation"))
        self.masks.currentIndexChanged.connect(self._choose_mask)
        self.empty = dim_label(tr("No segmentation yet. Run one, or paint with the brush."), self)
        self.filter = QLineEdit(self)
        self.filter.setPlaceholderText(tr("Find a segment"))
        self.filter.setClearButtonEnabled(True)
        self.filter.textChanged.connect(self.segments.show_matching)
        self.look = self._look()
        self.export = self._export_button()
        for part in (self.masks, self.empty, self.filter):
            layout.addWidget(part)
        self.segments.setMinimumHeight(self.fontMetrics().height() * 6)
        layout.addWidget(self.segments, 1)
        layout.addWidget(self.look)
        layout.addWidget(self.export)
        layout.addStretch(0)

    def _heading(self) -> QHBoxLayout:
        buttons = []
        for name in ("undo", "redo", "new_segmentation", "clear_segment", "remove_segmentation"):
            button = QToolButton(self)
            button.setDefaultAction(self._actions[name])
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
            button.setAutoRaise(True)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            buttons.append(button)
        return panel_heading(tr("Segments"), buttons, self)

    def _look(self) -> QWidget:
        box = QWidget(self)
        grid = QGridLayout(box)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(6)
        self.opacity = QSlider(Qt.Orientation.Horizontal, box)
        self.opacity.setRange(5, 100)
        self.opacity.setAccessibleName(tr("Opacity"))
        self.opacity.valueChanged.connect(self._set_opacity)
        self.opacity.sliderReleased.connect(self._keep_opacity)
        self.opacity_text = QLabel(box)
        self.opacity_text.setMinimumWidth(self.fontMetrics().horizontalAdvance("100 %"))
        self.opacity_text.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.visible = QCheckBox(tr("Show the mask"), box)
        self.visible.toggled.connect(lambda on: self._update(mask_visible=on))
        self.outline = QCheckBox(tr("Outline only"), box)
        self.outline.toggled.connect(lambda on: self._update(mask_outline=on))
        self.brush = QDoubleSpinBox(box)
        self.brush.setRange(1.0, 120.0)
        self.brush.setDecimals(1)
        self.brush.setMinimumHeight(self.fontMetrics().height() + 12)
        self.brush.setSuffix(" mm")
        self.brush.setAccessibleName(tr("Brush diameter"))
        self.brush.setToolTip(tr("Brush diameter; [ and ] change it, too"))
        self.brush.valueChanged.connect(self._set_brush)
        grid.addWidget(QLabel(tr("Opacity"), box), 0, 0)
        grid.addWidget(self.opacity, 0, 1)
        grid.addWidget(self.opacity_text, 0, 2)
        grid.addWidget(QLabel(tr("Brush"), box), 1, 0)
        grid.addWidget(self.brush, 1, 1, 1, 2)
        row = QHBoxLayout()
        row.addWidget(self.visible)
        row.addWidget(self.outline)
        row.addStretch()
        grid.addLayout(row, 2, 0, 1, 3)
        grid.setColumnStretch(1, 1)
        return box

    def _export_button(self) -> QPushButton:
        button = QPushButton(icon("export"), tr("Export"), self)
        button.setObjectName("export")
        menu = QMenu(button)
        menu.setToolTipsVisible(True)
        for name in ("export_dicom_seg", "export_nifti", "export_stl", "save_picture"):
            menu.addAction(self._actions[name])
        button.setMenu(menu)
        return button

    def _masks(self) -> list[Segmentation]:
        """Return the segmentations of the series in view."""
        scene = self._session.scene
        if scene is None:
            return []
        return [mask for mask in scene.study.segmentations if mask.source.series_key == scene.series.key]

    def _choose_mask(self, row: int) -> None:
        masks = self._masks()
        if self._session.scene is not None and 0 <= row < len(masks):
            self._session.scene.show_segmentation(masks[row])

    def _set_opacity(self, percent: int) -> None:
        self._update(mask_opacity=percent / 100)
        if not self.opacity.isSliderDown():
            self._keep_opacity()

    def _keep_opacity(self) -> None:
        """Remember the opacity for the next study, once the slider has come to rest."""
        self._session.settings["mask_opacity"] = self.opacity.value() / 100

    def _set_brush(self, diameter_mm: float) -> None:
        self._session.settings["brush_radius_mm"] = diameter_mm / 2

    def _update(self, **values: object) -> None:
        if self._session.scene is not None:
            self._session.scene.update(**values)

    def _follow(self, topics: frozenset[str]) -> None:
        if topics & {"scene", "segments"}:
            self.refresh()
        elif topics & {"display", "settings"}:
            self._refresh_look()
