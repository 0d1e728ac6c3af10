from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from medview.errors import MedViewError
from medview.plugin.discovery import discover, find
from medview.plugin.manifest.weights_record import WeightsRecord
from medview.plugin.weights import fetch, locate, weights_folder
from medview.progress import Cancelled, unheard

CONTENT = bytes(range(256)) * 4096


class _Server(ThreadingHTTPServer):
    """Serves CONTENT, honouring Range unless told not to."""

    content = CONTENT
    ranges = True
    asked: list[str | None]


class _Answer(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        asked = self.headers.get("Range")
        self.server.asked.append(asked)
        if self.path == "/absent":
            self.send_error(404)
            return
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and self.server.ranges else 0
        body = self.server.content[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):  # the client has stopped reading, as it may
            pass

    def log_message(self, *args: Any) -> None:
        return


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[_Server]:
    monkeypatch.delenv("MEDVIEW_MODEL_MIRROR", raising=False)
    server = _Server(("127.0.0.1", 0), _Answer)
    server.asked = []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def record(server: _Server | None = None, path: str = "weights.bin", **changes: Any) -> WeightsRecord:
    port = server.server_address[1] if server else 9
    facts = {
        "id": "net",
        "file": "net/weights.bin",
        "source": f"http://127.0.0.1:{port}/{path}",
        "sha256": hashlib.sha256(CONTENT).hexdigest(),
        "bytes": len(CONTENT),
        "licence": "MIT",
    }
    return WeightsRecord.model_validate(facts | changes)


def test_weights_are_fetched_once(server: _Server) -> None:
    told: list[float] = []
    path = fetch(record(server), lambda fraction, text="": told.append(fraction))
    assert path.read_bytes() == CONTENT
    assert path == weights_folder() / "net" / "weights.bin"
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert fetch(record(server), unheard) == path
    assert server.asked == [None]
    assert list(path.parent.glob("*.part")) == []


def test_a_broken_off_download_goes_on_where_it_stopped(server: _Server) -> None:
    def stop(fraction: float, text: str = "") -> None:
        if fraction > 0.3:
            raise Cancelled

    with pytest.raises(Cancelled):
        fetch(record(server), stop)
    assert locate(record(server)) is None
    assert fetch(record(server), unheard).read_bytes() == CONTENT
    assert server.asked[0] is None
    assert int(str(server.asked[1]).removeprefix("bytes=").rstrip("-")) > 0.3 * len(CONTENT)


def test_a_server_without_ranges_sends_it_all_again(server: _Server) -> None:
    server.ranges = False
    (weights_folder() / "net").mkdir()
    part = weights_folder() / "net" / f"weights.bin.{record(server).sha256[:12]}.part"
    part.write_bytes(b"x" * 1000)
    assert fetch(record(server), unheard).read_bytes() == CONTENT


@pytest.mark.parametrize(
    "content",
    [b"y" + CONTENT[1:], CONTENT[:-1], b""],
    ids=["other", "truncated", "empty"],
)
def test_another_file_than_promised_is_refused(server: _Server, content: bytes) -> None:
    server.content = content
    with pytest.raises(MedViewError, match="checksum differs"):
        fetch(record(server), unheard)
    assert locate(record(server)) is None
    assert [p for p in weights_folder().rglob("*") if p.is_file()] == []


def test_a_server_that_sends_without_end_is_read_no_further_than_promised(server: _Server) -> None:
    server.content = CONTENT + b"z" * len(CONTENT)
    assert fetch(record(server), unheard).read_bytes() == CONTENT


def test_no_network_is_told_with_the_way_round_it(server: _Server) -> None:
    with pytest.raises(MedViewError, match=r"could not be fetched: HTTP Error 404.*MEDVIEW_MODEL_MIRROR"):
        fetch(record(server, path="absent"), unheard)
    server.shutdown()
    with pytest.raises(MedViewError, match=r"could not be fetched.*MEDVIEW_MODEL_MIRROR"):
        fetch(record(None), unheard)


def test_a_mirror_is_searched_by_path_and_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDVIEW_MODEL_MIRROR", str(tmp_path))
    assert locate(record()) is None
    wrong = tmp_path / "a" / "weights.bin"
    wrong.parent.mkdir()
    wrong.write_bytes(b"y" + CONTENT[1:])
    assert locate(record()) is None
    right = tmp_path / "z" / "weights.bin"
    right.parent.mkdir()
    right.write_bytes(CONTENT)
    assert locate(record()) == right
    exact = tmp_path / "net" / "weights.bin"
    exact.parent.mkdir()
    exact.write_bytes(CONTENT)
    assert locate(record()) == exact


def test_a_file_that_has_changed_is_checked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDVIEW_MODEL_MIRROR", str(tmp_path))
    path = tmp_path / "weights.bin"
    path.write_bytes(CONTENT)
    assert locate(record()) == path
    path.write_bytes(b"y" + CONTENT[1:])
    assert locate(record()) is None


def test_a_file_that_has_changed_under_its_old_time_is_checked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEDVIEW_MODEL_MIRROR", str(tmp_path))
    path = tmp_path / "weights.bin"
    path.write_bytes(CONTENT)
    assert locate(record()) == path
    before = path.stat()
    path.write_bytes(b"y" + CONTENT[1:])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert locate(record()) is None


def test_the_weights_of_an_installed_package_are_found_without_importing_it() -> None:
    manifest = find("brain_extraction", discover()).manifest
    paths = [locate(w) for w in manifest.weights]
    assert [p.name for p in paths if p] == ["bbox_model.pt", "model.pt"]
    assert None not in paths


def test_a_package_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MEDVIEW_MODEL_MIRROR", raising=False)
    with pytest.raises(MedViewError, match=r"Install the package no-such-package"):
        fetch(record(source="package:no-such-package:data/net.bin"), unheard)
