"""The flake8 plugin as flake8 calls it, in this process."""

from __future__ import annotations

import argparse
import ast
import subprocess
import sys
from pathlib import Path

import pytest

from torchlint.config import ConfigError
from torchlint.integrations.flake8 import Plugin

LOST = """\
import torch
from {module} import {base}


class Net({base}):
    def __init__(self):
        super().__init__()
        self.table = torch.zeros(2)
"""
MODULE = LOST.format(module="torch.nn", base="Module")


@pytest.fixture
def project(tmp_path, monkeypatch):
    """An empty working directory, and a flake8 run that begins."""
    monkeypatch.chdir(tmp_path)
    Plugin.parse_options(argparse.Namespace())
    return tmp_path


def reported(filename: str, text: str) -> list[tuple[int, int, str]]:
    """The line, the column and the code of each report."""
    plugin = Plugin(ast.parse(text), filename, text.splitlines(keepends=True))
    rows = []
    for line, column, message, kind in plugin.run():
        assert kind is Plugin
        code, _, words = message.partition(" ")
        assert words.startswith("`self.")
        rows.append((line, column, code))
    return rows


def test_line_from_1_and_column_from_0(project):
    assert reported("net.py", MODULE) == [(8, 8, "TL101")]
    assert reported("./wide.py", MODULE.replace("self.table", "é = self.table")) == [(8, 12, "TL101")]


def test_the_file_need_not_exist(project):
    assert reported("stdin", MODULE) == [(8, 8, "TL101")]
    assert reported("no/such/folder/net.py", MODULE) == [(8, 8, "TL101")]


def test_suppressions_are_the_business_of_flake8(project):
    assert reported("net.py", MODULE.rstrip() + "  # noqa: TL101\n") == [(8, 8, "TL101")]
    assert reported("unused.py", "x = 1  # noqa: TL101\n") == []


def test_a_skipped_file(project):
    assert reported("net.py", MODULE + "# torchlint: skip-file\n") == []


def test_a_base_class_is_read_once_for_all_files(project):
    (project / "base.py").write_text("from torch import nn\n\n\nclass Base(nn.Module):\n    pass\n")
    text = LOST.format(module="base", base="Base")
    assert reported("first.py", text) == [(8, 8, "TL101")]
    (project / "base.py").unlink()
    assert reported("second.py", text) == [(8, 8, "TL101")]


def test_a_file_that_comes_again_begins_a_new_run(project):
    assert reported("net.py", MODULE) == [(8, 8, "TL101")]
    assert reported("net.py", f"\n{MODULE}") == [(9, 8, "TL101")]
    assert reported("net.py", "x = 1\n") == []


def test_the_text_counts_and_not_the_file(project):
    (project / "net.py").write_text("x = 1\n")
    assert reported("net.py", MODULE) == [(8, 8, "TL101")]


@pytest.mark.parametrize(
    ("configuration", "found"),
    [
        ("", ["TL101"]),
        ('select = ["TL105"]', []),
        ('ignore = ["TL101"]', []),
        ('exclude = ["net.py"]', []),
        ('extend-exclude = ["/package"]', []),
        ("[tool.torchlint.per-file-ignores]\n'package/*' = ['TL']", []),
    ],
)
def test_the_configuration_of_torchlint_holds(project, configuration, found):
    (project / "pyproject.toml").write_text(f"[tool.torchlint]\n{configuration}\n")
    (project / "package").mkdir()
    (project / "package" / "net.py").write_text(MODULE)
    assert [code for _, _, code in reported("./package/net.py", MODULE)] == found


def test_classes_that_the_configuration_calls_modules(project):
    text = LOST.format(module="company.nn", base="Base").replace("super().__init__()", "pass")
    assert reported("net.py", text) == []
    (project / "torchlint.toml").write_text('module-bases = ["company.nn.Base"]\n')
    Plugin.parse_options(argparse.Namespace())
    assert reported("net.py", text) == [(8, 8, "TL101")]


def test_a_broken_configuration_is_an_error_at_each_file(project):
    (project / "torchlint.toml").write_text('selekt = ["TL101"]\n')
    for filename in ("first.py", "second.py"):
        with pytest.raises(ConfigError, match=r"torchlint\.toml: .*selekt"):
            reported(filename, MODULE)


def test_what_the_baseline_knows_is_not_reported(project):
    (project / "torchlint.toml").write_text('baseline = "known.json"\n')
    entry = '{"path": "net.py", "class": "Net", "attribute": "table", "code": "TL101"}'
    (project / "known.json").write_text(f'{{"schema": 1, "known": [{entry}]}}')
    assert reported("net.py", MODULE) == []
    assert reported("other.py", MODULE) == [(8, 8, "TL101")]
    # a comment comes before the baseline, and is for flake8 to judge
    assert reported("net.py", MODULE.rstrip() + "  # noqa: TL101\n") == [(8, 8, "TL101")]
    (project / "known.json").write_text("{")
    Plugin.parse_options(argparse.Namespace())
    with pytest.raises(ConfigError, match=r"known\.json: is not a baseline"):
        reported("net.py", MODULE)


@pytest.mark.parametrize(("stored", "codes"), [("torch.nn.Linear(2, 2)", []), ("torch.zeros(2)", ["TL101"])])
def test_the_tree_of_flake8_is_used_and_left_as_it_is(project, monkeypatch, stored, codes):
    text = MODULE.replace("torch.zeros(2)", stored)
    (project / "net.py").write_text(text)
    tree, parse, parsed = ast.parse(text), ast.parse, []
    before = ast.dump(tree, include_attributes=True)
    monkeypatch.setattr(
        ast, "parse", lambda source, *rest, **named: parsed.append(source) or parse(source, *rest, **named)
    )
    plugin = Plugin(tree, "net.py", text.splitlines(keepends=True))
    assert [message.partition(" ")[0] for _, _, message, _ in plugin.run()] == codes
    assert text not in parsed
    assert ast.dump(tree, include_attributes=True) == before


def test_the_reason_for_no_fix_is_in_the_message(project):
    text = MODULE.replace("super().__init__()", "self.table = 3\n        super().__init__()")
    (message,) = [
        message for _, _, message, _ in Plugin(ast.parse(text), "net.py", text.splitlines(True)).run()
    ]
    assert message.endswith(")")
    assert " (no fix: " in message


@pytest.mark.parametrize("text", ["\ufeff" + MODULE, MODULE.replace("\n\n\n", "\n\f\n\n")])
def test_places_behind_a_byte_order_mark_and_form_feeds(project, text):
    Path("net.py").write_text(text, encoding="utf-8")
    command = subprocess.run(
        [sys.executable, "-m", "flake8", "--isolated", "--select", "TL", "net.py"],
        capture_output=True,
        text=True,
    )
    line = next(number for number, one in enumerate(text.split("\n"), 1) if "torch.zeros" in one)
    assert command.stdout.startswith(f"net.py:{line}:9: TL101 ")


def test_no_python_is_no_finding(project):
    assert list(Plugin(ast.parse(""), "net.py", ["def f(:\n"]).run()) == []


def test_flake8_is_not_needed_to_import_the_plugin():
    assert Plugin.__module__ in sys.modules
    tree = ast.parse(Path(sys.modules[Plugin.__module__].__file__).read_text(encoding="utf-8"))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {
        alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    }
    assert not any(module.partition(".")[0] == "flake8" for module in imported)
