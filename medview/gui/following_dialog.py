"""A window of its own that follows the session for as long as it is open."""

from __future__ import annotations

from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QDialog


class FollowingDialog(QDialog):
    """Lets go of what it follows in whichever way it is closed.

    Qt sends no close event where a dialog ends by Esc or a button of its own: both ways lead to `let_go`.
    """

    def let_go(self) -> None:
        """Follow nothing any more; may be called again."""
        raise NotImplementedError

    def done(self, result: int) -> None:
        """Let go where the escape key or a button ends the dialog."""
        self.let_go()
        super().done(result)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Let go where the window is closed."""
        self.let_go()
        super().closeEvent(event)
