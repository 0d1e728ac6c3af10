"""Which weights are here is looked up in a job, so that no file is hashed on the main thread."""

from __future__ import annotations

from pathlib import Path

import pytest

from medview.plugin.discovery import find
from medview.session.fetch_weights import known_missing, look_for_weights, missing_weights
from medview.session.session import Session
from tests.session.waiting import wait_idle


def test_what_is_missing_is_known_after_a_look(
    session: Session, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MEDVIEW_MODEL_MIRROR", str(tmp_path))
    plugin = find("brain_structures", session.plugins)
    told: list[int] = []
    session.weights_changed.connect(lambda: told.append(1))
    assert known_missing(session, plugin) == ()
    look_for_weights(session)
    assert told == []
    wait_idle(session)
    assert known_missing(session, plugin) == missing_weights(plugin) != ()
    look_for_weights(session)
    wait_idle(session)
    assert told == [1]
