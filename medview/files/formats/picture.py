"""PNG, JPEG and TIFF pictures: what their headers say, and their pixels.

A picture knows no patient and no millimetre: whatever resolution it states is that of a printer.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.errors import MedViewError
from medview.files.headers.dicom_file import open_regular

_MARKS = {b"\x89PNG\r\n\x1a\n": "PNG", b"\xff\xd8\xff": "JPEG", b"II*\0": "TIFF", b"MM\0*": "TIFF"}
_GREY = {"1", "L", "I;16", "I;16B", "I;16L", "I", "F"}
_COLOUR = {"RGB", "RGBA", "P", "LA", "CMYK", "YCbCr", "PA"}
_MOST_PIXELS = 2**28  # 16,384 x 16,384
_MOST_PAGES = 20_000
_DEEPEST = 5000.0  # how far a byte of a compressed picture can expand: TIFF's LZW does so more than PNG's deflate


@dataclass(frozen=True)
class PictureFacts:
    """What a picture's header says: its format, pages, size in pixels, and whether it has colours."""

    file_format: str
    pages: int
    rows: int
    columns: int
    is_colour: bool


def picture_format(head: bytes) -> str | None:
    """Return "PNG", "JPEG" or "TIFF" by a file's first bytes, or None."""
    return next((name for mark, name in _MARKS.items() if head.startswith(mark)), None)


def read_picture_facts(path: Path) -> PictureFacts | None:
    """Return what a picture's header says; None where the file is none.

    Raises
    ------
    MedViewError
        The file is a picture and damaged, or far larger than a picture is. OSError where it cannot be read.
    """
    with open_regular(path) as file:
        file_format = picture_format(file.read(8))
        if file_format is None:
            return None
        file.seek(0)
        try:
            picture = _opened(file, file_format)
            pages, (columns, rows), mode = int(getattr(picture, "n_frames", 1)), picture.size, picture.mode
        except Exception as error:  # pillow raises nearly anything on a damaged header
            raise MedViewError("The {format} picture is damaged.", "Copy it again from its source.",
                               format=file_format) from error  # fmt: skip
    if mode not in _GREY | _COLOUR:
        raise MedViewError("Pictures of the kind {mode} cannot be shown.", "Save it as grey or RGB.", mode=mode)
    size = rows * columns * pages
    if rows * columns > _MOST_PIXELS or pages > _MOST_PAGES or size > path.stat().st_size * _DEEPEST:
        raise MedViewError("The picture claims {rows} x {columns} pixels, far more than its file can hold.",
                           "Copy it again from its source.", rows=rows, columns=columns)  # fmt: skip
    return PictureFacts(file_format, pages, rows, columns, mode in _COLOUR)


def read_picture(path: str, file_format: str, pages: tuple[int, ...], shape: tuple[int, int]) -> NDArray[Any]:
    """Return the pixels of some pages, for a worker process: (pages, rows, columns) or with colours (..., 3).

    Raises
    ------
    MedViewError
        The picture is damaged, or another than was found.
    """
    found = []
    with open_regular(Path(path)) as file:
        try:
            picture = _opened(file, file_format)
            for page in pages:
                if page or picture.tell():
                    picture.seek(page)
                if (picture.size[1], picture.size[0]) != shape:
                    raise MedViewError("The pages of the picture are not of one size.", "Split it into pictures first.")
                found.append(_pixels(picture))
        except MedViewError:
            raise
        except Exception as error:  # pillow raises nearly anything on damaged data
            raise MedViewError("The {format} picture is damaged.", "Copy it again from its source.",
                               format=file_format) from error  # fmt: skip
    return np.stack(found)


def _opened(file: Any, file_format: str) -> Any:
    from PIL import Image

    # pillow's own ceiling is a warning with half the number; ours is held against the header before any decoding
    Image.MAX_IMAGE_PIXELS = _MOST_PIXELS
    return Image.open(file, formats=(file_format,))


def _pixels(picture: Any) -> NDArray[Any]:
    """Return one page: uint8, uint16 or float32 grey, or uint8 red, green, blue."""
    if picture.mode in _COLOUR:
        return np.asarray(picture.convert("RGB"))
    values = np.asarray(picture)
    if picture.mode == "1":
        return values.astype(np.uint8) * 255
    if picture.mode == "I":  # 32 bits in pillow, whatever the file has
        return values.astype(np.uint16) if values.min() >= 0 and values.max() <= 65535 else values.astype(np.float32)
    return values.astype(values.dtype.newbyteorder("="), copy=False)
