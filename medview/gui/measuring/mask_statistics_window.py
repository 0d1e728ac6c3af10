"""What the images hold under each segment of the mask in view, as a table in a window of its own."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

from medview.gui.language import tr
from medview.gui.links import Links
from medview.gui.one_line import one_line
from medview.gui.table_window import TableWindow
from medview.imaging.findings import Quantity, QuantityName
from medview.imaging.mask_statistics import MaskStatistics
from medview.session.mask_statistics import request_mask_statistics
from medview.session.session import Session
from medview.study.segmentation import Segment, Segmentation

_REST_MS = 300  # measured anew when the brush rests
_VALUES: tuple[QuantityName, ...] = ("mean", "sd", "minimum", "maximum", "median")


class MaskStatisticsWindow(TableWindow):
    """Follows the mask that is in view while it is painted; says what it is about, and in which unit."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(tr("Statistics of the segments"), parent)
        self._session = session
        self._mask: Segmentation | None = None
        self._of_mask = Links()
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST_MS)
        self._rest.timeout.connect(self._measure)
        self.links.connect(session.scene_changed, self._measure_soon)
        self._measure()

    def let_go(self) -> None:
        """Follow neither the session nor the mask any more."""
        self._of_mask.end()
        super().let_go()

    def _measure_soon(self, *_: object) -> None:
        self._rest.start()

    def _measure(self) -> None:
        """Ask for the figures of the mask in view, and follow it from now on."""
        scene = self._session.scene
        mask = scene.segmentation if scene is not None else None
        self._follow(mask)
        if scene is None or mask is None or not scene.is_whole:
            self.fill((), ())
            self.about.setText(tr("No mask is in view."))
            return
        self.about.setText(tr("The segments are being measured…"))
        request_mask_statistics(self._session, scene, lambda found: self._take(mask, found))

    def _follow(self, mask: Segmentation | None) -> None:
        if mask is self._mask:
            return
        self._of_mask.end()
        self._mask = mask
        if mask is not None:
            self._of_mask.connect(mask.changed, self._measure_soon)
            self._of_mask.connect(mask.segments_changed, self._measure_soon)

    def _take(self, mask: Segmentation, found: dict[int, MaskStatistics]) -> None:
        if not self.is_open or mask is not self._mask:
            return
        titles = [tr("Segment"), tr("Voxels"), tr("Volume"), tr("Mean"), tr("SD"), tr("Minimum"), tr("Maximum")]
        segments = [segment for segment in mask.segments if segment.number in found]
        rows = [_row(segment, found[segment.number]) for segment in segments]
        self.fill([*titles, tr("Median")], rows, [segment.colour for segment in segments])
        unit, name = next((row.unit for row in found.values()), ""), one_line(tr(mask.name))
        self.about.setText(tr("{name}: values in {unit}", name=name, unit=unit) if unit else name)


def _row(segment: Segment, found: MaskStatistics) -> list[str]:
    volume = "–" if found.ml is None else f"{found.ml:.2f} ml"
    return [tr(segment.label), str(found.voxels), volume, *(_number(name, found) for name in _VALUES)]


def _number(name: QuantityName, found: MaskStatistics) -> str:
    """Return one figure of the values with the digits that mean something; a dash where there is none."""
    if found.values is None:
        return "–"
    return Quantity(name, float(getattr(found.values, name)), found.unit).number
