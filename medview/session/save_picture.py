"""Save what a view shows as a PNG."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.errors import Sentence
from medview.jobs.job import Job
from medview.progress import Progress
from medview.session.session import Session
from medview.study.spare_original import spare_original


def save_picture(session: Session, pixels: NDArray[np.uint8], path: Path) -> Job:
    """Submit the writing of pixels (rows, columns, 3 or 4), uint8 sRGB."""
    images = [one for study in session.studies for one in study.series]

    def work(progress: Progress) -> Any:
        from medview.files.formats.png import write_picture

        spare_original(path, images)
        return write_picture(pixels, path)

    def done(_: Any) -> None:
        session.notices.add("info", "Saved and read back without a difference: {path}", path=str(path))

    title = Sentence("Saving {name}", {"name": path.name})
    return session.jobs.submit(title, work, on_done=done, on_failed=session.notices.add_error)
