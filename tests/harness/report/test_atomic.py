from __future__ import annotations

import os
from pathlib import Path

import pytest

from promdrill.errors import UsageError
from promdrill.report import atomic


def test_old_file_is_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    """A report takes the place of the one before, through a link too, and leaves no draft behind."""
    path = tmp_path / "v.json"
    path.write_text("old")
    (tmp_path / "latest.json").symlink_to(path)
    atomic.write(tmp_path / "latest.json", "new \ud800")
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {
        "v.json": "new \\ud800",
        "latest.json": "new \\ud800",
    }
    assert (tmp_path / "latest.json").is_symlink()


def test_pipe_is_written_to_directly(tmp_path: Path) -> None:
    """What is not a regular file stays what it is."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        atomic.write(pipe, "text")
        assert os.read(reader, 100) == b"text"
        assert pipe.is_fifo()
    finally:
        os.close(reader)


def test_no_such_folder(tmp_path: Path) -> None:
    """A path in a folder that is not there is wrong use, told with the path and the reason."""
    with pytest.raises(UsageError) as caught:
        atomic.write(tmp_path / "no" / "v.json", "text")
    assert str(caught.value) == f"cannot write the report {tmp_path}/no/v.json: No such file or directory"


def test_path_is_a_folder(tmp_path: Path) -> None:
    """A folder in the place of the report is wrong use."""
    with pytest.raises(UsageError) as caught:
        atomic.write(tmp_path, "text")
    assert str(caught.value) == f"cannot write the report {tmp_path}: Is a directory"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device that is always full")
def test_disk_full() -> None:
    """A full disk is told as such."""
    with pytest.raises(UsageError) as caught:
        atomic.write(Path("/dev/full"), "text")
    assert str(caught.value) == "cannot write the report /dev/full: No space left on device"
