"""What a result says of where it comes from is true, whatever happens to the files meanwhile."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from medview.errors import MedViewError
from medview.plugin.discovery import Plugin, discover
from medview.plugin.run import PluginRun
from medview.progress import unheard
from tests.plugin.folders import MANIFEST, threshold_plugin, volume_of, write_plugin


def test_a_manifest_that_was_changed_after_it_was_read_is_not_run(tmp_path: Path) -> None:
    """Its segments would be those of before, under the checksum of now."""
    plugin = threshold_plugin(tmp_path)
    volume = volume_of(np.ones((2, 3, 4), dtype=np.float32))
    assert PluginRun(plugin, volume)(unheard).labels is not None
    path = plugin.folder / "plugin.toml"
    path.write_text(MANIFEST.replace('label = "Bright"', 'label = "Dark"'), encoding="utf-8")
    with pytest.raises(MedViewError, match="Threshold has been changed on this computer since it was listed"):
        PluginRun(plugin, volume)(unheard)
    (anew,) = discover([tmp_path])
    assert isinstance(anew, Plugin)
    result = PluginRun(anew, volume)(unheard)
    assert result.labels is not None
    assert result.labels.segments[0].label == "Dark"
    assert result.provenance["manifest_sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()


WEIGHTS = """
[[weights]]
id = "net"
file = "net.bin"
source = "http://localhost/net.bin"
sha256 = "{sha256}"
bytes = 4
licence = "MIT"
"""
SWAPS = """
from pathlib import Path
from medview.plugin import Labels

def run(request, context):
    path = request.weights["net"]
    path.write_bytes(b"2222")
    return Labels((request.volume.array > 0).astype("uint8"), request.segments)
"""


def test_weights_that_are_exchanged_during_a_run_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The record would name the checksum of a file that nobody knows to be the one that was read."""
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    (mirror / "net.bin").write_bytes(b"1111")
    monkeypatch.setenv("MEDVIEW_MODEL_MIRROR", str(mirror))
    sha256 = hashlib.sha256(b"1111").hexdigest()
    write_plugin(tmp_path / "plugins", MANIFEST + WEIGHTS.format(sha256=sha256), SWAPS)
    (plugin,) = discover([tmp_path / "plugins"])
    assert isinstance(plugin, Plugin), plugin
    with pytest.raises(MedViewError, match=r"net\.bin was exchanged while Threshold ran"):
        PluginRun(plugin, volume_of(np.ones((2, 3, 4), dtype=np.float32)))(unheard)
