"""What can be done with the findings that are selected."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu

from medview.gui.findings.finding_list_view import FindingListView
from medview.gui.icon import icon
from medview.gui.language import tr


def finding_menu(listed: FindingListView) -> QMenu:
    """Return a menu for the selected rows of a list; what has nothing to change cannot be chosen."""
    menu = QMenu(listed)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    if listed.selected():
        _add_judging(menu, listed)
    run = listed.chosen_run()
    if run is not None:
        menu.addSeparator()
        plugin = tr(run.first.title)
        menu.addAction(icon("trash"), tr("Delete all results of {plugin}", plugin=plugin), listed.remove_run)
    return menu


def _add_judging(menu: QMenu, listed: FindingListView) -> None:
    statuses = {finding.status for finding in listed.selected()}
    accept = menu.addAction(icon("check"), tr("Accept") + "\tA", lambda: listed.judge("accepted"))
    reject = menu.addAction(icon("close"), tr("Reject") + "\tX", lambda: listed.judge("rejected"))
    back = menu.addAction(icon("undo"), tr("Take back the judgement"), lambda: listed.judge("proposed"))
    accept.setEnabled(statuses != {"accepted"})
    reject.setEnabled(statuses != {"rejected"})
    back.setEnabled(statuses != {"proposed"})
    menu.addSeparator()
    menu.addAction(icon("crosshair"), tr("Show in all panes"), listed.jump)
    menu.addAction(icon("trash"), tr("Delete"), listed.remove)
