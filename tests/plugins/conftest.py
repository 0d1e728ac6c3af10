"""Real volumes to run the shipped plugins on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import medview
from medview.files.demo_study import DemoStudy, prepare
from medview.study.volume import Volume


@pytest.fixture(scope="session")
def demo(_session_home: None) -> DemoStudy:
    """Return the demo study, made once for all tests."""
    return prepare()


@pytest.fixture(scope="session")
def head(shared_data: Path) -> Volume:
    """Return a real T1-weighted MR of a head, sagittal and oblique."""
    return medview.read(shared_data / "mr_t1_siemens_sagittal")


@pytest.fixture(scope="session")
def brainchop(shared_data: Path) -> Path:
    """Return the folder of brainchop's weights and sample."""
    folder = Path(os.environ.get("MEDVIEW_MODEL_MIRROR", shared_data.parent / "weights")) / "meshnet_brainchop"
    if not folder.is_dir():
        pytest.skip("brainchop's weights are not here: set MEDVIEW_MODEL_MIRROR to the folder that holds them")
    return folder
