"""Runs that are given a second volume: what they must be given, what is told of it, and which transforms are kept."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from medview.errors import MedViewError
from medview.plugin.discovery import BrokenPlugin, Plugin, discover
from medview.plugin.run import PluginRun
from medview.progress import unheard
from medview.study.series import Series
from medview.study.volume import Volume
from tests.plugin.folders import volume_of
from tests.plugin.registering import write_second_input_plugin

GIVE = """
import numpy as np
from medview.plugin import SpatialTransform

def run(request, context):
    request.others["moving"].series.__dict__["series_instance_uid"] = "forged"
    return SpatialTransform.of_matrix({matrix})
"""


def plugin_of(folder: Path, code: str = "", **changes: str) -> Plugin | BrokenPlugin:
    """Return the registering plugin with other code, or with lines of its manifest exchanged."""
    home = write_second_input_plugin(folder, "register")
    if code:
        (home / "code.py").write_text(code, encoding="utf-8")
    manifest = (home / "plugin.toml").read_text(encoding="utf-8")
    for old, new in changes.items():
        manifest = manifest.replace(old.replace("_", " "), new)
    (home / "plugin.toml").write_text(manifest, encoding="utf-8")
    (found,) = discover([folder])
    return found


def whole(folder: Path, code: str = "") -> Plugin:
    found = plugin_of(folder, code)
    assert isinstance(found, Plugin), found
    return found


def ct(uid: str = "1.2.3.4", modality: str = "CT") -> Volume:
    made = volume_of(np.ones((4, 5, 6), np.float32), modality=modality)
    series: Series = replace(made.series, series_instance_uid=uid)
    return replace(made, series=series)


def test_both_inputs_are_told_and_cannot_be_forged(tmp_path: Path) -> None:
    run = PluginRun(whole(tmp_path, GIVE.format(matrix="np.eye(4)")), ct(), others={"moving": ct("1.2.3.5")})
    told = pickle.loads(pickle.dumps(run))(unheard).provenance
    assert told["inputs"]["fixed"] == told["input"]
    assert told["inputs"]["moving"] == {
        "series_instance_uid": "1.2.3.5",
        "study_instance_uid": "1.2.3",
        "stack": "",
        "sop_hash": ct().series.sop_hash,
        "instances": 4,
    }


def test_what_is_missing_unknown_or_of_another_kind_is_refused(tmp_path: Path) -> None:
    plugin = whole(tmp_path)
    with pytest.raises(MedViewError, match="was not given the inputs that it needs: moving"):
        PluginRun(plugin, ct()).check()
    with pytest.raises(MedViewError, match="inputs that it needs: prior"):
        PluginRun(plugin, ct(), others={"moving": ct("1.2.3.5"), "prior": ct("1.2.3.6")}).check()
    with pytest.raises(MedViewError, match="made for CT images; this series is PT"):
        PluginRun(plugin, ct(), others={"moving": ct("1.2.3.5", "PT")}).check()


@pytest.mark.parametrize(
    ("matrix", "said"),
    [
        ("np.diag([-1.0, 1.0, 1.0, 1.0])", "a transform that exchanges left and right"),
        ("np.full((4, 4), np.nan)", "finite 4x4 matrix"),
    ],
)
def test_a_transform_that_no_anatomy_allows_is_not_kept(matrix: str, said: str, tmp_path: Path) -> None:
    run = PluginRun(whole(tmp_path, GIVE.format(matrix=matrix)), ct(), others={"moving": ct("1.2.3.5")})
    with pytest.raises((MedViewError, ValueError), match=said):
        run(unheard)


BENDS = """
import numpy as np
from medview.plugin import DisplacementField, SpatialTransform

def run(request, context):
    grid = request.volume.geometry
    vectors = np.zeros((*grid.shape, 3), np.float32)
    vectors[..., 0] = {factor} * np.arange(grid.shape[2])
    return SpatialTransform(np.eye(4), DisplacementField(vectors, grid), np.eye(4))
"""


@pytest.mark.parametrize(("factor", "lowest"), [(-1.5, -0.5), (0.25, 1.25)])
def test_a_run_tells_whether_its_bending_folds_the_images(factor: float, lowest: float, tmp_path: Path) -> None:
    # x grows by 1 mm from column to column, so that the derivative of x + factor * x is 1 + factor
    run = PluginRun(whole(tmp_path, BENDS.format(factor=factor)), ct(), others={"moving": ct("1.2.3.5")})
    result = pickle.loads(pickle.dumps(run(unheard)))
    assert result.provenance["lowest_jacobian"] == pytest.approx(lowest, abs=1e-4)
    assert result.answers[0].to_other((2.0, 1.0, 1.0)) == pytest.approx((2.0 + 2.0 * factor, 1.0, 1.0), abs=1e-5)


def test_a_transform_needs_a_second_series_in_its_manifest(tmp_path: Path) -> None:
    broken = plugin_of(tmp_path, **{'id_=_"moving"': 'id = "moving"\nrequired = false'})
    assert isinstance(broken, BrokenPlugin)
    assert "leads from the first input to a second one" in str(broken.reason)
