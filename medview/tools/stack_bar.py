"""The bar at the right edge of a pane that shows where in the stack it is: dragged, it scrolls."""

from __future__ import annotations

from medview.session.session import Session
from medview.session.viewport import STACK_BAR_INSET_PX
from medview.tools.drag import StepDrag
from medview.tools.navigate import go_to_slice, slice_count
from medview.tools.pointer import PointerEvent

_REACH_PX = 10.0  # from the edge: a little more than what is drawn


class StackBarDrag(StepDrag):
    """Shows the slice at the mouse, at once on the press."""

    def __init__(self, session: Session, event: PointerEvent) -> None:
        super().__init__(session, event)
        self.step(0.0, 0.0, event)

    def step(self, right: float, down: float, event: PointerEvent) -> None:
        """Show the slice that lies at the height of the mouse."""
        count = slice_count(self.session, self.pane)
        if count is not None:
            length = max(event.pane_size_px[1] - 2 * STACK_BAR_INSET_PX, 1.0)
            go_to_slice(self.session, self.pane, int((event.position_px[1] - STACK_BAR_INSET_PX) / length * count))


def is_on_bar(session: Session, event: PointerEvent) -> bool:
    """Whether the mouse is on the bar of a pane that has one."""
    count = slice_count(session, event.pane)
    return count is not None and count > 1 and 0 <= event.pane_size_px[0] - event.position_px[0] <= _REACH_PX
