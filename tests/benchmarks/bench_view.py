"""How fast images are painted: ``make bench SUITE=view``, or ``python tests/benchmarks/bench_view.py [PART ...]``.

slices
    From a changed slice to painted pixels of a 512x512 pane, with a mask of 117 labels over it, beside what nobody can
    leave out: slice, numpy table, QImage, and the labels as a QImage with a colour table. Bound: 1.5 times. Turned
    (oblique) planes beside a bare vtkImageReslice and QImage. Bound: 1.5 times.
first
    From the start of the process to the first picture, beside a bare window that reads one slice with pydicom. Bound:
    1.5 times.
frames
    Wheel and window by mouse events at 60 a second in the real window of four panes on a virtual screen: from the event
    to the last pane painted; also while a series is read and while a core computes. Bound: 33 ms at the 95th
    percentile, and no two panes painted in one turn at different places.
memory
    What showing a volume and a mask adds to their arrays. Bound: 1.15 times and 1 times.

Medians of rounds taken in turns; read the ratios, since machines differ. Asserts nothing.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("MEDVIEW_HOME", tempfile.mkdtemp())
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication

from medview.gui.panes.viewport_widget import ViewportWidget
from medview.imaging.plane import PlaneName, SlicePlane
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

SHAPE = (300, 512, 512)
PANE = 512
LABELS = 117
_TOGETHER = 5
ROUNDS = int(os.environ.get("MEDVIEW_BENCH_ROUNDS", "40"))
PARTS = ("slices", "first", "frames", "memory")
Work = Callable[[int], None]


def in_turns(*works: Work) -> list[list[tuple[float, float]]]:
    """Return the times in ms of each work, (passed, of the processors), in short rounds so that a busy moment hits all.

    The works of a round are done several times each: what the caches hold is then their own, as in a drag.
    """
    for number in range(3):
        for work in works:
            work(number)
    times: list[list[tuple[float, float]]] = [[] for _ in works]
    for first in range(0, ROUNDS, _TOGETHER):
        for place, work in enumerate(works):
            start, cpu = time.perf_counter(), time.process_time()
            for number in range(first, first + _TOGETHER):
                work(number)
            passed, used = time.perf_counter() - start, time.process_time() - cpu
            times[place].append((1000 * passed / _TOGETHER, 1000 * used / _TOGETHER))
    return times


def session_of(geometry: Geometry) -> Session:
    """Return a session that shows a large CT with a mask of 117 labels in blocks."""
    array = np.random.default_rng(1).integers(-1000, 1000, geometry.shape, dtype=np.int16)
    series = Series("1.2", "1", modality="CT", geometry=geometry)
    study = Study(StudyFacts("1"), (series,))
    scene = Scene(study, Volume(array, geometry, series, "HU"), (40.0, 400.0))
    z, y, x = (np.arange(n) // 40 for n in geometry.shape)
    labels = ((z[:, None, None] * 13 * 13 + y[:, None] * 13 + x) % (LABELS + 1)).astype(np.uint8)
    segments = tuple(Segment(n, str(n), (n * 2, 255 - n, (n * 37) % 256)) for n in range(1, LABELS + 1))
    mask = Segmentation(labels, geometry, Source(series.key, "1.2", "1", series.sop_hash), segments)
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
    index[SlicePlane.of(scene.volume.geometry, plane).axis] = 60 + number
    scene.move_cursor(scene.volume.geometry.to_mm(index))


def _table() -> NDArray[np.uint8]:
    return np.clip((np.arange(65536, dtype=np.uint16).view(np.int16) + 160.0) / 400 * 255, 0, 255).astype(np.uint8)


def _colours() -> list[int]:
    return [0] + [(102 << 24) | (n * 2 << 16) | (255 - n << 8) | ((n * 37) % 256) for n in range(1, 256 // 2)]


def paint_bare(screen: QImage, picture: NDArray[np.uint8], labels: NDArray[np.uint8] | None) -> None:
    """Paint a grey picture and labels over it, and nothing else."""
    height, width = picture.shape
    painter = QPainter(screen)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    grey = QImage(picture.data, width, height, width, QImage.Format.Format_Grayscale8)
    painter.drawImage(QRectF(0, 0, PANE, PANE), grey)
    if labels is not None:
        mask = QImage(labels.data, width, height, width, QImage.Format.Format_Indexed8)
        mask.setColorTable(_colours())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        painter.drawImage(QRectF(0, 0, PANE, PANE), mask)
    painter.end()


def bare(session: Session, plane: PlaneName, screen: QImage) -> Work:
    """Return slice, table, QImage and label overlay, as anybody would write them."""
    assert session.scene is not None
    assert session.scene.segmentation is not None
    array, labels = session.scene.volume.array, session.scene.segmentation.labels
    where, table = SlicePlane.of(session.scene.volume.geometry, plane), _table()

    def work(number: int) -> None:
        picture = np.ascontiguousarray(table[where.slice_view(array, 60 + number).view(np.uint16)])
        paint_bare(screen, picture, np.ascontiguousarray(where.slice_view(labels, 60 + number)))

    return work


def bare_oblique(session: Session, axes: NDArray[np.float64], screen: QImage) -> Work:
    """Return a linear vtkImageReslice of a turned plane, table and QImage, the slices one mm apart."""
    from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
    from vtkmodules.vtkCommonDataModel import vtkImageData
    from vtkmodules.vtkCommonMath import vtkMatrix4x4
    from vtkmodules.vtkImagingCore import vtkImageReslice

    assert session.scene is not None
    volume, table = session.scene.volume, _table()
    image = vtkImageData()
    image.SetDimensions(*SHAPE[::-1])
    image.SetSpacing(*volume.geometry.spacing_mm[::-1])
    image.SetOrigin(*volume.geometry.affine[:3, 3])
    image.GetPointData().SetScalars(numpy_to_vtk(volume.array.reshape(-1)))
    sampler = vtkImageReslice()
    sampler.SetInputData(image)
    sampler.SetInterpolationModeToLinear()
    sampler.SetOutputDimensionality(2)
    sampler.SetOutputSpacing(0.7, 0.7, 0.7)
    sampler.SetOutputExtent(0, PANE - 1, 0, PANE - 1, 0, 0)
    matrix = vtkMatrix4x4()
    right, down = axes[:, 0], axes[:, 1]
    normal = np.cross(right, down)

    def work(number: int) -> None:
        middle = volume.geometry.centre_mm + (number - 20) * normal
        origin = middle - 0.35 * (PANE - 1) * (right + down)
        for row in range(3):
            for column, vector in enumerate((right, down, normal, origin)):
                matrix.SetElement(row, column, float(vector[row]))
        sampler.SetResliceAxes(matrix)
        sampler.Update()
        values = vtk_to_numpy(sampler.GetOutput().GetPointData().GetScalars()).reshape(PANE, PANE)
        paint_bare(screen, np.ascontiguousarray(table[values.view(np.uint16)]), None)

    return work


def painted(pane: ViewportWidget, screen: QImage, change: Callable[[int], object]) -> Work:
    """Return a change followed by painting the whole pane."""

    def work(number: int) -> None:
        change(number)
        painter = QPainter(screen)
        painter.fillRect(0, 0, PANE, PANE, Qt.GlobalColor.black)
        pane.draw(painter, patient_text=True, bare=False)
        painter.end()

    return work


def pictured(pane: ViewportWidget, screen: QImage, change: Callable[[int], object]) -> Work:
    """Return a change followed by painting the image and the mask alone, as the bare painting does."""

    def work(number: int) -> None:
        change(number)
        painter = QPainter(screen)
        pane.draw_image(painter)
        painter.end()

    return work


def told(
    name: str, ours: list[tuple[float, float]], base: list[tuple[float, float]], bound: float | None = None
) -> None:
    """Print a line: medians, the ratio of the medians, that of the processors' time alone, and the bound."""
    mine, my_cpu = (statistics.median(column) for column in zip(*ours, strict=True))
    theirs, their_cpu = (statistics.median(column) for column in zip(*base, strict=True))
    limit = f"   bound {bound:.2f}" if bound is not None else ""
    print(
        f"  {name:44s} {mine:8.2f} ms   bare {theirs:8.2f} ms   x{mine / theirs:5.2f}   CPU x{my_cpu / their_cpu:5.2f}"
        f"{limit}",
        flush=True,
    )


