"""`--fix` and `--diff`, the real command on real files: what is written, what is not, and what is said."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import CLEAN, LOST
from torchlint.config import SettingsResolver
from torchlint.rules import all_rules
from torchlint.runs.check import check
from torchlint.runs.fix import fix
from torchlint.runs.options import RunOptions

FIXED = LOST.replace(
    "self.table = torch.zeros(2)", 'self.register_buffer("table", torch.zeros(2), persistent=False)'
)
UNUSED = CLEAN.rstrip() + "  # noqa: TL101\n"
ROOT = Path(__file__).parents[2]


def resolver(project: Path) -> SettingsResolver:
    return SettingsResolver(frozenset(rule.code for rule in all_rules()), cwd=project)


def apply(diff: bytes, folder: Path) -> None:
    environment = {
        **os.environ,
        "GIT_CEILING_DIRECTORIES": str(folder.parent),
        "GIT_CONFIG_GLOBAL": os.devnull,
    }
    words = ["git", "apply", "--whitespace=nowarn", "-"]
    done = subprocess.run(words, input=diff, cwd=folder, env=environment, capture_output=True)
    assert done.returncode == 0, done.stderr


def raw(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """The real command; its output as bytes."""
    return subprocess.run(
        [sys.executable, "-m", "torchlint", *arguments], cwd=folder, capture_output=True, timeout=120
    )


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".torchlint_cache" not in path.parts
    }


def test_fix(torchlint, project):
    (project / "a.py").write_text(LOST)
    (project / "b.py").write_text(UNUSED)
    (project / "c.py").write_text(CLEAN)
    (project / "a.py").chmod(0o750)
    result = torchlint("--fix", ".")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == "Found 2 findings (2 fixed, 0 remaining) in 2 files (checked 3 files).\n"
    assert contents(project) == {"a.py": FIXED.encode(), "b.py": CLEAN.encode(), "c.py": CLEAN.encode()}
    assert stat.S_IMODE((project / "a.py").stat().st_mode) == 0o750
    before = (project / "a.py").stat()
    result = torchlint("--fix", ".")
    assert (result.returncode, result.stdout) == (0, "All checks passed!\n")
    assert (project / "a.py").stat().st_mtime_ns == before.st_mtime_ns


def test_persistent(torchlint, project):
    for choice, argument in (("never", ", persistent=False"), ("always", ""), ("auto", ", persistent=False")):
        (project / "a.py").write_text(LOST)
        assert torchlint("--fix", "--unsafe-fixes", "--persistent", choice, ".").returncode == 0
        assert f'self.register_buffer("table", torch.zeros(2){argument})' in (project / "a.py").read_text()
    (project / "torchlint.toml").write_text('persistent = "always"\n')
    (project / "a.py").write_text(LOST)
    torchlint("--fix", "--unsafe-fixes", ".")
    assert 'self.register_buffer("table", torch.zeros(2))' in (project / "a.py").read_text()


def test_a_base_that_is_fixed_in_another_file(torchlint, project):
    """What a base registers after the fix is no finding in the file of its subclass; nor is its comment needed."""
    (project / "base.py").write_text(LOST)
    (project / "user.py").write_text(
        "import torch\nfrom base import Net\n\n\nclass User(Net):\n    def __init__(self):\n"
        "        super().__init__()\n        self.table = torch.ones(2)  # noqa: TL101\n"
    )
    result = torchlint("--fix", "--show-fixes", "--unsafe-fixes", ".")
    assert (result.returncode, result.stderr) == (0, "")
    assert 'self.register_buffer("table"' in (project / "base.py").read_text()
    assert "        self.table = torch.ones(2)\n" in (project / "user.py").read_text()
    assert "- base.py:\n    1 × TL101 (unregistered-buffer): Net.table\n- user.py:" in result.stdout
    assert torchlint(".").returncode == 0


VARIANTS = {
    "plain.py": LOST.encode(),
    "crlf.py": LOST.replace("\n", "\r\n").encode(),
    "cr.py": LOST.replace("\n", "\r").encode(),
    "mixed.py": LOST.replace("\n", "\r\n", 4).encode(),
    "no newline.py": LOST.rstrip("\n").encode(),
    "bom é.py": b"\xef\xbb\xbf" + LOST.encode(),
    "latin 1.py": f"# -*- coding: latin-1 -*-\n# é\n{LOST}".encode("latin-1"),
    "cyrillic.py": f"# -*- coding: cp1251 -*-\n# Ж\n{LOST}".encode("cp1251"),
    "form\x0cfeed.py": LOST.replace("\n\n\n", "\n\x0c\n\n").encode(),
    "deep/er/a.py": LOST.encode(),
}


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_diff_applied_by_git_is_what_fix_writes(project, tmp_path):
    """With every newline style and encoding, and names that git quotes; whatever is outside the edit is the same."""
    for name, data in VARIANTS.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_bytes(data)
    copy = tmp_path / "copy"
    shutil.copytree(project, copy)
    shown = raw(project, "--diff", ".")
    assert shown.returncode == 1
    assert contents(project) == VARIANTS
    assert b"Would fix 10 findings in 10 files" in shown.stderr
    apply(shown.stdout, project)
    assert raw(copy, "--fix", ".").returncode == 0
    assert contents(project) == contents(copy)
    for name, data in VARIANTS.items():
        old, new = b"self.table = torch.zeros(2)", FIXED.splitlines()[7].strip().encode()
        assert contents(copy)[name] == data.replace(old, new)


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_the_diff_of_the_fixtures(project, tmp_path):
    for folder in (project, tmp_path / "copy"):
        shutil.copytree(ROOT / "fixtures", folder / "fixtures", ignore=shutil.ignore_patterns("__pycache__"))
    apply(raw(project, "--diff", "--unsafe-fixes", "fixtures").stdout, project)
    fixed = raw(tmp_path / "copy", "--fix", "--unsafe-fixes", "--output-format", "json", "fixtures")
    assert contents(project) == contents(tmp_path / "copy")
    assert len(json.loads(fixed.stdout)["fixed"]) > 20
    again = raw(project, "--fix", "--unsafe-fixes", "--output-format", "json", "fixtures")
    assert json.loads(again.stdout)["fixed"] == []
    assert contents(project) == contents(tmp_path / "copy")


def test_standard_input(project):
    def run(data: bytes, *arguments: str):
        words = [sys.executable, "-m", "torchlint", "--fix", *arguments, "-"]
        return subprocess.run(words, cwd=project, input=data, capture_output=True, timeout=60)

    result = run(LOST.replace("\n", "\r\n").encode())
    assert (result.returncode, result.stdout) == (0, FIXED.replace("\n", "\r\n").encode())
    assert b"(1 fixed, 0 remaining)" in result.stderr
    for data in (b"def f(:\r\n", bytes(range(256)), b""):
        result = run(data)
        assert result.stdout == data
        assert result.returncode == (2 if data else 0)
    listed = LOST + "        self.layers = [nn.Linear(1, 1)]\n"
    result = run(listed.encode(), "--output-format", "concise", "--stdin-filename", "named.py")
    assert result.returncode == 1
    assert result.stdout.decode() == FIXED + "        self.layers = [nn.Linear(1, 1)]\n"
    assert result.stderr.startswith(b"named.py:9:9: TL105 ")
    assert list(project.iterdir()) == []


def test_errors_do_not_keep_other_files_from_being_fixed(torchlint, project):
    (project / "bad.py").write_text("def f(:\n")
    (project / "good.py").write_text(LOST)
    result = torchlint("--fix", ".", "missing.py")
    assert result.returncode == 2
    assert (project / "good.py").read_text() == FIXED
    assert (project / "bad.py").read_text() == "def f(:\n"
    assert [line.partition(": ")[2].partition(": ")[0] for line in result.stderr.splitlines()] == [
        "missing.py",
        "bad.py",
    ]


def test_a_symbolic_link_stays_one_and_its_file_is_fixed_once(torchlint, project):
    (project / "real").mkdir()
    (project / "real" / "a.py").write_text(LOST)
    (project / "link.py").symlink_to("real/a.py")
    shown = torchlint("--diff", "link.py", "real/a.py")
    assert shown.stdout.count("--- a/real/a.py\n") == shown.stdout.count("--- ") == 1
    result = torchlint("--fix", "link.py", "real/a.py")
    assert (result.returncode, result.stderr) == (0, "")
    assert (project / "link.py").is_symlink()
    assert (project / "real" / "a.py").read_text() == FIXED


@pytest.mark.skipif(sys.platform != "linux", reason="needs a limit on the size of files")
def test_a_full_disk(project):
    """A limit on the size of files stands for the disk."""
    import resource

    (project / "a.py").write_text(LOST + "# " + "x" * 20_000 + "\n")
    (project / "b.py").write_text(LOST)
    before = contents(project)
    result = subprocess.run(
        [sys.executable, "-B", "-m", "torchlint", "--fix", "--output-format", "concise", "."],
        cwd=project,
        capture_output=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000)),
        timeout=60,
    )
    assert result.returncode == 2
    assert result.stderr == b"error: a.py: cannot be written: file too large\n"
    assert result.stdout.startswith(b"a.py:8:9: TL101 [*] ")
    assert b"Found 2 findings (1 fixed, 1 remaining) in 2 files (checked 2 files, 1 error)." in result.stdout
    assert contents(project) == {"a.py": before["a.py"], "b.py": FIXED.encode()}


def test_a_file_that_changes_while_it_is_being_fixed(project, monkeypatch):
    monkeypatch.chdir(project)
    for name in ("a.py", "b.py", "c.py"):
        (project / name).write_text(LOST)
    seen = []

    def progress(done, total):
        seen.append(done)
        if len(seen) == 4:  # all were read once
            (project / "a.py").write_text("something else\n")
            (project / "b.py").unlink()

    done = fix(["."], resolver(project), RunOptions(progress=progress))
    assert contents(project) == {"a.py": b"something else\n", "c.py": FIXED.encode()}
    assert {error.path: error.message for error in done.report.errors} == {
        "a.py": "was changed on disk while it was being fixed: not written",
        "b.py": "cannot be written: no such file or directory",
    }
    assert [finding.path for finding in done.fixed] == ["c.py"]
    assert [finding.path for finding in done.report.findings] == ["a.py", "b.py"]


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="needs POSIX permissions")
def test_a_folder_that_may_not_be_written(monkeypatch, tmp_path):
    import tempfile

    project = Path(tempfile.mkdtemp())
    try:
        for folder in ("closed", "open"):
            (project / folder).mkdir()
            (project / folder / "a.py").write_text(LOST)
            (project / folder / "a.py").chmod(0o666)
        project.chmod(0o755)
        (project / "open").chmod(0o777)
        (project / "closed").chmod(0o555)
        monkeypatch.chdir(project)
        root = os.geteuid() == 0
        if root:
            os.seteuid(65534)
        try:
            done = fix(["."], resolver(project))
        finally:
            if root:
                os.seteuid(0)
        [error] = done.report.errors
        assert (error.path, error.message) == ("closed/a.py", "cannot be written: permission denied")
        assert contents(project) == {"closed/a.py": LOST.encode(), "open/a.py": FIXED.encode()}
        assert [finding.path for finding in done.report.findings] == ["closed/a.py"]
    finally:
        shutil.rmtree(project)


def test_an_encoding_that_cannot_be_rewritten(torchlint, project):
    text = b"# coding: iso-2022-jp\n# \x1b$B\x1b(B\n" + LOST.encode()
    (project / "a.py").write_bytes(text)
    (project / "b.py").write_text(LOST)
    result = torchlint("--fix", ".")
    assert result.returncode == 2
    assert "error: a.py: cannot be rewritten: its encoding 'iso2022_jp'" in result.stderr
    assert contents(project) == {"a.py": text, "b.py": FIXED.encode()}


def test_contents_in_memory_count_before_those_on_the_disk(project, monkeypatch):
    """For the file itself, and for a file that another one imports."""
    monkeypatch.chdir(project)
    (project / "base.py").write_text(LOST)
    (project / "user.py").write_text(
        LOST.replace("from torch import nn", "from base import Net").replace(
            "class Net(nn.Module)", "class User(Net)"
        )
    )

    def places(**options) -> list[str]:
        return [finding.path for finding in check(["."], resolver(project), **options).findings]

    assert places() == ["base.py", "user.py"]
    overlay = {str(project / "base.py"): CLEAN.encode()}
    assert places(overlay=overlay) == []
    overlay = {str(project / "user.py"): CLEAN.encode()}
    assert places(overlay=overlay) == ["base.py"]


def test_the_json_of_a_run_that_fixes(torchlint, project):
    (project / "a.py").write_text(LOST + "        self.layers = [nn.Linear(1, 1)]\n")
    report = json.loads(torchlint("--output-format", "json", ".").stdout)
    assert "fixed" not in report
    assert [finding["fix"]["applicability"] for finding in report["findings"]] == ["safe", "unsafe"]
    report = json.loads(torchlint("--fix", "--output-format", "json", ".").stdout)
    assert report["fixed"] == [{"path": "a.py", "code": "TL101", "class": "Net", "attribute": "table"}]
    assert [finding["code"] for finding in report["findings"]] == ["TL105"]
    assert report["findings"][0]["unfixable"] is None
