"""Nothing that is written replaces an image."""

from __future__ import annotations

from pathlib import Path

import pytest

from medview.errors import MedViewError
from medview.study.series import Instance, Series
from medview.study.spare_original import spare_original


def test_an_image_is_never_written_over_by_whatever_way_a_path_leads_to_it(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (tmp_path / "link").symlink_to(folder)
    image = folder / "a.dcm"
    image.write_bytes(b"image")
    series = Series("1", "1", instances=(Instance(image, "1.1"),))
    resampled = Series("1", "1", resampled_from=series)
    for path in (image, folder / ".." / "in" / "a.dcm", tmp_path / "link" / "a.dcm"):
        for one in (series, resampled):
            with pytest.raises(MedViewError, match=r"a\.dcm is one of the images themselves"):
                spare_original(path, [one])
    spare_original(tmp_path / "a.dcm", [series])
    spare_original(folder / "b.dcm", [series, resampled])
