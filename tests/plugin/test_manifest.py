from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from medview.errors import MedViewError
from medview.paths import shipped_plugins_folder
from medview.plugin.discovery import BrokenPlugin, Plugin, discover, find
from medview.plugin.manifest.manifest import Manifest
from tests.plugin.folders import MANIFEST, threshold_plugin, write_plugin


def manifest() -> Manifest:
    return Manifest.model_validate(tomllib.loads(MANIFEST))


def test_options_take_defaults_and_are_parsed_from_text() -> None:
    parsed = manifest().parse_parameters({"level": "2.5", "detail": "high", "wait": "yes"})
    assert parsed == {"level": 2.5, "detail": "high", "wait": True}
    assert manifest().parse_parameters({}) == {"level": 0.5, "detail": "low", "wait": False}
    assert manifest().parse_parameters({"level": 3, "wait": True}) == {"level": 3.0, "detail": "low", "wait": True}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"colour": "red"}, r"Threshold has no option colour\. Its options: level, detail, wait"),
        ({"level": "much"}, r"much is not a value of the option level\. Allowed: a number from 0 to 100"),
        ({"level": "101"}, "101 is not a value"),
        ({"level": "nan"}, "nan is not a value"),
        ({"detail": "middle"}, r"Allowed: low, high\."),
        ({"wait": "perhaps"}, r"Allowed: true, false\."),
    ],
)
def test_an_unknown_or_bad_option_is_refused_with_what_is_allowed(given: dict[str, object], said: str) -> None:
    with pytest.raises(MedViewError, match=said):
        manifest().parse_parameters(given)


WEIGHTS = """[[weights]]
id = "net"
file = "{file}"
source = "http://localhost/net"
sha256 = "ABC"
bytes = 1
licence = "x"

[cost]""".replace("ABC", "a1" * 32)
BREAKS = {
    "not toml": ("task =", "task", "The manifest is not valid"),
    "unknown key": (
        'task = "segment"',
        'task = "segment"\nisotropic = true',
        "isotropic: Extra inputs are not",
    ),
    "missing key": ('summary = "Marks what is bright."', "", "summary: Field required"),
    "unknown task": ('task = "segment"', 'task = "heal"', "task: Input should be 'classify', 'detect', 'segment'"),
    "entry is no function": ('"threshold:run"', '"threshold.run"', "entry: String should match"),
    "entry is not there": ('"threshold:run"', '"absent:run"', r"absent\.py, which is not there"),
    "number twice": ("number = 2", "number = 1", "two segments or concepts have the same number"),
    "label 0": ("number = 2", "number = 0", "greater than or equal to 1"),
    "colour": ("[0, 255, 0]", "[0, 256, 0]", "less than or equal to 255"),
    "default": ("default = 0.5", "default = 500.0", "the default of level is not allowed"),
    "choice": ('default = "low"', 'default = "middle"', "the default of detail is not allowed"),
    "spacing": ("[0.2, 20.0]", "[20.0, 0.2]", "two rising numbers"),
    "condition": ("[[outputs]]", '[[outputs]]\nwhen = { size = ["big"] }', "parameter size, which is not declared"),
    "weights in the place of others": (
        "[cost]",
        WEIGHTS.format(file="converted/net.safetensors"),
        "file: Value error, the program keeps files of its own under this name",
    ),
    "weights in the place of a table": ("[cost]", WEIGHTS.format(file="Checked.json"), "files of its own under this"),
    "weights under the name of a device": ("[cost]", WEIGHTS.format(file="net/nul.bin"), "not every system can have"),
    "weights under a name with an end that is lost": ("[cost]", WEIGHTS.format(file="net/w."), "not every system can"),
    "nested without end": ("[cost]", f"deep = {'[' * 100_000}\n[cost]", "nested too deeply"),
    "turned without knowing how": (
        'contrast = "T1-weighted"',
        'contrast = "T1-weighted"\nneeds_orientation = false\ngrid = { orientation = "RAS" }',
        "turns the images, and so it needs their orientation",
    ),
    "millimetres without knowing them": (
        'contrast = "T1-weighted"',
        'contrast = "T1-weighted"\nneeds_spacing = false\ngrid = { spacing_mm = [1.0, 1.0, 1.0] }',
        "asks for millimetres, and so it needs their spacing",
    ),
    "spacing without end": (
        'contrast = "T1-weighted"',
        'contrast = "T1-weighted"\ngrid = { spacing_mm = [inf, 1.0, 1.0] }',
        "finite number",
    ),
    "range backwards": (
        'contrast = "T1-weighted"',
        'contrast = "T1-weighted"\nintensity = [{ op = "minmax", low = 0.0, high = 1.0, source_range = [9.0, -9.0] }]',
        "source_range must be two rising numbers",
    ),
    "percentile over a hundred": (
        'contrast = "T1-weighted"',
        'contrast = "T1-weighted"\nintensity = [{ op = "clip_percentile", low = 0.0, high = 101.0 }]',
        "percentiles lie between 0 and 100",
    ),
    "mean that is no number": (
        'contrast = "T1-weighted"',
        'contrast = "T1-weighted"\nintensity = [{ op = "zscore", mean = nan, std = 1.0 }]',
        "finite number",
    ),
    "probability of 1": (
        "[[outputs]]",
        '[[outputs]]\nactivation = "sigmoid"\nthreshold = 1.0',
        "a threshold of labels lies between 0 and 1",
    ),
    "code too long": ('value = "85756007"', 'value = "85756007857560078"', "at most 16 characters"),
}


