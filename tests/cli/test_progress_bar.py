"""Progress where there is no terminal."""

from __future__ import annotations

from medview.cli.progress_bar import printable, progress_lines


def test_a_line_every_few_seconds_with_the_time_left() -> None:
    now, lines = [100.0], list[str]()
    progress = progress_lines(lines.append, lambda: now[0])
    for second in range(13):
        now[0] = 100.0 + second
        progress(second / 20, "Reading slices")
    assert lines == [" 25% Reading slices, about 15 s left", " 50% Reading slices, about 10 s left"]


def test_a_file_name_moves_no_cursor() -> None:
    assert printable("a\r\n\x1b[31mb\udcff") == "a\ufffd\ufffd\ufffd[31mb\ufffd"
