"""Further series are given in the order of the manifest, however they were named: a transform leads to the first."""

from __future__ import annotations

from pathlib import Path

from medview.cli.further_series import named_inputs
from medview.plugin.discovery import Plugin, discover
from tests.plugin.folders import MANIFEST, write_plugin

MORE = """
[[inputs]]
id = "moving"
modality = ["MR"]

[[inputs]]
id = "beside"
modality = ["MR"]

[[outputs]]
"""


def test_the_order_of_the_words_does_not_exchange_what_they_name(tmp_path: Path) -> None:
    write_plugin(tmp_path, MANIFEST.replace("[[outputs]]\n", MORE, 1))
    (plugin,) = discover([tmp_path])
    assert isinstance(plugin, Plugin), plugin
    assert list(named_inputs(plugin, ["beside=1.2", "moving=1.3"]).items()) == [("moving", "1.3"), ("beside", "1.2")]