@pytest.mark.parametrize("what", BREAKS)
def test_a_broken_manifest_is_a_value_with_a_reason(what: str, tmp_path: Path) -> None:
    old, new, said = BREAKS[what]
    assert old in MANIFEST
    folder = write_plugin(tmp_path, MANIFEST.replace(old, new, 1))
    (broken,) = discover([tmp_path])
    assert isinstance(broken, BrokenPlugin)
    assert broken.folder == folder
    assert re.search(said, str(broken.reason)), str(broken.reason)


def test_the_second_plugin_of_an_id_is_broken(tmp_path: Path) -> None:
    write_plugin(tmp_path, name="a")
    write_plugin(tmp_path, name="b")
    first, second = discover([tmp_path])
    assert isinstance(first, Plugin)
    assert first.folder.name == "a"
    assert isinstance(second, BrokenPlugin)
    assert str(second.reason) == "Another plugin has the id threshold already."


def test_a_plugins_code_is_not_imported_when_it_is_found(tmp_path: Path) -> None:
    plugin = threshold_plugin(tmp_path, code="raise RuntimeError('imported')")
    with pytest.raises(MedViewError, match=r"Threshold cannot be loaded: RuntimeError: imported"):
        plugin.load()


def test_an_unknown_plugin_is_told_with_those_that_exist(tmp_path: Path) -> None:
    plugin = threshold_plugin(tmp_path)
    assert find("threshold", [plugin]) is plugin
    with pytest.raises(MedViewError, match=r"There is no plugin brian\. Plugins found: threshold\."):
        find("brian", [plugin])


def test_every_shipped_plugin_is_whole_and_has_a_model_card() -> None:
    found = {plugin.manifest.id: plugin for plugin in discover() if isinstance(plugin, Plugin)}
    assert [p for p in discover() if isinstance(p, BrokenPlugin)] == []
    assert set(found) >= {"brain_extraction", "brain_structures", "body_and_lungs"}
    for plugin in found.values():
        assert plugin.folder.parent == shipped_plugins_folder()
        card = (plugin.folder / "README.md").read_text(encoding="utf-8")
        assert all(word in card for word in ("Licence", "Measured", "Fails"))


def test_brain_structures_declares_as_many_segments_as_its_choice_says() -> None:
    plugin = find("brain_structures", discover())
    for classes, count in (("3", 2), ("18", 17), ("50", 49)):
        parameters = plugin.manifest.parse_parameters({"classes": classes})
        assert len(plugin.manifest.segments(parameters)) == count
        assert [w.id for w in plugin.manifest.needed_weights(parameters)] == ["box", f"meshnet_{classes}"]
