"""Slots that are windowed, zoomed and moved in their panes alike."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from psygnal import SignalInstance

from medview.session.scene import Scene
from medview.session.slots import Slots
from medview.session.viewport import Viewport

Window = tuple[float, float]


class LookLinks:
    """Hands window, zoom and pan of one slot to the others where the settings "sync_window" and "sync_zoom" say so.

    A window goes to images of the same modality, of PET as the same SUV; zoom and pan to panes of the same plane.
    """

    def __init__(self, session: Slots) -> None:
        self._session = session
        self._scenes: dict[int, Scene] = {}
        self._windows: dict[int, tuple[Window, Window]] = {}  # that of now, and the default one
        self._views: dict[str, tuple[float, tuple[float, float]]] = {}
        self._links: list[tuple[SignalInstance, Callable[..., Any]]] = []
        self._is_following = False
        session.scene_changed.connect(self._take_scenes)

    def _take_scenes(self) -> None:
        """Follow the scenes and panes of now."""
        while self._links:
            signal, slot = self._links.pop()
            signal.disconnect(slot, missing_ok=True)
        self._scenes = dict(self._session.scenes)
        self._windows = {slot: (scene.window, scene.default_window) for slot, scene in self._scenes.items()}
        self._views = {name: (view.zoom, view.pan_px) for name, view in self._session.viewports.items()}
        for number, scene in self._scenes.items():
            self._connect(scene.display_changed, partial(self._windowed, number))
        for name, viewport in self._session.viewports.items():
            self._connect(viewport.changed, partial(self._zoomed, name))

    def _connect(self, signal: SignalInstance, slot: Callable[..., Any]) -> None:
        signal.connect(slot)
        self._links.append((signal, slot))

    def _windowed(self, slot: int) -> None:
        """Hand on a window that a person has set: not one that came with the images, or with the next of them."""
        scene = self._scenes[slot]
        before, now = self._windows[slot], (scene.window, scene.default_window)
        self._windows[slot] = now
        chosen = now[0] != before[0] and now[1] == before[1] and not scene.is_own_look
        if not chosen or self._is_following or not self._session.settings["sync_window"]:
            return
        self._is_following = True
        try:
            for other, shown in self._scenes.items():
                if other != slot and _is_alike(scene, shown):
                    shown.update(window=_window_for(shown, scene))
        finally:
            self._is_following = False

    def _zoomed(self, pane: str) -> None:
        """Hand on zoom and pan, but not those of a pane that begins anew with other images."""
        viewport = self._session.viewports.get(pane)
        if viewport is None:
            return
        before, now = self._views.get(pane), (viewport.zoom, viewport.pan_px)
        self._views[pane] = now
        scene = self._session.scenes.get(viewport.slot)
        is_new = scene is None or self._scenes.get(viewport.slot) is not scene
        if now == before or is_new or self._is_following or not self._session.settings["sync_zoom"]:
            return
        self._is_following = True
        try:
            for other in self._session.viewports.values():
                if self._shows_same_plane(viewport, other):
                    other.update(zoom=viewport.zoom, pan_px=viewport.pan_px)
        finally:
            self._is_following = False

    def _shows_same_plane(self, viewport: Viewport, other: Viewport) -> bool:
        if other is viewport or other.slot == viewport.slot or not (other.is_flat and viewport.is_flat):
            return False
        scenes = [self._session.scenes.get(one.slot) for one in (viewport, other)]
        planes = [one.plane(scene) for one, scene in zip((viewport, other), scenes, strict=True) if scene is not None]
        return len(planes) == 2 and planes[0] == planes[1]


def _is_alike(scene: Scene, other: Scene) -> bool:
    """Whether a window means the same in both: grey values of one modality."""
    same = scene.series.modality == other.series.modality
    return same and not scene.volume.is_colour and not other.volume.is_colour


def _window_for(scene: Scene, source: Scene) -> Window:
    """Return the window of a scene in the values of another: equal SUV where both have them."""
    mine, theirs = (dict(one.series.suv_factors).get("bw") for one in (scene, source))
    ratio = theirs / mine if mine and theirs else 1.0
    return source.window[0] * ratio, source.window[1] * ratio
