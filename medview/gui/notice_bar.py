"""The notices above the images: they tell without blocking. The few questions that must block are asked here, too."""

from __future__ import annotations

import platform
from functools import partial
from typing import Literal

from PySide6.QtCore import Qt, QTimer, qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QMessageBox,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from medview.gui.icon import icon, icon_pixmap
from medview.gui.language import say, tr
from medview.gui.session_watch import SessionWatch
from medview.gui.theme import theme
from medview.session.notice import Notice
from medview.session.session import Session

_SHOWN = 2  # more would push the images down; the rest is one click away
PASSES_AFTER_S = 12  # what only tells must not take room from the images for longer
_SENTENCE_ENDS = (".", "。", ")", "）", "!", "?")
_UNEXPECTED = "Unexpected problem: {reason}"
Leaving = Literal["export", "discard", "stay"]


class NoticeBar(QFrame):
    """Shows the newest notices, one row each, and how many more there are.

    What only tells goes after a while by itself, not while the mouse is on it; warnings and errors stay.
    """

    def __init__(self, session: Session, watch: SessionWatch, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._all_shown = False
        self._passing: list[tuple[Notice, int]] = []  # with their age in seconds
        self.clock = QTimer(self)
        self.clock.setInterval(1000)
        self.clock.timeout.connect(self._age)
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(1)
        watch.changed.connect(self._follow)
        self.refresh()

    def refresh(self) -> None:
        """Show the notices of now, the newest on top."""
        while (item := self._rows.takeAt(0)) is not None:
            row = item.widget()
            if row is not None:
                row.hide()
                row.deleteLater()
        notices = list(reversed(self._session.notices.notices))
        self._all_shown = self._all_shown and len(notices) > _SHOWN
        for notice in notices if self._all_shown else notices[:_SHOWN]:
            self._rows.addWidget(_NoticeRow(self._session, notice, self))
        if len(notices) > _SHOWN:
            self._rows.addWidget(self._more_row(len(notices)))
        self.setVisible(bool(notices))
        self._follow_passing(notices)

    def shown_text(self) -> str:
        """Return what is written in the bar."""
        return "\n".join(label.text() for label in self.findChildren(QLabel) if label.isVisibleTo(self))

    def _follow_passing(self, notices: list[Notice]) -> None:
        """Keep the ages of the notices that will go; those that have come are new."""
        known = {id(notice): age for notice, age in self._passing}
        self._passing = [(notice, known.get(id(notice), 0)) for notice in notices if not notice.stays]
        if not self._passing:
            self.clock.stop()
        elif not self.clock.isActive():
            self.clock.start()

    def _age(self) -> None:
        if self.underMouse() or not self.isVisible():
            return
        self._passing = [(notice, age + 1) for notice, age in self._passing]
        for notice, age in tuple(self._passing):
            if age >= PASSES_AFTER_S:
                self._session.notices.dismiss(notice)

    def _more_row(self, count: int) -> QWidget:
        row = QFrame(self)
        row.setObjectName("more_notices")
        layout = QHBoxLayout(row)
        layout.setContentsMargins(12, 2, 8, 2)
        text = tr("Show fewer") if self._all_shown else tr("{count} more", count=count - _SHOWN)
        unfold = QPushButton(text, row)
        unfold.setFlat(True)
        unfold.clicked.connect(self._unfold)
        dismiss = QPushButton(tr("Dismiss all"), row)
        dismiss.setFlat(True)
        dismiss.clicked.connect(self._dismiss_all)
        layout.addWidget(unfold)
        layout.addStretch()
        layout.addWidget(dismiss)
        return row

    def _unfold(self) -> None:
        self._all_shown = not self._all_shown
        self.refresh()

    def _dismiss_all(self) -> None:
        for notice in self._session.notices.notices:
            self._session.notices.dismiss(notice)

    def _follow(self, topics: frozenset[str]) -> None:
        if "notices" in topics:
            self.refresh()


class _NoticeRow(QFrame):
    """One notice: icon, sentence and remedy, how often, copy and dismiss."""

    def __init__(self, session: Session, notice: Notice, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self.setProperty("level", notice.level)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 7, 8, 7)
        layout.setSpacing(10)
        layout.addWidget(self._sign(notice), 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self._text(notice), 1)
        if notice.message.template == _UNEXPECTED:
            copy = QPushButton(icon("copy"), tr("Copy details"), self)
            copy.clicked.connect(partial(_copy_details, notice))
            layout.addWidget(copy, 0, Qt.AlignmentFlag.AlignTop)
        dismiss = QToolButton(self)
        dismiss.setObjectName("dismiss")
        dismiss.setIcon(icon("close"))
        dismiss.setToolTip(tr("Dismiss"))
        dismiss.setAutoRaise(True)
        dismiss.clicked.connect(partial(session.notices.dismiss, notice))
        layout.addWidget(dismiss, 0, Qt.AlignmentFlag.AlignTop)

    def _sign(self, notice: Notice) -> QLabel:
        sign = QLabel(self)
        sign.setPixmap(icon_pixmap(notice.level, 17, getattr(theme(), notice.level), self.devicePixelRatioF()))
        return sign

    def _text(self, notice: Notice) -> QLabel:
        text = say(notice.message)
        if notice.count > 1 and notice.level != "info":
            text = tr("{text} ({count} times)", text=text, count=notice.count)
        if notice.remedy.template:
            text = f"{text}{' ' if text.endswith(_SENTENCE_ENDS) else ' – '}{say(notice.remedy)}"
        label = QLabel(text, self)
        label.setTextFormat(Qt.TextFormat.PlainText)  # a file's name must not become mark-up
        label.setWordWrap(True)
        label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        # its height follows from the width it is given, not from the width it would like
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        label.setSizePolicy(policy)
        return label


def _copy_details(notice: Notice) -> None:
    """Put what a report of the problem needs on the clipboard."""
    lines = (
        str(notice.message),
        f"MedView {_version()}, Python {platform.python_version()}, Qt {qVersion()}, {platform.platform()}",
        f"{QGuiApplication.platformName()}, {notice.count} times",
    )
    QGuiApplication.clipboard().setText("\n".join(lines))


def _version() -> str:
    from medview import __version__

    return __version__


def confirmed(parent: QWidget, question: str, verb: str) -> bool:
    """Ask whether to do what cannot be undone; the answer that harms nothing is the default."""
    box = QMessageBox(QMessageBox.Icon.Warning, "MedView", question, QMessageBox.StandardButton.Cancel, parent)
    go = box.addButton(verb, QMessageBox.ButtonRole.DestructiveRole)
    box.setDefaultButton(QMessageBox.StandardButton.Cancel)
    box.exec()
    return box.clickedButton() is go


def ask_leaving(parent: QWidget) -> Leaving:
    """Ask what to do with corrections that have not been exported."""
    box = QMessageBox(
        QMessageBox.Icon.Warning,
        "MedView",
        tr("Corrections of a mask have not been exported."),
        QMessageBox.StandardButton.NoButton,
        parent,
    )
    box.setInformativeText(tr("They are lost when MedView closes."))
    export = box.addButton(tr("Export…"), QMessageBox.ButtonRole.AcceptRole)
    discard = box.addButton(tr("Discard corrections"), QMessageBox.ButtonRole.DestructiveRole)
    stay = box.addButton(tr("Stay"), QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(stay)
    box.exec()
    if box.clickedButton() is export:
        return "export"
    return "discard" if box.clickedButton() is discard else "stay"
