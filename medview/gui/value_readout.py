"""The place and value under the mouse, or at the crosshair while the mouse is elsewhere."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QLabel, QWidget

from medview.gui.language import tr
from medview.gui.session_watch import SessionWatch
from medview.session.scene import Scene
from medview.session.session import Session
from medview.view.fusion_lines import fused_value_text
from medview.view.position_text import position_text


class ValueReadout(QLabel):
    """One line in the status bar."""

    def __init__(self, session: Session, watch: SessionWatch, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.setContentsMargins(8, 0, 12, 0)
        self._pane = ""
        self._pointed: NDArray[np.float64] | None = None
        watch.changed.connect(self._follow)
        self.refresh()

    def point_at(self, pane: str, point_mm: NDArray[np.float64] | None) -> None:
        """Read at the mouse, or at the crosshair of the active pane where the mouse is on no image."""
        self._pane, self._pointed = pane, point_mm
        self.refresh()

    def refresh(self) -> None:
        """Show place and value of now."""
        scene = self._session.scene if self._pointed is None else self._session.scene_in(self._pane)
        if scene is None:
            self.setText("")
            return
        point = scene.cursor_mm if self._pointed is None else self._pointed
        value = scene.value_at(point)
        shown = _nothing(scene, point) if value is None else fused_value_text(scene, point, value)
        what = tr("Crosshair") if self._pointed is None else tr("Mouse")
        self.setText(f"{what}   {position_text(scene, point)}   {shown}")

    def _follow(self, topics: frozenset[str]) -> None:
        if "scene" in topics:
            self._pointed = None
        if topics & {"scene", "cursor", "whole", "display"} or ("progress" in topics and self._is_reading):
            self.refresh()

    @property
    def _is_reading(self) -> bool:
        return self._session.scene is not None and not self._session.scene.is_whole


def _nothing(scene: Scene, point_mm: NDArray[np.float64]) -> str:
    """Say why there is no value."""
    inside = scene.volume.geometry.contains(point_mm)
    return tr("not read yet") if inside else tr("outside the image")
