"""How long a 2D pane takes from a changed slice to painted pixels, beside a bare numpy table and QImage.

Run with ``python tests/benchmarks/bench_view.py``, or ``make bench SUITE=view``. Medians and minima in ms; read the
ratios, since machines differ. Paints off the screen, so that no window system is measured.
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
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication

from medview.gui.viewport_widget import ViewportWidget
from medview.imaging.plane import PlaneName, SlicePlane
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

SHAPE = (300, 512, 512)
PANE = 512
ROUNDS = 60


def measured(work: Callable[[int], None]) -> tuple[float, float]:
    """Return median and minimum of many rounds in ms."""
    for number in range(5):
        work(number)
    times = []
    for number in range(ROUNDS):
        start = time.perf_counter()
        work(number)
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times), min(times)


def session_of(geometry: Geometry) -> Session:
    """Return a session that shows a large volume with a mask of several segments."""
    random = np.random.default_rng(1)
    array = random.integers(-1000, 1000, SHAPE, dtype=np.int16)
    series = Series("1.2", "1", modality="CT", geometry=geometry)
    study = Study(StudyFacts("1"), (series,))
    scene = Scene(study, Volume(array, geometry, series, "HU"), (40.0, 400.0))
    labels = np.zeros(SHAPE, np.uint8)
    labels[50:250, 100:400, 100:400] = random.integers(1, 5, (200, 1, 300), dtype=np.uint8)
    mask = Segmentation(
        labels,
        geometry,
        Source(series.key, "1.2", "1", series.sop_hash),
        tuple(Segment(n, str(n), (40 * n, 200, 255 - 40 * n)) for n in range(1, 5)),
    )
    study.add(mask)
    session = Session(JobQueue(worker_process=False), Settings())
    session.show(scene)
    scene.show_segmentation(mask)
    return session


def scroll(session: Session, plane: PlaneName, number: int) -> None:
    """Show another slice of a plane."""
    scene = session.scene
    assert scene is not None
    index = np.array(scene.cursor_index)
    axis = SlicePlane.of(scene.volume.geometry, plane).axis
    index[axis] = 60 + number
    scene.move_cursor(scene.volume.geometry.to_mm(index))


def bare(session: Session, plane: PlaneName, screen: QImage) -> Callable[[int], None]:
    """Return what nobody can leave out: slice, table, QImage, smooth scaling."""
    assert session.scene is not None
    volume = session.scene.volume
    where = SlicePlane.of(volume.geometry, plane)
    table = np.clip((np.arange(65536, dtype=np.uint16).view(np.int16) + 160.0) / 400 * 255, 0, 255).astype(np.uint8)

    def work(number: int) -> None:
        picture = table[where.slice_view(volume.array, 60 + number).view(np.uint16)]
        picture = np.ascontiguousarray(picture)
        height, width = picture.shape
        image = QImage(picture.data, width, height, width, QImage.Format.Format_Grayscale8)
        painter = QPainter(screen)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(QRectF(0, 0, PANE, PANE), image)
        painter.end()

    return work


def painted(pane: ViewportWidget, screen: QImage, change: Callable[[int], object]) -> Callable[[int], None]:
    """Return a change followed by painting the whole pane."""

    def work(number: int) -> None:
        change(number)
        painter = QPainter(screen)
        painter.fillRect(0, 0, PANE, PANE, Qt.GlobalColor.black)
        pane.draw(painter, patient_text=True, bare=False)
        painter.end()

    return work


def rows(session: Session, plane: PlaneName, screen: QImage) -> list[tuple[str, tuple[float, float]]]:
    """Return what was measured on one plane."""
    scene = session.scene
    assert scene is not None
    mask = scene.segmentation
    assert mask is not None
    pane = ViewportWidget(session, plane)
    pane.resize(PANE, PANE)
    pane._pointer_at = QPointF(250, 250)
    found = [("bare numpy and QImage", measured(bare(session, plane, screen)))]

    def add(name: str, change: Callable[[int], object]) -> None:
        found.append((name, measured(painted(pane, screen, change))))

    scene.update(mask_visible=False)
    add("scroll", lambda number: scroll(session, plane, number))
    scene.update(mask_visible=True)
    add("scroll with mask", lambda number: scroll(session, plane, number))
    scene.update(mask_outline=True)
    add("scroll with outlines", lambda number: scroll(session, plane, number))
    scene.update(mask_outline=False)
    add("window with mask", lambda number: scene.update(window=(40.0 + number, 400.0)))
    add("repaint, nothing changed", lambda number: None)
    slab = session.viewports[plane]
    slab.update(slab_mm=10.0)
    add("scroll a slab of 10 mm (MIP)", lambda number: scroll(session, plane, number))
    slab.update(slab_mm=0.0)
    box = (slice(120, 130), slice(200, 210), slice(200, 210))
    ones = np.ones((10, 10, 10), np.uint8)
    add("a brush stamp", lambda number: mask.write(box, ones * (1 + number % 4), 0))
    pane.release()
    return found


def main() -> None:
    """Print the tables."""
    application = QApplication.instance() or QApplication([])
    screen = QImage(PANE, PANE, QImage.Format.Format_ARGB32_Premultiplied)
    straight = Geometry(SHAPE, np.array([[0, 0, 0.7, 0], [0, 0.7, 0, 0], [1.0, 0, 0, 0], [0, 0, 0, 1]]))
    tilt = np.deg2rad(18.5)
    steps = [[0, 0, 0.7, 0], [0, 0.7 * np.cos(tilt), 0, 0], [1.0, -0.7 * np.sin(tilt), 0, 0], [0, 0, 0, 1]]
    for title, geometry in (("straight", straight), ("tilted by 18.5 degrees", Geometry(SHAPE, np.array(steps)))):
        session = session_of(geometry)
        print(f"\n512x512x300 int16, pane {PANE}x{PANE}, {title}: median (minimum) ms, times the bare picture")
        for plane in PLANES:
            found = rows(session, plane, screen)
            base = found[0][1][0]
            for name, (median, least) in found:
                print(f"  {plane:9s} {name:30s} {median:7.2f} ({least:6.2f})   x{median / base:5.2f}")
        session.jobs.stop()
    application.processEvents()


if __name__ == "__main__":
    main()
