"""Window and level by dragging: right widens, down brightens (viewer conventions, one setting to invert)."""

from __future__ import annotations

from medview.tools.drag import StepDrag
from medview.tools.pointer import PointerEvent

_WIDTHS_PER_PX = 1.0 / 80.0  # relative to the present width, as in Horos: as fine on MR as on CT


class WindowLevelDrag(StepDrag):
    """Changes the scene's window; of colours, brightness and contrast."""

    def step(self, right: float, down: float, event: PointerEvent) -> None:
        """Widen by the step to the right, lower the level by the step down."""
        scene = self.session.scene
        if scene is None:
            return
        centre, width = scene.window
        sign = 1.0 if self.session.settings["window_drag_inverted"] else -1.0
        # divided on the way back: a long step to the left of a busy machine must not end at a width of nothing
        factor = 1.0 + abs(right) * _WIDTHS_PER_PX
        wanted = width * factor if right > 0 else width / factor
        narrowest = _narrowest(scene.volume.array.dtype.kind)
        scene.update(window=(centre + sign * width * _WIDTHS_PER_PX * down, max(wanted, narrowest)))


def _narrowest(kind: str) -> float:
    """Return the least width: one grey value for integers (PS3.3 C.11.2.1.2.1), a little more than none for floats."""
    return 1.0 if kind in "iu" else 1e-6
