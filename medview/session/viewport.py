"""State of one pane: which way it looks and how."""

from __future__ import annotations

from typing import Literal

from psygnal import Signal

PlaneName = Literal["axial", "coronal", "sagittal"]
PaneName = Literal["axial", "coronal", "sagittal", "volume"]
SlabMode = Literal["max", "mean", "min"]
PLANES: tuple[PlaneName, ...] = ("axial", "coronal", "sagittal")
PANES: tuple[PaneName, ...] = ("axial", "coronal", "sagittal", "volume")


class Viewport:
    """How one pane shows the scene.

    Attributes
    ----------
    zoom
        1 fits the image into the pane.
    pan_px
        Shift of the image's middle, in widget pixels at the present zoom: (right, down).
    slab_mm
        Thickness of the slab that is projected; 0 is a single slice.
    azimuth_deg, elevation_deg
        Of the camera, for the 3D pane: 0, 0 looks at the patient from the front.
    volume_preset
        Name of the transfer function of the 3D pane, "" for the modality's default.
    """

    changed = Signal()

    def __init__(self, pane: PaneName) -> None:
        self.pane = pane
        self.reset()

    def reset(self) -> None:
        """Fit the image to the pane, one slice thick, camera in front."""
        self.zoom = 1.0
        self.pan_px = (0.0, 0.0)
        self.slab_mm = 0.0
        self.slab_mode: SlabMode = "max"
        self.azimuth_deg = 0.0
        self.elevation_deg = 0.0
        self.volume_preset = ""
        self.changed.emit()

    def update(self, **values: object) -> None:
        """Set attributes and tell it once."""
        for name, value in values.items():
            if name not in self.__dict__:
                raise AttributeError(name)
            setattr(self, name, value)
        self.changed.emit()
