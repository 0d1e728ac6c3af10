"""How long a turned plane takes from a turn to painted pixels, beside a bare vtkImageReslice and QImage.

Run with ``python tests/benchmarks/bench_planes.py``, or ``make bench SUITE=planes``. Medians and minima in ms; read the
ratios, since machines differ. Paints off the screen, so that no window system is measured. Our pane also draws its
texts, letters, crosshair and, where it says so, a mask; the bare picture is the plane alone, at the pane's resolution.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("MEDVIEW_HOME", tempfile.mkdtemp())

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication
from vtkmodules.vtkCommonMath import vtkMatrix4x4
from vtkmodules.vtkImagingCore import vtkImageReslice

from medview.gui.panes.viewport_widget import ViewportWidget
from medview.imaging.curve import Curve
from medview.imaging.curved_sheet import CurvedSheet
from medview.imaging.sheet_values import sheet_values
from medview.imaging.turned_planes import TurnedPlanes
from medview.jobs.job_queue import JobQueue
from medview.session.scene import Scene
from medview.session.session import Session
from medview.session.settings import Settings
from medview.session.viewport import PLANES
from medview.study.geometry import Geometry
from medview.study.segmentation import Segment, Segmentation, Source
from medview.study.series import Series, StudyFacts
from medview.study.study import Study
from medview.study.volume import Volume
from medview.view.vtk_image import image_array, image_data

SHAPE = (300, 512, 512)
SPACING = (1.0, 0.7, 0.7)
PANE = 512
ROUNDS = 60


def measured(work: Callable[[int], None], rounds: int = ROUNDS) -> tuple[float, float]:
    """Return median and minimum of many rounds in ms."""
    for number in range(5):
        work(number)
    times = []
    for number in range(rounds):
        start = time.perf_counter()
        work(number)
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times), min(times)


def session_of() -> Session:
    """Return a session that shows a large volume with a mask of 117 labels."""
    geometry = Geometry(SHAPE, np.array([[0, 0, 0.7, 0], [0, 0.7, 0, 0], [1.0, 0, 0, 0], [0, 0, 0, 1]]))
    z, y, x = np.ogrid[:300, :512, :512]
    array = (400 * np.sin(z / 20) + 300 * np.sin(y / 15) + 300 * np.cos(x / 17)).astype(np.int16)
    series = Series("1.2", "1", modality="CT", geometry=geometry)
    study = Study(StudyFacts("1"), (series,))
    scene = Scene(study, Volume(array, geometry, series, "HU"), (40.0, 400.0))
    labels = (1 + ((z // 30) * 12 + (y // 52) + (x // 90)) % 117).astype(np.uint8)
    labels[:20] = labels[-20:] = 0
    source = Source(series.key, "1.2", "1", series.sop_hash)
    segments = tuple(Segment(n, str(n), (2 * n, 200, 255 - 2 * n)) for n in range(1, 118))
    mask = Segmentation(labels, geometry, source, segments)
    study.add(mask)
    session = Session(JobQueue(worker_process=False), Settings())
    session.show(scene)
    scene.show_segmentation(mask)
    return session


def bare(session: Session, screen: QImage) -> Callable[[int], None]:
    """Return what nobody can leave out: a plane by vtkImageReslice at the pane's resolution, table, QImage."""
    assert session.scene is not None
    array = session.scene.volume.array
    table = np.clip((np.arange(65536, dtype=np.uint16).view(np.int16) + 160.0) / 400 * 255, 0, 255).astype(np.uint8)
    axes, sampler = vtkMatrix4x4(), vtkImageReslice()
    sampler.SetInputData(image_data(array, SPACING))
    sampler.SetResliceAxes(axes)
    sampler.SetOutputDimensionality(2)
    sampler.SetInterpolationModeToLinear()
    step = 512 * 0.7 / PANE
    sampler.SetOutputSpacing(step, step, 1)
    sampler.SetOutputOrigin(-step * PANE / 2, -step * PANE / 2, 0)
    sampler.SetOutputExtent(0, PANE - 1, 0, PANE - 1, 0, 0)
    middle = session.scene.volume.geometry.centre_mm

    def work(number: int) -> None:
        right, down = turned(number).axes("axial")
        for column, vector in enumerate((right, down, np.cross(right, down), middle)):
            for row in range(3):
                axes.SetElement(row, column, float(vector[row]))
        sampler.Update()
        picture = table.take(image_array(sampler.GetOutput())[0].view(np.uint16))
        image = QImage(picture.data, PANE, PANE, PANE, QImage.Format.Format_Grayscale8)
        painter = QPainter(screen)
        painter.drawImage(QPointF(0, 0), image)
        painter.end()

    return work


