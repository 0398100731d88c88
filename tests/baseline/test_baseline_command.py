"""A baseline through the real command: written, used, and written again as code changes."""

from __future__ import annotations

import json
import os
import shutil

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
MORE = "        self.layers = [nn.Linear(2, 2)]\n"


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run the command in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments, stdin=""):
        return CliRunner().invoke(cli, list(arguments), input=stdin, prog_name="torchlint")

    return run


@pytest.fixture
def project(run, tmp_path):
    """A project whose findings are known."""
    (tmp_path / "pyproject.toml").write_text('[tool.torchlint]\nbaseline = "known.json"\n')
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "one.py").write_text(LOST)
    (tmp_path / "net" / "two.py").write_text(LOST + MORE)
    result = run("--write-baseline", "known.json", ".")
    assert (result.exit_code, result.output) == (0, "Wrote 3 known findings to known.json (3 new, 0 gone).\n")
    return tmp_path


def entries(path):
    """File, attribute, code and count of each entry."""
    known = json.loads(path.read_text())["known"]
    return [(one["path"], one["attribute"], one["code"], one.get("count", 1)) for one in known]


def test_known_findings_are_silent_wherever_they_move(run, project):
    assert entries(project / "known.json") == [
        ("net/one.py", "table", "TL101", 1),
        ("net/two.py", "layers", "TL105", 1),
        ("net/two.py", "table", "TL101", 1),
    ]
    result = run(".")
    assert (result.exit_code, result.output) == (0, "All checks passed!\n")
    (project / "net" / "one.py").write_text(f"# a line more\n\n{LOST}")
    assert run(".").exit_code == 0
    assert run("net/one.py").exit_code == 0
    assert "The baseline keeps 3 known findings silent." in run("-v", ".").output


def test_new_findings_are_told(run, project):
    (project / "net" / "one.py").write_text(LOST + MORE)
    (project / "net" / "three.py").write_text(LOST)
    result = run("--output-format", "concise", ".")
    assert result.exit_code == 1
    told = [line.partition(" `")[0] for line in result.output.splitlines() if ": TL" in line]
    assert [line.split(" ")[:2] for line in told] == [
        ["net/one.py:9:9:", "TL105"],
        ["net/three.py:8:9:", "TL101"],
    ]


def test_what_is_gone_is_dropped_at_the_next_writing(run, project):
    (project / "net" / "two.py").write_text(LOST)
    before = (project / "known.json").read_text()
    assert run(".").exit_code == 0
    assert (project / "known.json").read_text() == before
    result = run("--write-baseline", "known.json")
    assert result.output == "Wrote 2 known findings to known.json (0 new, 1 gone).\n"
    assert [attribute for _, attribute, _, _ in entries(project / "known.json")] == ["table", "table"]
    (project / "net" / "two.py").unlink()
    assert "(0 new, 1 gone)" in run("--write-baseline", "known.json").output


def test_writing_twice_writes_the_same(run, project):
    before = (project / "known.json").read_bytes(), (project / "known.json").stat().st_mtime_ns
    assert "(0 new, 0 gone)" in run("--write-baseline", "known.json", "net").output
    assert ((project / "known.json").read_bytes(), (project / "known.json").stat().st_mtime_ns) == before


def test_what_is_not_checked_stays_known(run, project):
    (project / "net" / "one.py").write_text("x = 1\n")
    assert "Wrote 3 known findings" in run("--write-baseline", "known.json", "net/two.py").output
    (project / "net" / "two.py").write_text("def f(:\n")
    result = run("--write-baseline", "known.json")
    assert result.exit_code == 2
    assert [path for path, *_ in entries(project / "known.json")] == ["net/two.py", "net/two.py"]


def test_the_option_goes_before_the_configuration(run, project):
    (project / "other").mkdir()
    assert run("--write-baseline", "other/empty.json", "other").exit_code == 0
    assert run("--baseline", "other/empty.json", ".").exit_code == 1
    assert run("--isolated", ".").exit_code == 1
    assert run("--isolated", "--baseline", "known.json", ".").exit_code == 0


