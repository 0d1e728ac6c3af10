"""Load what the first series needs before it is asked for."""

from __future__ import annotations

import time

from medview.progress import Progress, unheard

_BREATH_S = 0.01


def prepare_reading(progress: Progress = unheard) -> None:
    """Import what scanning, reading and listing need, with a breath after each part for whoever waits."""

    def breathe(fraction: float) -> None:
        progress(fraction)
        time.sleep(_BREATH_S)

    import medview.files.pixels.dicom_pixels

    breathe(0.3)
    import medview.files.scanning.dicom_scan

    breathe(0.5)
    import medview.library.add_studies
    import medview.library.library  # noqa: F401

    breathe(0.9)
    import scipy.ndimage  # noqa: F401  the first filter of a picture would hold the window for it
