"""How a person looks at what models have said of a study: which finding is chosen, from which score on, which map."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from weakref import WeakKeyDictionary

from psygnal import Signal

from medview.session.scene import Scene
from medview.study.finding import Finding, HeatMap, ScoredBox
from medview.study.geometry import Geometry
from medview.study.series import Series
from medview.study.study import Study

_views: WeakKeyDictionary[Study, FindingView] = WeakKeyDictionary()


class FindingView:
    """What panes and lists point out together. It changes no finding, and but for the thresholds nothing of it is kept.

    Attributes
    ----------
    selected_uid, hovered_uid
        The finding that keys act on, and the one under the mouse; "" for none.
    map_uid, map_opacity
        The heat map that is drawn over the images, "" for none, and how strongly.
    """

    changed = Signal()

    def __init__(self) -> None:
        self.selected_uid = ""
        self.hovered_uid = ""
        self.map_uid = ""
        self.map_opacity = 0.5
        self._thresholds: dict[str, float] = {}
        self._placed: tuple[int, Series, Geometry, tuple[Finding, ...]] | None = None

    def select(self, uid: str) -> None:
        """Choose a finding; "" for none."""
        if uid != self.selected_uid:
            self.selected_uid = uid
            self.changed.emit()

    def hover(self, uid: str) -> None:
        """Point out what lies under the mouse."""
        if uid != self.hovered_uid:
            self.hovered_uid = uid
            self.changed.emit()

    def show_map(self, uid: str, opacity: float | None = None) -> None:
        """Draw a heat map over the images; "" takes it off."""
        self.map_uid = uid
        self.map_opacity = self.map_opacity if opacity is None else opacity
        self.changed.emit()

    def threshold(self, finding: Finding) -> float:
        """Return from which score on the boxes of a finding's run are shown."""
        return self._thresholds.get(finding.run_uid, finding.threshold)

    def set_threshold(self, finding: Finding, threshold: float) -> None:
        """Show the boxes of a finding's run from another score on."""
        self._thresholds[finding.run_uid] = threshold
        self.changed.emit()

    @property
    def chosen_thresholds(self) -> Mapping[str, float]:
        """From which score on boxes are shown, by run, where a person has chosen it."""
        return MappingProxyType(self._thresholds)

    def choose_thresholds(self, by_run: Mapping[str, float]) -> None:
        """Show the boxes of several runs from other scores on: what was chosen on another day."""
        if by_run:
            self._thresholds.update(by_run)
            self.changed.emit()

    def placed(self, scene: Scene) -> tuple[Finding, ...]:
        """Return the findings of the very images of a scene, on their very grid; asked many times a frame."""
        findings, series, geometry = scene.study.findings, scene.series, scene.volume.geometry
        kept = self._placed
        if kept is None or kept[0] != findings.revision or kept[1] is not series or kept[2] is not geometry:
            found, sop_hash = findings.on(series.key), series.sop_hash
            fits = {id(f.geometry): f.geometry.same_grid(geometry) for f in {id(f.geometry): f for f in found}.values()}
            fitting = tuple(f for f in found if f.source.sop_hash == sop_hash and fits[id(f.geometry)])
            kept = self._placed = findings.revision, series, geometry, fitting
        return kept[3]

    def shows(self, finding: Finding) -> bool:
        """Whether a finding is drawn: what a person has accepted always is, what was rejected never."""
        if finding.status != "proposed" or not isinstance(finding.payload, ScoredBox):
            return finding.status != "rejected"
        return finding.payload.score >= self.threshold(finding)


def finding_view(study: Study) -> FindingView:
    """Return how the findings of a study are looked at, the same as long as the study is open."""
    if study not in _views:
        _views[study] = FindingView()
    return _views[study]


def findings_on(scene: Scene) -> tuple[Finding, ...]:
    """Return the findings of the very images in view, on their very grid."""
    return finding_view(scene.study).placed(scene) if len(scene.study.findings) else ()


def shown_map(scene: Scene) -> Finding | None:
    """Return the heat map that is drawn over the images in view, None where there is none."""
    uid = finding_view(scene.study).map_uid
    if not uid:
        return None
    there = (f for f in findings_on(scene) if f.uid == uid and isinstance(f.payload, HeatMap))
    return next((f for f in there if f.status != "rejected"), None)
