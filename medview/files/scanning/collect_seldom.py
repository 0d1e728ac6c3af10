"""Less looking for garbage while very many small values are made that all stay."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_NORMALLY = gc.get_threshold()
_SELDOM = (100_000, *_NORMALLY[1:])


@contextmanager
def collect_seldom() -> Iterator[None]:
    """Look for cyclic garbage seldom: scanned images hold none, and searching them costs as much as scanning does."""
    gc.set_threshold(*_SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*_NORMALLY)
