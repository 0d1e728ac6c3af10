"""Where the codestream of each frame lies in an encapsulated file (PS3.5 A.4)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from medview.errors import MedViewError
from medview.files.headers.codestream import STARTS
from medview.files.pixels.frame_file import FrameFile
from medview.study.series import StoredPixels

Fragment = tuple[int, int]
_ITEM = b"\xfe\xff\x00\xe0"
_MOST_OFFSETS = 2**24


def read_codestream(file: FrameFile, pixels: StoredPixels, frame_index: int) -> bytes:
    """Return the codestream of one frame.

    Raises
    ------
    MedViewError
        The frames cannot be told apart, or the file is cut short. OSError where it cannot be read.
    """
    if pixels.frames == 1:
        return _only_codestream(file.read(pixels.offset, pixels.file_size - pixels.offset))
    frames = _frames(file.path, pixels)
    if frame_index >= len(frames):
        raise _untold()
    return b"".join(file.read(offset, length) for offset, length in frames[frame_index])


def _only_codestream(data: bytes) -> bytes:
    """Return all fragments but the offset table of the rest of a file, which was read in one go."""
    parts, position = [], 0
    while data[position : position + 4] == _ITEM:
        (length,) = struct.unpack("<I", data[position + 4 : position + 8])
        parts.append(data[position + 8 : position + 8 + length])
        position += 8 + length
    if len(parts) < 2 or position > len(data):
        raise MedViewError("The pixel data is cut short.", "Copy the images again from their source.")
    return b"".join(parts[1:])


@lru_cache(maxsize=4)
def _frames(path: Path, pixels: StoredPixels) -> tuple[tuple[Fragment, ...], ...]:
    """Return the fragments (offset in the file, length) of every frame; remembered, for tasks take a few frames each.

    An extended offset table need not be read: a file that has one keeps each frame in one fragment.
    """
    with FrameFile(path, pixels) as file:
        items = list(_items(file, pixels))
        table, fragments = items[:1], items[1:]
        if len(fragments) == pixels.frames:
            return tuple((fragment,) for fragment in fragments)
        if len(fragments) < pixels.frames:
            raise MedViewError("The pixel data is cut short.", "Copy the images again from their source.")
        starts = _told_starts(file, table[0], fragments, pixels.frames)
        if not starts:
            heads = (file.read(offset, min(length, 16)) for offset, length in fragments)
            starts = [number for number, head in enumerate(heads) if head.startswith(STARTS)]
    if len(starts) != pixels.frames or starts[0] != 0:
        raise _untold()
    return tuple(tuple(fragments[a:b]) for a, b in zip(starts, [*starts[1:], len(fragments)], strict=True))


def _items(file: FrameFile, pixels: StoredPixels) -> Iterator[Fragment]:
    position = pixels.offset
    while position + 8 <= pixels.file_size:
        head = file.read(position, 8)
        if head[:4] != _ITEM:
            return
        (length,) = struct.unpack("<I", head[4:])
        yield position + 8, length
        position += 8 + length


def _told_starts(file: FrameFile, table: Fragment, fragments: list[Fragment], frames: int) -> list[int]:
    """Return which fragments begin a frame by the basic offset table; empty where it is empty or wrong."""
    offset, length = table
    if length != 4 * frames or length > _MOST_OFFSETS:
        return []
    first = fragments[0][0] - 8
    places = {position - 8 - first: number for number, (position, _) in enumerate(fragments)}
    told = [places.get(place, -1) for place in struct.unpack(f"<{frames}I", file.read(offset, length))]
    return told if told == sorted(set(told)) and told[0] == 0 else []


def _untold() -> MedViewError:
    return MedViewError("The compressed frames cannot be told apart.", "Copy the images again from their source.")