def turned(number: int) -> TurnedPlanes:
    """Return planes turned about all axes, differently for each number."""
    return TurnedPlanes.of_angles(20.0 + 0.7 * number, -10.0 + 0.3 * number, 15.0)


def painted(pane: ViewportWidget, screen: QImage, change: Callable[[int], object]) -> Callable[[int], None]:
    """Return a change followed by painting the whole pane."""

    def work(number: int) -> None:
        change(number)
        painter = QPainter(screen)
        painter.fillRect(0, 0, PANE, PANE, Qt.GlobalColor.black)
        pane.draw(painter, patient_text=True, bare=False)
        painter.end()

    return work


def rows(session: Session, screen: QImage) -> list[tuple[str, tuple[float, float]]]:
    """Return what was measured."""
    scene = session.scene
    assert scene is not None
    panes = {plane: ViewportWidget(session, plane) for plane in PLANES}
    for pane in panes.values():
        pane.resize(PANE, PANE)
    axial, viewport = panes["axial"], session.viewports["axial"]
    found = [("bare vtkImageReslice and QImage", measured(bare(session, screen)))]

    def add(name: str, change: Callable[[int], object], rounds: int = ROUNDS) -> None:
        found.append((name, measured(painted(axial, screen, change), rounds)))

    def turn(number: int) -> None:
        scene.turn(turned(number))

    scene.update(mask_visible=False)
    add("turn", turn)
    scene.update(mask_visible=True)
    add("turn with a mask of 117 labels", turn)
    scene.update(mask_visible=False)
    viewport.update(zoom=3.0)
    add("turn, magnified 3 times", turn)
    viewport.update(zoom=1.0, slab_mm=20.0)
    add("turn a slab of 20 mm (MIP), while it moves", turn, 30)
    found.append(("the same in full", measured(lambda number: (turn(number), axial.picture(coarse=False)), 10)))
    viewport.update(slab_mm=0.0)
    add("repaint, nothing changed", lambda number: None)
    three = [painted(pane, screen, lambda number: None) for pane in panes.values()]
    found.append(("turn, three panes painted", measured(lambda number: (turn(number), *(p(number) for p in three)))))
    for pane in panes.values():
        pane.release()
    return found


def curved(session: Session) -> tuple[float, float]:
    """Return how long a straightened reformat of 30 cm, 8 cm wide, takes at 0.7 mm."""
    scene = session.scene
    assert scene is not None
    t = np.linspace(0, np.pi, 9)
    path = np.stack([180 + 95 * np.cos(t), 180 + 95 * np.sin(t), 40 + 60 * t], axis=1)
    sheet = CurvedSheet.straightened(Curve.through(path, 0.7), (0, 0, -1), 0.0, 40.0)
    volume = scene.volume
    return measured(lambda number: sheet_values(volume.array, volume.geometry, sheet, 114), 20)


def main() -> None:
    """Print the table."""
    application = QApplication.instance() or QApplication([])
    screen = QImage(PANE, PANE, QImage.Format.Format_ARGB32_Premultiplied)
    session = session_of()
    print(f"512x512x300 int16, pane {PANE}x{PANE}: median (minimum) ms, times the bare picture")
    found = rows(session, screen)
    found.append(("curved reformat, values alone", curved(session)))
    for name, (median, least) in found:
        print(f"  {name:44s} {median:7.2f} ({least:6.2f})   x{median / found[0][1][0]:5.2f}")
    session.jobs.stop()
    application.processEvents()


if __name__ == "__main__":
    main()
