"""Probabilities beside labels, asked for by an option that the program adds to a network's manifest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import zoom

from medview.errors import MedViewError
from medview.plugin.contract import Labels, Result
from medview.plugin.discovery import Plugin
from medview.study.finding import HeatMap
from medview.study.geometry import Geometry
from tests.plugin.engine.onnx_file import write_threshold
from tests.plugin.engine.test_run_network import BRIGHT, network_plugin, run

LEVEL = 0.5
BOTH = {"type": "labels", "segments": [BRIGHT], "maps": ["probability", "uncertainty"]}


def plugin_of(folder: Path, output: dict[str, Any], **more: Any) -> Plugin:
    """Return a plugin whose network has two channels: 0, and the value less a half."""
    return network_plugin(
        folder, write_threshold(folder / "net.onnx", LEVEL), output, tiling={"patch": [8, 8, 8]}, **more
    )


def values(shape: tuple[int, ...] = (9, 12, 11)) -> NDArray[np.int16]:
    return np.random.default_rng(2).integers(-4, 6, shape).astype(np.int16)


def answers(result: Result) -> tuple[Labels, HeatMap]:
    labels, heat = result.answers
    assert isinstance(labels, Labels)
    assert isinstance(heat, HeatMap)
    return labels, heat


def test_the_probability_of_a_segment_is_given_beside_its_labels(tmp_path: Path) -> None:
    array = values()
    result = run(plugin_of(tmp_path, BOTH), array, parameters={"probability_of": "7"})
    labels, heat = answers(result)
    np.testing.assert_array_equal(labels.array, np.where(array > LEVEL, 7, 0))
    sure = 1.0 / (1.0 + np.exp(LEVEL - array))  # softmax of (0, x) is the logistic function
    assert np.abs(heat.array / 255.0 - sure).max() <= 0.5 / 255 + 1e-5
    assert heat.concept is not None
    assert (heat.title, heat.kind, heat.concept.label) == ("Bright", "probability", "Bright")
    assert result.provenance["parameters"] == {"probability_of": "7"}


def test_the_uncertainty_is_what_the_likeliest_leaves(tmp_path: Path) -> None:
    array = values()
    _, heat = answers(run(plugin_of(tmp_path, BOTH), array, parameters={"probability_of": "uncertainty"}))
    sure = 1.0 / (1.0 + np.exp(LEVEL - array))
    assert np.abs(heat.array / 255.0 - np.minimum(sure, 1.0 - sure)).max() <= 0.5 / 255 + 1e-5
    assert (heat.kind, heat.concept) == ("uncertainty", None)


def test_on_a_grid_of_its_own_logits_are_brought_back_and_not_probabilities(tmp_path: Path) -> None:
    array = values((8, 16, 12))
    geometry = Geometry(array.shape, np.diag([1.0, 1.0, 1.0, 1.0])[[2, 1, 0, 3]])
    image = {"grid": {"spacing_mm": [2.0, 2.0, 2.0]}}
    plugin = plugin_of(tmp_path, BOTH, image=image)
    labels, heat = answers(run(plugin, array, geometry, parameters={"probability_of": "7"}))
    coarse = array.astype(float).reshape(4, 2, 8, 2, 6, 2).mean(axis=(1, 3, 5)) - LEVEL
    logits = zoom(coarse, 2, order=1, mode="nearest", grid_mode=True)
    assert np.abs(heat.array / 255.0 - 1.0 / (1.0 + np.exp(-logits))).max() <= 0.5 / 255 + 1e-4
    clear = np.abs(logits) > 1e-3
    np.testing.assert_array_equal((labels.array > 0)[clear], (heat.array > 127)[clear])


@pytest.mark.parametrize("interpolated", ["logits", "probabilities"])
def test_regions_have_probabilities_of_their_own(interpolated: str, tmp_path: Path) -> None:
    array, other = values(), BRIGHT | {"number": 8, "label": "Other"}
    output = BOTH | {"segments": [other, BRIGHT], "activation": "sigmoid", "interpolated": interpolated}
    plugin, sure = plugin_of(tmp_path, output), 1.0 / (1.0 + np.exp(LEVEL - values()))
    _, heat = answers(run(plugin, array, parameters={"probability_of": "7"}))
    assert np.abs(heat.array / 255.0 - sure).max() <= 0.5 / 255 + 1e-5
    _, heat = answers(run(plugin, array, parameters={"probability_of": "8"}))
    assert set(np.unique(heat.array)) == {128}  # its logit is 0 everywhere
    _, heat = answers(run(plugin, array, parameters={"probability_of": "uncertainty"}))
    assert set(np.unique(heat.array)) == {128}


def test_nothing_is_offered_that_the_manifest_does_not(tmp_path: Path) -> None:
    plugin = plugin_of(tmp_path, {"type": "labels", "segments": [BRIGHT], "maps": ["uncertainty"]})
    (option,) = plugin.manifest.parameters
    assert (option.id, option.default, option.allowed) == ("probability_of", "none", "none, uncertainty")
    (alone,) = run(plugin, values()).answers
    assert isinstance(alone, Labels)
    with pytest.raises(MedViewError, match="7 is not a value of the option probability_of"):
        run(plugin, values(), parameters={"probability_of": "7"})


def test_without_maps_there_is_no_option(tmp_path: Path) -> None:
    plugin = plugin_of(tmp_path, {"type": "labels", "segments": [BRIGHT]})
    assert plugin.manifest.parameters == ()
    assert [output.type for output in plugin.manifest.outputs] == ["labels"]
