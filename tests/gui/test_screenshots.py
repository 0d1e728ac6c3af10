"""The pictures of the window: each state there is, as it is on the screen, and the walk ends by itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from medview.errors import MedViewError
from medview.gui.main_window import MainWindow
from medview.gui.screenshot_acts import draw_measurement, fuse_best, paint_ball, resized
from medview.gui.screenshots import Shot, take_screenshots
from medview.session.open_folder import open_folder

_SHOTS = (
    Shot("library", ("library",), ("library",)),
    Shot("planes", ("layout_mpr_row",)),
    Shot("small", (resized(960, 640),), (resized(1440, 900),)),
    Shot("mask", (paint_ball,), ("clear_segment",)),
    Shot("length", ("layout_1x1", draw_measurement("length"))),
    Shot("fusion", (fuse_best,)),
    Shot("shortcuts", ("shortcuts",)),
)
_TAKEN = [shot.name for shot in _SHOTS if shot.name != "fusion"]  # there is nothing to fuse


def _pixels(path: Path) -> NDArray[np.uint8]:
    image = QImage(str(path)).convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def test_a_walk_takes_different_pictures_of_each_state(window: MainWindow, ct_folder: Path, tmp_path: Path) -> None:
    window.resize(1440, 900)
    folder, told = tmp_path / "pictures", []
    looks = (("dark", "en"), ("light", "zh_CN"))
    count = take_screenshots(
        window, folder, lambda: open_folder(window.session, ct_folder), told.append, looks=looks, shots=_SHOTS
    )
    names = [path.stem for path in sorted(folder.iterdir())]
    wanted = [f"{theme}_{language}_{shot}" for theme, language in looks for shot in _TAKEN]
    assert sorted(_without_number(name) for name in names if name != "empty") == sorted(wanted)
    assert [Path(name).stem for name in told] == [name for name in names if name != "empty"]
    assert count == len(wanted)
    seen = {name: _pixels(folder / f"{name}.png") for name in names}
    for name, pixels in seen.items():
        assert len(np.unique(pixels @ (65536, 256, 1))) > 20, name  # not blank
    assert len({pixels.tobytes() for pixels in seen.values()}) == len(seen)  # no state looks as another
    assert seen["dark_en_02_small"].shape == (640, 960, 3)
    dark, light = (np.median(seen[f"{look}_01_planes"][:60]) for look in ("dark_en", "light_zh_CN"))
    assert dark < 60 < 200 < light
    assert {notice.level for notice in window.session.notices.notices} == {"info"}


def _without_number(name: str) -> str:
    """Return "dark_en_planes" of "dark_en_01_planes"."""
    return "_".join(part for part in name.split("_") if not part.isdigit())


def test_a_folder_that_cannot_be_written_to_is_told(window: MainWindow, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(MedViewError):
        take_screenshots(window, tmp_path / "file", lambda: None, lambda name: None, looks=(), shots=_SHOTS)
