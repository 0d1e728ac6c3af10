"""Load the library of plots before a window with one is asked for: its import would hold the main thread."""

from __future__ import annotations

from medview.progress import Progress, unheard


def load_plots(progress: Progress = unheard) -> None:
    """Import pyqtgraph; may run on any thread, since it makes no Qt object while it is imported."""
    import pyqtgraph  # noqa: F401

    progress(1.0)
