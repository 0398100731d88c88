"""Where `torchlint inspect` writes what it sees, and where it takes imports from."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(2, 2)
        self.plain = torch.randn(1)
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "net.py").write_text(SOURCE, encoding="utf-8")
    return tmp_path


def inspect(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "torchlint", "inspect", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", check=False)


def on_terminal(folder: Path, *arguments: str, **environment: str) -> str:
    """What the command writes to a terminal."""
    pty = pytest.importorskip("pty", reason="terminals are those of POSIX")
    ours, theirs = pty.openpty()
    variables = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    variables.update({"TERM": "xterm", "COLUMNS": "100", **environment})
    command = [sys.executable, "-m", "torchlint", "inspect", *arguments]
    process = subprocess.Popen(
        command, cwd=folder, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs, env=variables
    )
    os.close(theirs)
    said = b""
    try:
        while data := os.read(ours, 1 << 16):
            said += data
    except OSError:  # how Linux says that the other end is closed
        pass
    os.close(ours)
    assert process.wait() == 1
    return said.decode("utf-8").replace("\r\n", "\n")


def test_on_a_terminal_rich_draws_the_table(folder):
    said = on_terminal(folder, "net.py:Net")
    assert "\x1b[1;31mplain" in said
    assert "─────" in said
    assert "unregistered" in said


def test_on_a_terminal_without_colour(folder):
    said = on_terminal(folder, "net.py:Net", NO_COLOR="1")
    assert "\x1b" not in said
    [row] = [line.split() for line in said.splitlines() if line.startswith("plain")]
    assert row == ["plain", "(1,)", "float32", "plain", "tensor", *"✗✗✗✗✗"]
    assert max(map(len, said.splitlines()[:8])) <= 100


def test_a_terminal_that_is_narrow_breaks_names_and_loses_no_column(folder):
    lines = on_terminal(folder, "net.py:Net", NO_COLOR="1", COLUMNS="80").splitlines()[:9]
    assert max(map(len, lines)) <= 80
    assert lines[2].split() == [
        "name",
        "shape",
        "dtype",
        "what",
        "saved",
        "trained",
        "(meta)",
        "cast",
        "survives",
    ]


def test_a_terminal_that_knows_only_ascii(folder):
    said = on_terminal(folder, "net.py:Net", NO_COLOR="1", PYTHONIOENCODING="ascii")
    assert said.isascii()
    assert "---+---" in said


def test_in_a_pipe_it_is_plain_and_rich_is_not_imported(folder):
    done = inspect(folder, "net.py:Net")
    assert done.stdout.splitlines()[1].split()[:2] == ["name", "shape"]
    assert "\x1b" not in done.stdout
    code = (
        "import sys\nfrom torchlint.cli import main\nsys.argv = ['torchlint', 'inspect', 'net.py:Net']\n"
        "try:\n    main()\nfinally:\n    print('rich' in sys.modules)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, encoding="utf-8", check=False
    )
    assert ran.stdout.splitlines()[-1] == "False"


def test_json_on_standard_output_and_a_page_beside_it(folder):
    done = inspect(folder, "net.py:Net", "--output-format", "json", "--html", "out.html")
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("{")
    assert (folder / "out.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_page_that_is_there_is_replaced(folder):
    (folder / "out.html").write_text("old")
    assert inspect(folder, "net.py:Net", "--html", "out.html").returncode == 1
    assert "old" not in (folder / "out.html").read_text(encoding="utf-8")[:20]
    assert sorted(path.name for path in folder.iterdir()) == ["net.py", "out.html"]


def test_a_name_that_no_encoding_has(folder):
    source = SOURCE.replace("self.plain = torch.randn(1)", 'setattr(self, "half\\ud800", torch.ones(1))')
    (folder / "odd.py").write_text(source, encoding="utf-8")
    done = inspect(folder, "odd.py:Net", "--html", "out.html")
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.endswith("unregistered: 1 attribute: half\\ud800\n")
    assert "half\\ud800" in (folder / "out.html").read_text(encoding="utf-8")


def test_a_page_that_cannot_be_written_is_an_error(folder):
    done = inspect(folder, "net.py:Net", "--html", "absent/out.html")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: absent/out.html: ")
    assert "Traceback" not in done.stderr


def test_no_page_where_nothing_could_be_built(folder):
    assert inspect(folder, "net.py:Absent", "--html", "out.html").returncode == 2
    assert not (folder / "out.html").exists()


@pytest.mark.parametrize("target", ["deep.net:Net", "models/main.py:Net"])
def test_imports_start_where_the_configuration_says(tmp_path, target):
    package = tmp_path / "libs" / "python" / "deep"
    package.mkdir(parents=True)
    (package / "net.py").write_text(SOURCE, encoding="utf-8")
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "main.py").write_text("from deep.net import Net\n")
    assert "it needs `deep`" in inspect(tmp_path, target).stderr
    (tmp_path / "pyproject.toml").write_text('[tool.torchlint]\nsrc = ["libs/python", "absent"]\n')
    done = inspect(tmp_path, target)
    assert (done.returncode, done.stderr) == (1, "")


def test_a_broken_configuration_is_said(folder):
    (folder / "torchlint.toml").write_text("src = 3\n")
    done = inspect(folder, "net.py:Net")
    assert (done.returncode, done.stdout) == (2, "")
    assert "`src` must be a list of strings" in done.stderr
