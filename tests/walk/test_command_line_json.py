"""The JSON of the command line is what docs/command_line.md says: no field more, no field less."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from PIL import Image
from pydicom.uid import ExplicitVRLittleEndian, RLELossless

from medview import cli
from tests.files.make_dicom import SERIES_UID, image, mr_image, write, write_stack

ROOT = Path(__file__).resolve().parents[2]
Shown = pytest.CaptureFixture[bytes]


def told(shown: Shown, *words: object, status: int = 0) -> dict[str, Any]:
    """Return the JSON answer of a verb, done in this process."""
    assert cli.run(cli.parse([*map(str, words), "--json", "--quiet"])) == status
    data: dict[str, Any] = json.loads(shown.readouterr().out)
    assert data["schema_version"] == 1
    return data


def fields(value: Any, path: str = "") -> set[str]:
    """Return the paths of all leaves of a JSON value, `[]` for each entry of a list."""
    if isinstance(value, dict):
        return set().union(*(fields(v, f"{path}.{k}" if path else k) for k, v in value.items())) if value else {path}
    if isinstance(value, list):
        return set().union(*(fields(v, f"{path}[]") for v in value)) if value else {path}
    return {path}


def documented(verb: str) -> set[str]:
    """Return the fields of a verb's table."""
    text = (ROOT / "docs" / "command_line.md").read_text(encoding="utf-8")
    section = text.split(f"\n### {verb}\n")[1].split("\n### ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row)}


def undocumented(found: set[str], known: set[str]) -> set[str]:
    """Return what is in an answer and not in the table; an empty list or null may stand for what a table goes into."""
    known = known | {name.replace("[]", "") for name in known} | {"schema_version", "verb"}
    goes_on = {name for name in found if any(other.startswith((f"{name}.", f"{name}[]")) for other in known)}
    return found - known - goes_on - {name for name in found if name.startswith(tuple(f"{k}." for k in _MAPS))}


_MAPS = ("studies[].series[].stacks[].suv_factors",)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a CT stack, an MR series of two echoes, a picture that is cut short, and a text."""
    folder = tmp_path_factory.mktemp("mixed")
    write_stack(folder / "ct", 4)
    for echo in (1, 2):
        for index in range(3):
            changes = {"SeriesInstanceUID": "2.25.5", "SOPInstanceUID": f"2.25.6.{echo}.{index}", "SeriesNumber": 5}
            write(mr_image(index, EchoNumbers=echo, EchoTime=10.0 * echo, **changes), folder / f"mr{echo}{index}")
    whole = write(image(9, SeriesInstanceUID="2.25.7"), folder / "cut").read_bytes()
    (folder / "cut").write_bytes(whole[:-40])
    (folder / "notes.txt").write_text("no image")
    return folder


def test_scan(mixed: Path, capfdbinary: Shown) -> None:
    data = told(capfdbinary, "scan", mixed)
    assert undocumented(fields(data), documented("scan")) == set()
    counts = data["counts"]
    assert counts == {"found": 12, "images": 10, "other": 1, "rejected": 1}
    assert (data["found"], data["images"]) == (12, 10)
    (study,) = data["studies"]
    ct, mr = study["series"]
    (stack,) = ct["stacks"]
    assert (ct["images"], stack["shape"], stack["spacing_mm"]) == (4, [4, 6, 8], [2.5, 0.5, 0.75])
    np.testing.assert_array_equal(stack["affine_lps"][2], [2.5, 0, 0, 0])
    assert (stack["can_reformat"], stack["has_orientation"], stack["sheared"], stack["tilt_deg"]) == (
        True, True, False, 0.0,
    )  # fmt: skip
    (echoes,) = mr["stacks"]
    assert (echoes["images"], echoes["shape"]) == (6, [3, 6, 8])
    assert {k: echoes["axis"][k] for k in ("name", "unit", "count", "values")} == {
        "name": "echo time", "unit": "ms", "count": 2, "values": [10.0, 20.0],
    }  # fmt: skip


def test_every_field_that_is_documented_is_there(mixed: Path, capfdbinary: Shown) -> None:
    found = fields(told(capfdbinary, "scan", mixed))
    found |= {re.sub(r"(\[\])+$", "", name) for name in found}
    missing = {name for name in documented("scan") if name.removesuffix("[]") not in found and name not in found}
    # nothing in this folder has these
    assert {name for name in missing if ".objects[]" not in name and ".axis" not in name} == set()


def test_check(mixed: Path, capfdbinary: Shown) -> None:
    data = told(capfdbinary, "check", mixed)
    assert undocumented(fields(data), documented("check")) == set()
    assert data["verdict"] == "warning"
    rows = {Path(row["path"]).name: row for row in data["rows"] if row["kind"] != "stack"}
    assert rows["notes.txt"]["verdict"] == "rejected"
    assert "cut short" in rows["cut"]["message"]
    assert all(row["message"] for row in data["rows"])
    assert sum(data["counts"].values()) == len(data["rows"])


def test_check_of_nothing_readable_still_answers(tmp_path: Path, capfdbinary: Shown) -> None:
    (tmp_path / "a").write_bytes(b"")
    data = told(capfdbinary, "check", tmp_path)
    assert (data["verdict"], [row["message"] for row in data["rows"]]) == ("rejected", ["No image: empty file."])


def test_check_names_every_damaged_file_of_a_stack(tmp_path: Path, capfdbinary: Shown) -> None:
    for index in range(5):
        dataset = image(index)
        packed = b"\xfe\xff\x00\xe0" + bytes(4) + b"\xfe\xff\x00\xe0" + (64).to_bytes(4, "little") + bytes(64)
        if index in (1, 3):
            dataset.PixelData = packed + b"\xfe\xff\xdd\xe0" + bytes(4)
            dataset["PixelData"].is_undefined_length = True
        write(dataset, tmp_path / f"{index}.dcm", RLELossless if index in (1, 3) else ExplicitVRLittleEndian)
    rows = told(capfdbinary, "check", tmp_path)["rows"]
    assert [(row["kind"], row["verdict"]) for row in rows] == [("stack", "rejected"), *[("file", "rejected")] * 2]
    assert [Path(row["path"]).name for row in rows[1:]] == ["1.dcm", "3.dcm"]


def test_several_stacks_by_intention_are_no_warning(tmp_path: Path, capfdbinary: Shown) -> None:
    planes = ([1, 0, 0, 0, 1, 0], [1, 0, 0, 0, 0, -1], [0, 1, 0, 0, 0, -1])
    for number, cosines in enumerate(planes):
        changes = {"ImageOrientationPatient": list(cosines), "SOPInstanceUID": f"2.25.90{number}"}
        write(mr_image(0, InstanceNumber=number + 1, **changes), tmp_path / str(number))
    data = told(capfdbinary, "check", tmp_path)
    said = "1 image read. The series was divided into 3 stacks."
    assert {(row["verdict"], row["message"]) for row in data["rows"]} == {("ok", said)}
    write(mr_image(5, Rows=4, Columns=4, PixelData=bytes(32), SOPInstanceUID="2.25.99"), tmp_path / "other")
    rows = told(capfdbinary, "check", tmp_path)["rows"]
    assert {row["verdict"] for row in rows} == {"warning"}
    assert all("divided into 4 stacks" in row["message"] for row in rows)


def test_a_4d_series_is_one_row(mixed: Path, capfdbinary: Shown) -> None:
    (row,) = told(capfdbinary, "check", *sorted(mixed.glob("mr*")))["rows"]
    assert (row["verdict"], row["message"], row["images"], row["files"]) == ("ok", "6 images read.", 6, 6)
    data = told(capfdbinary, "scan", *sorted(mixed.glob("mr*")))
    (stack,) = data["studies"][0]["series"][0]["stacks"]
    assert [line["text"] for line in stack["guard"] if line["kind"] == "4D"] == ["2 places along echo time"]
    assert cli.run(cli.parse(["scan", str(mixed), "--quiet"])) == 0
    assert "2 (echo time)" in capfdbinary.readouterr().out.decode()


def test_convert(mixed: Path, tmp_path: Path, capfdbinary: Shown) -> None:
    data = told(capfdbinary, "convert", mixed, "--all", "-o", tmp_path)
    stack = {name.removeprefix("studies[].series[].stacks[].") for name in documented("scan")}
    series = {name.removeprefix("studies[].series[].") for name in documented("scan")}
    rows = {f"{part}[].{name}" for part in ("written", "left_out") for name in stack | series}
    assert undocumented(fields(data), documented("convert") | rows) == set()
    ct, mr = data["written"]
    stored: Any = nibabel.load(ct["path"])
    assert float(np.asarray(stored.dataobj)[0, 0, 0]) == 1000 - 1024
    echoes: Any = nibabel.load(mr["path"])
    assert echoes.shape == (8, 6, 3, 2)
    assert json.loads(Path(mr["sidecar"]).read_text())["axis"]["values"] == [10.0, 20.0]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        Path(path).name for row in (ct, mr) for path in (row["path"], row["sidecar"]) if path
    )


def test_files_are_named_by_what_tells_the_stacks_apart(tmp_path: Path, capfdbinary: Shown) -> None:
    for number, kind in enumerate(("AXIAL", "LOCALIZER")):
        changes = {"ImageType": ["ORIGINAL", "PRIMARY", kind], "SeriesDescription": "../a  b\n"}
        write(image(number, SOPInstanceUID=f"2.25.9{number}", **changes), tmp_path / str(number))
    data = told(capfdbinary, "convert", tmp_path, "--all", "-o", tmp_path / "out")
    assert [Path(row["path"]).name for row in data["written"]] == [
        "01_CT_a_b_AXIAL.nii.gz",
        "02_CT_a_b_LOCALIZER.nii.gz",
    ]
    refused = told(capfdbinary, "convert", tmp_path, "--all", "-o", tmp_path / "0", status=1)
    assert refused["error"] == f"{tmp_path / '0'} is a file."


def test_a_dicomdir_whose_images_are_all_damaged_says_so(shared_data: Path, capfdbinary: Shown) -> None:
    path = shared_data / "odd_files" / "dicomdir_tree" / "TINY_ALPHA" / "DICOMDIR"
    data = told(capfdbinary, "scan", path, status=1)
    assert "50 damaged" in data["error"]
    assert len(data["rejected"]) == 50


def test_a_failure_is_json_too(tmp_path: Path, capfdbinary: Shown) -> None:
    data = told(capfdbinary, "scan", tmp_path / "nothing", status=1)
    assert set(data) == {"schema_version", "verb", "error", "remedy"}
    assert "does not exist" in data["error"]


def test_a_scan_that_finds_nothing_to_open_still_lists_every_file(tmp_path: Path, capfdbinary: Shown) -> None:
    whole = write(image(), tmp_path / "cut").read_bytes()
    (tmp_path / "cut").write_bytes(whole[:-40])
    (tmp_path / "text").write_text("no image")
    data = told(capfdbinary, "scan", tmp_path, status=1)
    assert "can be opened" in data["error"]
    assert data["counts"] == {"found": 2, "images": 0, "other": 1, "rejected": 1}
    assert "cut short" in data["rejected"][0]["reason"]


def test_several_paths(mixed: Path, capfdbinary: Shown) -> None:
    data = told(capfdbinary, "scan", mixed / "ct", mixed / "mr10")
    assert data["images"] == 5


def test_a_file_whose_name_is_no_text(tmp_path: Path, capfdbinary: Shown) -> None:
    path = Path(str(tmp_path).encode().decode() + "/\udcff\n.dcm")
    write(image(), tmp_path / "plain").rename(path)
    (row,) = told(capfdbinary, "check", tmp_path)["rows"]
    assert (row["verdict"], row["path"]) == ("ok", str(path))
    assert cli.run(cli.parse(["check", str(tmp_path), "--quiet"])) == 0


def test_pictures_with_a_spacing(tmp_path: Path, capfdbinary: Shown) -> None:
    folder, out = tmp_path / "pictures", tmp_path / "out.nii.gz"
    folder.mkdir()
    for number in range(3):
        Image.fromarray(np.full((4, 5), number, np.uint8)).save(folder / f"{number}.png")
    data = told(capfdbinary, "scan", folder, "--spacing", "2,0.5,0.6")
    (series,) = data["studies"][0]["series"]
    assert series["stacks"][0]["spacing_mm"] == [2.0, 0.5, 0.6]
    told(capfdbinary, "convert", folder, "--series", series["stacks"][0]["key"], "-o", out, "--spacing", "2,0.5,0.6")
    stored: Any = nibabel.load(out)
    assert stored.header.get_zooms() == pytest.approx((0.6, 0.5, 2.0))
    assert (int(stored.header["sform_code"]), int(stored.header["qform_code"])) == (0, 0)
    said = told(capfdbinary, "convert", folder, "--all", "-o", tmp_path / "all", status=1)
    assert "--spacing" in said["remedy"]


def test_a_spacing_for_images_that_have_one_is_refused(mixed: Path, capfdbinary: Shown) -> None:
    data = told(capfdbinary, "scan", mixed, "--spacing", "1,1,1", status=1)
    assert "--spacing is for pictures" in data["error"]


def test_a_nifti_file_is_scanned_checked_and_converted(tmp_path: Path, capfdbinary: Shown) -> None:
    path = tmp_path / "bold.nii.gz"
    stored: Any = nibabel.Nifti1Image(np.arange(240, dtype=np.int16).reshape(3, 4, 5, 4), np.diag([2.0, 2, 3, 1]))
    stored.header.set_xyzt_units("mm", "sec")
    stored.header["pixdim"][4] = 1.5
    nibabel.save(stored, path)
    (row,) = told(capfdbinary, "check", path)["rows"][:1]
    assert row["verdict"] == "ok"
    data = told(capfdbinary, "convert", path, "--all", "-o", tmp_path / "out")
    again: Any = nibabel.load(data["written"][0]["path"])
    np.testing.assert_array_equal(np.asarray(again.dataobj), np.asarray(stored.dataobj))
    np.testing.assert_allclose(again.affine, stored.affine)
    assert again.header["pixdim"][4] == pytest.approx(1.5)
    assert again.header.get_xyzt_units() == ("mm", "sec")
    assert data["written"][0]["sidecar"] is None


def test_one_stack_of_a_series_by_its_key(mixed: Path, tmp_path: Path, capfdbinary: Shown) -> None:
    echoes = told(capfdbinary, "scan", mixed)["studies"][0]["series"][1]["stacks"][0]
    out = tmp_path / "one.nii.gz"
    told(capfdbinary, "convert", mixed, "--series", echoes["axis"]["keys"][1], "-o", out)
    assert nibabel.load(out).shape == (8, 6, 3)  # type: ignore[attr-defined]
    told(capfdbinary, "convert", mixed, "--series", SERIES_UID, "-o", out)
    assert nibabel.load(out).shape == (8, 6, 4)  # type: ignore[attr-defined]


def test_every_file_of_the_shared_studies_is_accounted_for(shared_data: Path, capfdbinary: Shown) -> None:
    data = told(capfdbinary, "scan", shared_data)
    files = [path for path in shared_data.rglob("*") if path.is_file()]
    assert data["found"] == len(files) == data["images"] + len(data["other"]) + len(data["rejected"])
    stacks = [stack for study in data["studies"] for series in study["series"] for stack in series["stacks"]]
    assert data["images"] == sum(stack["files"] for stack in stacks)
    assert undocumented(fields(data), documented("scan")) == set()
    assert all(stack["guard"] for stack in stacks if stack["shape"])
    for study in data["studies"]:
        keys = [stack["key"] for series in study["series"] for stack in series["stacks"]]
        assert len(set(keys)) == len(keys)
    index = [line.split("\t") for line in (shared_data / "INDEX.tsv").read_text().splitlines()]
    decodable = {row[0] for row in index if row[9] == "ok"}
    refused = {str(Path(row["path"]).relative_to(shared_data)) for row in data["rejected"]}
    assert refused & decodable == set()


def test_a_tilted_stack_keeps_its_shear_in_the_sform(shared_data: Path, tmp_path: Path, capfdbinary: Shown) -> None:
    rows = told(capfdbinary, "convert", shared_data / "ct_head_gantry_tilt_ge", "--all", "-o", tmp_path)["written"]
    assert rows
    for row in rows:
        stored: Any = nibabel.load(row["path"])
        assert row["sheared"]
        assert row["tilt_deg"] > 1
        assert (int(stored.header["sform_code"]), int(stored.header["qform_code"])) == (1, 0)
        for index in ((0, 0, 0), (3, 100, 200)):
            lps = np.array(row["affine_lps"]) @ [*index, 1]
            ras = stored.affine @ [*index[::-1], 1]
            np.testing.assert_allclose(ras[:3] * [-1, -1, 1], lps[:3], atol=1e-3)


def test_resampled_stacks_say_so(shared_data: Path, tmp_path: Path, capfdbinary: Shown) -> None:
    folder = shared_data / "ct_head_gantry_tilt_ge"
    rows = told(capfdbinary, "convert", folder, "--all", "--regular", "-o", tmp_path)["written"]
    for row in rows:
        stored: Any = nibabel.load(row["path"])
        assert (row["resampled"], row["sheared"], int(stored.header["qform_code"])) == (True, False, 1)
        assert row["images"] > 0
        assert any("computed" in warning for warning in row["warnings"])


def test_an_even_time_stands_in_the_header(shared_data: Path, tmp_path: Path, capfdbinary: Shown) -> None:
    data = told(capfdbinary, "convert", shared_data / "mr_mosaic_siemens_orientation", "--all", "-o", tmp_path)
    row = data["written"][0]
    stored: Any = nibabel.load(row["path"])
    first, second = row["axis"]["values"]
    assert stored.shape[3] == 2
    assert stored.header["pixdim"][4] == pytest.approx((second - first) / 1000)
    assert stored.header.get_xyzt_units() == ("mm", "sec")
