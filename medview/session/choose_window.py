"""Window and level: presets, automatic, typed, inverted."""

from __future__ import annotations

from dataclasses import replace

from medview.imaging.window import percentile_window
from medview.imaging.window_presets import WindowPreset, window_presets
from medview.session.session import Session


def set_window(session: Session, centre: float, width: float) -> None:
    """Show the values from centre - width/2 to centre + width/2 between black and white."""
    if session.scene is not None:
        session.scene.update(window=(float(centre), float(width)))


def auto_window(session: Session) -> None:
    """Fit the window to the values of the volume (0.1 to 99.9 percent)."""
    if session.scene is not None and session.scene.is_whole and not session.scene.volume.is_colour:
        session.scene.update(window=percentile_window(session.scene.volume))


def default_window(session: Session) -> None:
    """Show the window the images came with."""
    if session.scene is not None:
        session.scene.update(window=session.scene.default_window)


def presets(session: Session) -> tuple[WindowPreset, ...]:
    """Return the named windows that suit the modality in view; of PET, in SUV, those that SUV are known for."""
    if session.scene is None:
        return ()
    series = session.scene.series
    found = window_presets(series.modality)
    if series.modality != "PT":
        return found
    suv = dict(series.suv_factors).get("bw")
    return tuple(replace(p, window=(p.window[0] / suv, p.window[1] / suv)) for p in found) if suv else ()


def invert(session: Session) -> None:
    """Swap black and white."""
    if session.scene is not None:
        session.scene.update(inverted=not session.scene.inverted)
