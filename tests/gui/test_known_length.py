"""The known length of a calibration as it is typed."""

from __future__ import annotations

from math import isnan

import pytest
from PySide6.QtCore import QLocale

from medview.gui.panes.measurement_entry import _number


@pytest.mark.parametrize(
    ("language", "typed", "expected"),
    [("en_US", "12.5 mm", 12.5), ("en_US", "12,5", None), ("en_US", "1,250", None), ("zh_CN", "1,250", None),
     ("de_DE", "12,5mm", 12.5), ("de_DE", "1.250,5", None), ("de_DE", "12.5", 12.5), ("en_US", "ten", None)],
)  # fmt: skip
def test_a_comma_is_never_taken_for_a_thousand(
    monkeypatch: pytest.MonkeyPatch, language: str, typed: str, expected: float | None
) -> None:
    monkeypatch.setattr(QLocale, "system", staticmethod(lambda: QLocale(language)))
    found = _number(typed)
    assert isnan(found) if expected is None else found == expected
