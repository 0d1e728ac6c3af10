"""The bar below the images while a second volume lies over them: which it is, how it is drawn, how it was placed."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QStandardItemModel
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QMenu, QToolButton, QWidget

from medview.errors import Sentence
from medview.gui.flow_frame import FlowFrame
from medview.gui.fusion.fusion_colours import FusionColours
from medview.gui.fusion.fusion_settings import FusionSettings
from medview.gui.language import say, tr
from medview.gui.one_line import one_line
from medview.gui.session_watch import SessionWatch
from medview.session.fuse import Partner, fuse, partners
from medview.session.session import Session
from medview.study.fusion import MODES, Fusion
from medview.view.fusion_lines import registration_text, series_name

REGISTER = (
    "register_rigid", "register_affine", "register_deformable", "register_in_mask", "forget_registration",
    "export_registration",
)  # fmt: skip
_UNREGISTERED = Sentence("Not registered: positions may not agree")
_LONGEST_NAME = 34


class FusionBar(FlowFrame):
    """As many rows of controls as the width asks for; hidden where no second volume lies over the one in view.

    Parameters
    ----------
    actions
        Of the command table, by id.
    """

    def __init__(
        self, session: Session, watch: SessionWatch, actions: Mapping[str, QAction], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("fusion_bar")
        self._session = session
        self._listed: tuple[Partner, ...] = ()
        self.series = QComboBox(self)
        self.series.setAccessibleName(tr("The second series"))
        self.series.setToolTip(tr("The second series"))
        self.series.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.series.activated.connect(self._choose)
        self.basis = QLabel(self)
        self.settings = FusionSettings(session, actions, self)
        self.colours = FusionColours(session, self)
        modes = _group(*(_button(self, actions[f"fusion_{mode}"]) for mode in MODES))
        self.add(self.series, modes, self.settings, self.colours, self._ends(actions), self.basis)
        watch.changed.connect(self._follow)
        self.refresh()

    def refresh(self) -> None:
        """Show the second volume of now."""
        scene = self._session.scene
        fusion = scene.fusion if scene is not None else None
        self.setVisible(fusion is not None)
        if fusion is None:
            return
        self._list_series(fusion)
        self._tell_basis()
        self.settings.refresh(fusion)
        self.colours.refresh(fusion)
        self.lay()

    def _ends(self, actions: Mapping[str, QAction]) -> QWidget:
        """Return the buttons that register both, and end it."""
        register = QToolButton(self)
        register.setText(tr("Register"))
        register.setObjectName("menu_button")
        register.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        register.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        menu = QMenu(register)
        menu.setToolTipsVisible(True)
        menu.addActions([actions[name] for name in REGISTER])
        register.setMenu(menu)
        end = _button(self, actions["end_fusion"])
        end.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        return _group(register, end)

    def _list_series(self, fusion: Fusion) -> None:
        """List every open series; those that cannot be laid over the one in view say why."""
        listed = partners(self._session)
        if self._key(listed) != self._key(self._listed) or not self.series.count():
            self._listed = listed
            self.series.clear()
            self.series.addItems([partner_title(one) for one in listed])
            model = self.series.model()
            assert isinstance(model, QStandardItemModel)
            for number, one in enumerate(listed):
                item = model.item(number)
                item.setEnabled(one.refusal is None)
                item.setToolTip(say(one.refusal) if one.refusal is not None else partner_title(one))
        keys = [one.series.key for one in self._listed]
        shown = fusion.volume.series.key
        self.series.setPlaceholderText(one_line(series_name(fusion.volume.series)))  # of no series that is open
        self.series.setCurrentIndex(keys.index(shown) if shown in keys else -1)

    @staticmethod
    def _key(listed: tuple[Partner, ...]) -> list[object]:
        return [(one.series.key, one.basis, one.refusal) for one in listed]

    def _choose(self, number: int) -> None:
        one = self._listed[number]
        if one.refusal is None:
            fuse(self._session, one.study, one.series)

    def _tell_basis(self) -> None:
        scene = self._session.scene
        fusion = scene.fusion if scene is not None else None
        if fusion is None:
            return
        self.basis.setVisible(fusion.basis != "frame")  # what goes without saying needs no room
        said = _UNREGISTERED if fusion.registration is None else registration_text(fusion.registration)
        name = "research_only" if fusion.basis == "unregistered" else "dim"  # the theme's colours of a warning, or less
        if self.basis.objectName() != name:
            self.basis.setObjectName(name)
            self.basis.style().unpolish(self.basis)
            self.basis.style().polish(self.basis)
        self.basis.setText(say(said))

    def _follow(self, topics: frozenset[str]) -> None:
        if topics & {"scene", "display", "studies"}:
            self.refresh()


def _group(*widgets: QWidget) -> QWidget:
    """Return widgets that stay beside each other."""
    group = QWidget()
    layout = QHBoxLayout(group)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(3)
    for widget in widgets:
        layout.addWidget(widget)
    return group


def _button(parent: QWidget, action: QAction) -> QToolButton:
    button = QToolButton(parent)
    button.setDefaultAction(action)
    button.setObjectName(action.objectName())
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return button


def partner_title(one: Partner) -> str:
    """Return what a series is called in a list: number, modality, description."""
    number = f"{one.series.series_number}  " if one.series.series_number is not None else ""
    name = one_line(number + series_name(one.series))
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"
