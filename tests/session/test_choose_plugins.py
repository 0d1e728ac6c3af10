"""Plugins are switched on and off, and read anew with their code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from medview.jobs.job_queue import JobQueue
from medview.plugin.discovery import Plugin, find
from medview.plugin.run import PluginRun
from medview.session.choose_plugins import enable_plugin, reload_plugins
from medview.session.run_plugin import offers
from medview.session.session import Session
from medview.session.settings import Settings
from tests.plugin.folders import CODE, MANIFEST, volume_of, write_plugin


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    monkeypatch.setenv("MEDVIEW_HOME", str(tmp_path / "home"))
    write_plugin(tmp_path / "home" / "plugins", MANIFEST, CODE)
    session = Session(JobQueue(), Settings())
    yield session
    session.jobs.stop()


def offered(session: Session) -> set[str]:
    return {offer.plugin.manifest.id for offer in offers(session) if isinstance(offer.plugin, Plugin)}


def test_a_plugin_that_is_switched_off_is_not_offered_until_it_is_switched_on(session: Session) -> None:
    told: list[int] = []
    session.weights_changed.connect(lambda: told.append(1))
    before = offered(session)
    assert {"threshold", "body_and_lungs"} <= before
    enable_plugin(session, "threshold", is_wanted=False)
    assert offered(session) == before - {"threshold"}
    enable_plugin(session, "threshold", is_wanted=True)
    assert offered(session) == before
    assert len(told) == 2


def test_after_a_reload_the_new_manifest_and_the_new_code_count(session: Session, tmp_path: Path) -> None:
    sums: list[int] = []

    def run() -> None:
        work = PluginRun(find("threshold", session.plugins), volume_of(np.ones((2, 3, 4), dtype=np.float32)))
        session.jobs.wait(
            session.jobs.submit("Run", work, place="gpu", on_done=lambda r: sums.append(int(r.labels.array.sum())))
        )

    run()
    home = tmp_path / "home" / "plugins" / "threshold"
    (home / "threshold.py").write_text(CODE.replace('astype("uint8")', 'astype("uint8") * 2'), encoding="utf-8")
    (home / "plugin.toml").write_text(MANIFEST.replace("1.2.3", "1.2.4"), encoding="utf-8")
    reload_plugins(session)
    run()
    assert sums == [24, 48]
    assert find("threshold", session.plugins).manifest.version == "1.2.4"
