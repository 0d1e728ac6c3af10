"""What a TorchScript file may not do: it is a program, parts of which run when it is loaded."""

from __future__ import annotations

import re
import zipfile
import zlib
from pathlib import Path

from medview.errors import MedViewError

# whole words of TorchScript's own that reach files or other computers, however they are called
_REACHING = re.compile(rb"\b(save|from_file|rpc_sync|rpc_async|rpc_remote)\b")
_LEGACY = "model.json"  # an older way to name what is run
_MOST_BYTES = 64 << 20


def check_script(path: Path) -> None:
    """Refuse TorchScript that would write or read files or speak to other computers; nothing of it is run for this.

    Raises
    ------
    MedViewError
        It would, or it is no such file.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if entry.filename.endswith(".py")]
            is_old = any(entry.filename.rpartition("/")[2] == _LEGACY for entry in archive.infolist())
            if is_old or sum(entry.file_size for entry in entries) > _MOST_BYTES:
                raise ValueError("it is of an older kind, or too long to be looked through")
            words = {word.decode() for entry in entries for word in _REACHING.findall(archive.read(entry))}
    except (
        OSError,
        EOFError,
        ValueError,
        zlib.error,
        zipfile.BadZipFile,
        RuntimeError,
    ) as error:  # the last: encrypted
        raise MedViewError(
            "The model file {file} cannot be read: {reason}",
            "Fetch it again; if it came with a package, install that package anew.",
            file=path.name,
            reason=str(error) or type(error).__name__,
        ) from error
    if words:
        raise MedViewError(
            "The model file {file} is a program that would reach beyond its images ({words}), and was not loaded.",
            "Ask its author for the network alone, as ONNX or safetensors.",
            file=path.name,
            words=", ".join(sorted(words)),
        )
