"""`--add-noqa`: what it writes to real files, and what it says."""

from __future__ import annotations

import os
import stat

import pytest
from click.testing import CliRunner

from torchlint.cli import cli

LOST = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = torch.zeros(2)
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run the command in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments, stdin=""):
        return CliRunner().invoke(cli, list(arguments), input=stdin, prog_name="torchlint")

    return run


def test_every_finding_gets_a_comment_and_nothing_is_found_after(run, tmp_path):
    layers = "        self.layers = [nn.Linear(2, 2)]  # noqa: E501\n"
    two = LOST + layers + "        self.grid = torch.zeros(\n            2\n        )\n"
    (tmp_path / "one.py").write_text(LOST)
    (tmp_path / "two.py").write_bytes(two.replace("\n", "\r\n").encode())
    (tmp_path / "two.py").chmod(0o640)
    (tmp_path / "clean.py").write_text("x = 1\n")
    result = run("--add-noqa", ".")
    assert (result.exit_code, result.output) == (0, "Added 4 noqa comments in 2 files.\n")
    assert (tmp_path / "one.py").read_text() == LOST.replace("(2)\n", "(2)  # noqa: TL101\n")
    commented = (
        two.replace("table = torch.zeros(2)", "table = torch.zeros(2)  # noqa: TL101")
        .replace("# noqa: E501", "# noqa: E501, TL105")
        .replace("grid = torch.zeros(", "grid = torch.zeros(  # noqa: TL101")
    )
    assert (tmp_path / "two.py").read_bytes() == commented.replace("\n", "\r\n").encode()
    assert stat.S_IMODE((tmp_path / "two.py").stat().st_mode) == 0o640
    assert sorted({*os.listdir(tmp_path)} - {".torchlint_cache"}) == ["clean.py", "one.py", "two.py"]
    again = run(".")
    assert (again.exit_code, again.output) == (0, "All checks passed!\n")
    before = {path: path.read_bytes() for path in tmp_path.glob("*.py")}
    assert run("--add-noqa", ".").output == "Added 0 noqa comments in 0 files.\n"
    assert {path: path.read_bytes() for path in tmp_path.glob("*.py")} == before


def test_a_reason(run, tmp_path):
    (tmp_path / "one.py").write_text(LOST)
    result = run("--add-noqa", "--reason", "T5 loads it", "one.py")
    assert (result.exit_code, result.output) == (0, "Added 1 noqa comment in 1 file.\n")
    assert "torch.zeros(2)  # noqa: TL101  # T5 loads it\n" in (tmp_path / "one.py").read_text()


def test_only_the_rules_that_are_on(run, tmp_path):
    (tmp_path / "one.py").write_text(LOST + "        self.layers = [nn.Linear(2, 2)]\n")
    assert run("--add-noqa", "--select", "TL105", ".").exit_code == 0
    assert (tmp_path / "one.py").read_text().count("noqa") == 1


def test_encodings_stay(run, tmp_path):
    text = "# coding: latin-1\n" + LOST.replace("table", "größe")
    (tmp_path / "one.py").write_bytes(text.encode("latin-1"))
    (tmp_path / "bom.py").write_bytes(b"\xef\xbb\xbf" + LOST.encode())
    assert run("--add-noqa", ".").exit_code == 0
    assert (tmp_path / "one.py").read_bytes() == text.replace("(2)", "(2)  # noqa: TL101").encode("latin-1")
    assert (tmp_path / "bom.py").read_bytes().startswith(b"\xef\xbb\xbfimport torch\n")


def test_a_reason_that_the_encoding_does_not_have(run, tmp_path):
    text = ("# coding: latin-1\n" + LOST).encode("latin-1")
    (tmp_path / "one.py").write_bytes(text)
    (tmp_path / "two.py").write_text(LOST)
    result = run("--add-noqa", "--reason", "wegen Ω", ".")
    assert result.exit_code == 2
    assert "one.py" in result.output
    assert "Added 1 noqa comment in 1 file, 1 finding remaining." in result.output
    assert (tmp_path / "one.py").read_bytes() == text
    assert "wegen Ω" in (tmp_path / "two.py").read_text(encoding="utf-8")


def test_what_no_comment_can_reach_is_still_found(run, tmp_path):
    text = LOST.rstrip() + '; text = """\n"""\n'
    (tmp_path / "one.py").write_text(text)
    result = run("--add-noqa", "--output-format", "concise", "one.py")
    assert result.exit_code == 1
    assert "one.py:8:9: TL101" in result.output
    assert "Added 0 noqa comments in 0 files, 1 finding remaining." in result.output
    assert (tmp_path / "one.py").read_text() == text


def test_other_files_are_done_when_one_cannot_be(run, tmp_path):
    (tmp_path / "bad.py").write_text("def f(:\n")
    (tmp_path / "one.py").write_text(LOST)
    result = run("--add-noqa", ".")
    assert result.exit_code == 2
    assert "bad.py" in result.output
    assert "Added 1 noqa comment in 1 file." in result.output
    assert "noqa" in (tmp_path / "one.py").read_text()


def test_a_file_by_two_names_is_written_once(run, tmp_path):
    (tmp_path / "one.py").write_text(LOST)
    (tmp_path / "two.py").symlink_to("one.py")
    assert run("--add-noqa", ".").output == "Added 1 noqa comment in 1 file.\n"
    assert (tmp_path / "two.py").is_symlink()
    assert (tmp_path / "one.py").read_text() == LOST.replace("(2)", "(2)  # noqa: TL101")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--add-noqa", "-"),
        ("--add-noqa", "--stdin-filename", "one.py"),
        ("--add-noqa", "--fix", "."),
        ("--add-noqa", "--diff", "."),
        ("--add-noqa", "--fix-only", "."),
        ("--add-noqa", "--write-baseline", "known.json", "."),
        ("--add-noqa", "--output-format", "json", "."),
        ("--add-noqa", "--statistics", "."),
        ("--reason", "why", "."),
        ("--add-noqa", "--reason", "", "."),
        ("--add-noqa", "--reason", "see #12", "."),
    ],
)
def test_contradictions(run, tmp_path, arguments):
    (tmp_path / "one.py").write_text(LOST)
    result = run(*arguments)
    assert result.exit_code == 2
    assert "Usage:" in result.output
    assert (tmp_path / "one.py").read_text() == LOST