def measure_slices() -> None:
    """Print what a slice costs in each plane, straight and turned."""
    screen = QImage(PANE, PANE, QImage.Format.Format_ARGB32_Premultiplied)
    geometry = Geometry(SHAPE, np.array([[0, 0, 0.7, 0], [0, 0.7, 0, 0], [1.0, 0, 0, 0], [0, 0, 0, 1]]))
    session = session_of(geometry)
    scene = session.scene
    assert scene is not None
    for plane in PLANES:
        pane = ViewportWidget(session, plane)
        pane.resize(PANE, PANE)
        moving = painted(pane, screen, lambda number, plane=plane: scroll(session, plane, number))
        image = pictured(pane, screen, lambda number, plane=plane: scroll(session, plane, number))
        windowing = painted(pane, screen, lambda number: scene.update(window=(40.0 + number, 400.0)))
        base, alone, whole, window = in_turns(bare(session, plane, screen), image, moving, windowing)
        told(f"{plane}: slice with 117 labels", alone, base, 1.5)
        told(f"{plane}: the same with letters, ruler, texts", whole, base)
        told(f"{plane}: window step with 117 labels, all", window, base)
        pane.release()
    measure_oblique(session, screen)
    session.jobs.stop()


def measure_oblique(session: Session, screen: QImage) -> None:
    """Print what a turned plane costs, without and with the mask."""
    scene = session.scene
    assert scene is not None
    rotation = turned_about_two_axes()
    axes = rotation[:, :2]  # of the axial pane: right is the turned left, down the turned back
    pane = ViewportWidget(session, "axial")
    pane.resize(PANE, PANE)
    scene.turn(TurnedPlanes(rotation))
    scene.update(mask_visible=False)
    centre, normal = scene.volume.geometry.centre_mm, np.cross(axes[:, 0], axes[:, 1])
    moving = painted(pane, screen, lambda number: scene.move_cursor(centre + (number - 20) * normal))
    image = pictured(pane, screen, lambda number: scene.move_cursor(centre + (number - 20) * normal))
    base, alone, whole = in_turns(bare_oblique(session, axes, screen), image, moving)
    told("oblique, linear", alone, base, 1.5)
    told("oblique, linear, with letters, ruler, texts", whole, base)
    scene.update(mask_visible=True)
    base, ours = in_turns(bare_oblique(session, axes, screen), moving)
    told("oblique, linear, with 117 labels", ours, base)
    scene.turn(None)
    pane.release()


def turned_about_two_axes() -> NDArray[np.float64]:
    """Return planes turned by 25 degrees about one axis and 15 about another."""
    a, b = np.deg2rad(25.0), np.deg2rad(15.0)
    about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_z = np.array([[np.cos(b), -np.sin(b), 0], [np.sin(b), np.cos(b), 0], [0, 0, 1]])
    turned: NDArray[np.float64] = about_z @ about_x
    return turned


def main(arguments: list[str]) -> int:
    """Print the tables of the parts, each in a process of its own, so that none finds warm what another has made."""
    if len(arguments) != 1:
        for part in arguments or PARTS:
            print(f"\n{part}", flush=True)
            subprocess.run([sys.executable, __file__, part], check=False)
        return 0
    part = arguments[0]
    if part == "slices":
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        application = QApplication([])
        measure_slices()
        application.processEvents()
    else:
        from tests.benchmarks import view_first, view_frames, view_memory

        {"first": view_first.measure, "frames": view_frames.measure, "memory": view_memory.measure}[part]()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