def test_from_another_folder(run, project, monkeypatch):
    monkeypatch.chdir(project / "net")
    assert run(".").exit_code == 0
    assert run("../net/one.py", str(project / "net" / "two.py")).exit_code == 0
    assert run("--stdin-filename", "one.py", "-", stdin=LOST).exit_code == 0
    assert run("--stdin-filename", "three.py", "-", stdin=LOST).exit_code == 1


def test_the_project_may_move(run, project, tmp_path_factory, monkeypatch):
    moved = tmp_path_factory.mktemp("elsewhere") / "project"
    shutil.copytree(project, moved)
    monkeypatch.chdir(moved)
    assert run(".").exit_code == 0


def test_known_findings_are_not_fixed(run, project):
    (project / "net" / "one.py").write_text(LOST + "        self.new = torch.zeros(3)\n")
    before = (project / "net" / "two.py").read_bytes()
    result = run("--fix", ".")
    assert result.exit_code == 0
    text = (project / "net" / "one.py").read_text()
    assert "self.table = torch.zeros(2)\n" in text
    assert 'self.register_buffer("new", torch.zeros(3), persistent=False)\n' in text
    assert (project / "net" / "two.py").read_bytes() == before


def test_known_findings_get_no_comment(run, project):
    (project / "net" / "one.py").write_text(LOST + MORE)
    assert run("--add-noqa", ".").output == "Added 1 noqa comment in 1 file.\n"
    assert "self.table = torch.zeros(2)\n" in (project / "net" / "one.py").read_text()


def test_suppressed_findings_and_unused_comments_are_not_in_it(run, tmp_path):
    (tmp_path / "quiet.py").write_text(LOST.rstrip() + "  # noqa: TL101\n")
    (tmp_path / "unused.py").write_text("x = 1  # noqa: TL101\n")
    assert "Wrote 0 known findings" in run("--write-baseline", "known.json").output
    result = run("--baseline", "known.json", "--output-format", "concise")
    assert result.exit_code == 1
    assert "unused.py:1:8: TL901" in result.output


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "no such file"),
        ("{", "invalid JSON"),
        ('{"schema": 1, "version": "0.1.0", "files": 0, "findings": [], "errors": []}', "not a baseline"),
        ('{"schema": 9, "known": []}', "its schema is 9"),
    ],
)
def test_a_baseline_that_cannot_be_used(run, tmp_path, content, told):
    (tmp_path / "pyproject.toml").write_text('[tool.torchlint]\nbaseline = "known.json"\n')
    (tmp_path / "a.py").write_text(LOST)
    (tmp_path / "b.py").write_text(LOST)
    if content is not None:
        (tmp_path / "known.json").write_text(content)
    result = run("--output-format", "concise", ".")
    assert result.exit_code == 2
    assert result.output.count("known.json") == 1
    assert told in result.output
    assert result.output.count(": TL101") == 2


def test_only_a_baseline_is_overwritten(run, tmp_path):
    (tmp_path / "a.py").write_text(LOST)
    (tmp_path / "package.json").write_text('{"name": "x"}')
    result = run("--write-baseline", "package.json")
    assert result.exit_code == 2
    assert "package.json: is not a baseline of torchlint" in result.output
    assert "Wrote" not in result.output
    assert (tmp_path / "package.json").read_text() == '{"name": "x"}'
    assert run("--write-baseline", "no/such/folder.json").exit_code == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("--write-baseline", "known.json", "-"),
        ("--write-baseline", "known.json", "--fix", "."),
        ("--write-baseline", "known.json", "--diff", "."),
        ("--write-baseline", "known.json", "--baseline", "known.json", "."),
        ("--write-baseline", "known.json", "--statistics", "."),
        ("--write-baseline", "known.json", "--output-format", "json", "."),
    ],
)
def test_contradictions(run, tmp_path, arguments):
    result = run(*arguments)
    assert result.exit_code == 2
    assert "Usage:" in result.output
    assert os.listdir(tmp_path) == []
