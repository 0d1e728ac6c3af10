"""Models that come damaged, forged or without a licence: one clear notice each, and the session goes on."""

from __future__ import annotations

import hashlib
import json
import os
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import torch

from medview.plugin.discovery import Plugin, discover
from medview.plugin.pack import make_pack
from medview.plugin.run import PluginRun
from medview.plugin.weights import locate
from medview.progress import unheard
from medview.session.fetch_weights import fetch_weights
from medview.session.install_model_pack import install_model_pack
from medview.session.session import Session
from tests.plugin.folders import MANIFEST, threshold_plugin, volume_of, write_plugin
from tests.session.waiting import wait_idle

GOOD = bytes(range(256)) * 16


class Answer(BaseHTTPRequestHandler):
    """Sends what its server holds, saying that it is as much as was promised, and then hangs up."""

    def do_GET(self) -> None:
        body: bytes = self.server.content  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Length", str(len(GOOD)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        return


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ThreadingHTTPServer]:
    monkeypatch.delenv("MEDVIEW_MODEL_MIRROR", raising=False)
    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield made
        made.shutdown()


def notices(session: Session) -> list[tuple[str, str]]:
    """Return the notices so far and take them away."""
    found = [(notice.level, f"{notice.message} {notice.remedy}") for notice in session.notices.notices]
    for notice in session.notices.notices:
        session.notices.dismiss(notice)
    return found


def weights(source: str, more: str = "") -> str:
    return (
        f'\n[[weights]]\nid = "net"\nfile = "net/numbers.bin"\nsource = "{source}"\n'
        f'sha256 = "{hashlib.sha256(GOOD).hexdigest()}"\nbytes = {len(GOOD)}\nlicence = "MIT"\n{more}'
    )


def made(folder: Path, extra: str) -> Plugin:
    write_plugin(folder, MANIFEST + extra)
    (plugin,) = discover([folder])
    assert isinstance(plugin, Plugin), plugin
    return plugin


@pytest.mark.parametrize(
    ("content", "said"),
    [(GOOD[::-1], "checksum differs"), (GOOD[:-100], "could not be fetched"), (b"", "could not be fetched")],
    ids=["wrong hash", "truncated", "nothing"],
)
def test_weights_that_are_not_the_promised_ones(
    content: bytes, said: str, session: Session, server: ThreadingHTTPServer, tmp_path: Path
) -> None:
    plugin = made(tmp_path / "made", weights(f"http://127.0.0.1:{server.server_address[1]}/numbers.bin"))
    server.content = content  # type: ignore[attr-defined]
    fetch_weights(session, plugin)
    wait_idle(session)
    ((level, text),) = notices(session)
    assert level == "error"
    assert said in text
    assert locate(plugin.manifest.weights[0]) is None
    server.content = GOOD  # type: ignore[attr-defined]
    fetch_weights(session, plugin)
    wait_idle(session)
    assert notices(session) == [("info", "The weights of Threshold are here and verified. ")]


@pytest.mark.parametrize("file", ["", 'licence_file = "LICENCE.txt"'], ids=["none named", "not there"])
def test_weights_whose_licence_nobody_can_read(file: str, session: Session, tmp_path: Path) -> None:
    plugin = made(tmp_path / "made", weights("http://127.0.0.1:9/numbers.bin", f'gate = "accept"\n{file}\n'))
    fetch_weights(session, plugin)
    wait_idle(session)
    ((level, text),) = notices(session)
    assert level == "error"
    assert "does not bring its text. Ask the plugin's authors" in text
    assert locate(plugin.manifest.weights[0]) is None


def test_a_pack_that_leads_outside_and_then_a_good_one(session: Session, tmp_path: Path) -> None:
    good = make_pack(threshold_plugin(tmp_path / "author"), tmp_path / "good.medviewpack", unheard)
    slip = tmp_path / "slip.medviewpack"
    with zipfile.ZipFile(good) as archive:
        entries = {name: archive.read(name) for name in archive.namelist() if name != "pack.json"}
        listed = json.loads(archive.read("pack.json"))
    entries |= {"plugin/../../../slipped.txt": b"x"}
    listed["files"]["plugin/../../../slipped.txt"] = {"bytes": 1, "sha256": hashlib.sha256(b"x").hexdigest()}
    with zipfile.ZipFile(slip, "w") as archive:
        for name, content in [*entries.items(), ("pack.json", json.dumps(listed))]:
            archive.writestr(name, content)
    for path in (slip, good):
        install_model_pack(session, path)
        wait_idle(session)
    (first, text), (second, _) = notices(session)
    assert (first, second) == ("error", "info")
    assert "leads outside" in text
    assert not list(tmp_path.parent.rglob("slipped.txt"))
    assert any(isinstance(p, Plugin) and p.manifest.id == "threshold" for p in session.plugins)


class Runs:
    """What a pickle makes of itself: a call of its author's choice."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.path),)


def test_weights_that_are_a_pickle_run_nothing_whatever_they_are_called(session: Session, tmp_path: Path) -> None:
    for kind in ("torch_state_dict", "safetensors", "torchscript", "onnx"):
        refuses_pickle(kind, session, tmp_path / kind)


def refuses_pickle(kind: str, session: Session, tmp_path: Path) -> None:
    home = write_plugin(tmp_path / "made", MANIFEST.replace('entry = "threshold:run"\n', ""))
    torch.save({"state_dict": Runs(tmp_path / "ran")}, home / "net.pt")
    content = (home / "net.pt").read_bytes()
    network = (
        '\n[network]\nweights = "net"\narchitecture = "UNet"\n'
        "arguments = { spatial_dims = 3, in_channels = 1, out_channels = 3, channels = [4, 8], strides = [2] }\n"
        f'\n[[weights]]\nid = "net"\nfile = "net.pt"\nsource = "folder:net.pt"\nformat = "{kind}"\nlicence = "MIT"\n'
        f'sha256 = "{hashlib.sha256(content).hexdigest()}"\nbytes = {len(content)}\n'
    )
    with (home / "plugin.toml").open("a", encoding="utf-8") as manifest:
        manifest.write(network)
    (plugin,) = discover([tmp_path / "made"])
    assert isinstance(plugin, Plugin), plugin
    volume = volume_of(np.ones((16, 16, 16), dtype=np.float32))
    session.jobs.submit(
        "Threshold", PluginRun(plugin, volume, {}, "cpu"), place="gpu", on_failed=session.notices.add_error
    )
    wait_idle(session)
    ((level, text),) = notices(session)
    assert level == "error"
    assert "net.pt" in text
    assert not (tmp_path / "ran").exists()
