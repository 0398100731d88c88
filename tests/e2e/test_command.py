"""The real command on real files: exit codes, what is checked, configuration, suppression."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import CLEAN, LOST, TWO, concise

HEADER = LOST.partition("self.table")[0]


# -- exit codes ------------------------------------------------------------------------------------------


def test_exit_0_when_nothing_is_found(torchlint, project, nothing_written):
    (project / "clean.py").write_text(CLEAN)
    nothing_written()
    result = torchlint(".")
    assert (result.returncode, result.stderr) == (0, "")


def test_exit_1_with_findings(torchlint, project, nothing_written):
    (project / "lost.py").write_text(LOST)
    nothing_written()
    assert torchlint(".").returncode == 1
    assert torchlint("--exit-zero", ".").returncode == 0


def test_exit_2_whatever_else(torchlint, project, nothing_written):
    (project / "bad.py").write_text("def f(:\n")
    nothing_written()
    assert torchlint("bad.py").returncode == 2
    assert torchlint("--exit-zero", "bad.py").returncode == 2
    assert torchlint("missing.py").returncode == 2
    assert torchlint("--select", "XY1", ".").returncode == 2
    assert torchlint("--no-such-option").returncode == 2


def test_an_empty_folder(torchlint, project, nothing_written):
    nothing_written()
    result = torchlint(".")
    assert result.returncode == 0
    assert "no Python files" in result.stderr


# -- across files ----------------------------------------------------------------------------------------


def test_one_file_of_a_tree_is_judged_as_the_whole_tree(torchlint, project, nothing_written):
    package = project / "src" / "package"
    (package / "inner").mkdir(parents=True)
    (package / "__init__.py").write_text("from .base import Base as Exported\n")
    (package / "inner" / "__init__.py").write_text("")
    (package / "base.py").write_text(
        "from torch import nn\n\n\nclass Base(nn.Module):\n    def __init__(self):\n"
        "        super().__init__()\n"
        '        self.register_buffer("table", None)\n\n\ndef make():\n    import torch\n\n'
        "    return torch.zeros(1)\n"
    )
    body = (
        "    def __init__(self):\n        super().__init__()\n"
        "        self.table = torch.zeros(1)\n        self.lost = torch.zeros(1)\n"
    )
    imports = {
        "relative.py": ("from ..base import Base", "Base"),
        "reexported.py": ("from .. import Exported", "Exported"),
        "absolute.py": ("from package.base import Base as B", "B"),
        "dotted.py": ("import package.base", "package.base.Base"),
        "star.py": ("from package.base import *", "Base"),
    }
    for name, (line, base) in imports.items():
        (package / "inner" / name).write_text(f"import torch\n{line}\n\n\nclass A({base}):\n{body}")
    nothing_written()
    whole = concise(torchlint("--output-format", "concise", "src"))
    assert whole == [f"src/package/inner/{name}:9:9: TL101" for name in sorted(imports)]
    for name in sorted(imports):
        path = f"src/package/inner/{name}"
        assert concise(torchlint("--output-format", "concise", path)) == [f"{path}:9:9: TL101"]
        found = concise(torchlint("--output-format", "concise", name, cwd=package / "inner"))
        assert found == [f"{name}:9:9: TL101"]


def test_src_roots_of_the_configuration(torchlint, project, nothing_written):
    (project / "lib" / "deep").mkdir(parents=True)
    (project / "lib" / "deep" / "bases.py").write_text(CLEAN)
    (project / "user.py").write_text(
        "import torch\nfrom deep.bases import Net\n\n\nclass A(Net):\n    def __init__(self):\n"
        "        super().__init__()\n        self.table = torch.ones(2)\n        self.lost = torch.ones(2)\n"
    )
    (project / "torchlint.toml").write_text('src = ["lib"]\n')
    nothing_written()
    assert concise(torchlint("--output-format", "concise", "user.py")) == ["user.py:9:9: TL101"]


def test_module_bases_of_the_configuration(torchlint, project, nothing_written):
    (project / "user.py").write_text(
        "import torch\nfrom company.modules import Base\n\n\nclass A(Base):\n    def __init__(self):\n"
        "        super().__init__()\n        self.lost = torch.ones(2)\n"
    )
    nothing_written()
    assert torchlint("user.py").returncode == 0
    (project / "torchlint.toml").write_text('module-bases = ["company.modules.Base"]\n')
    nothing_written()
    assert concise(torchlint("--output-format", "concise", "user.py")) == ["user.py:8:9: TL101"]


# -- suppression -----------------------------------------------------------------------------------------

STATEMENT = """\
        self.table = torch.zeros({0}
            2,{1}
            3,{2}
        ){3}
"""


@pytest.mark.parametrize("line", range(4))
@pytest.mark.parametrize("comment", ["# noqa", "# noqa: TL101", "# NOQA:TL1", "# noqa: E501, TL101"])
def test_noqa_on_any_line_of_the_statement(torchlint, project, nothing_written, line, comment):
    comments = [f"  {comment}" if index == line else "" for index in range(4)]
    (project / "a.py").write_text(HEADER.rstrip(" ") + STATEMENT.format(*comments))
    nothing_written()
    result = torchlint(".")
    assert (result.returncode, result.stderr) == (0, "")


def test_noqa_for_another_code_or_line_does_not_count(torchlint, project, nothing_written):
    (project / "a.py").write_text(f"{LOST.rstrip()}  # noqa: E501\n# noqa: E501\n")
    (project / "b.py").write_text(f"{LOST}        # noqa\n")
    (project / "c.py").write_text(f'{LOST.rstrip()}; self.s = "# noqa"\n')
    nothing_written()
    assert concise(torchlint("--output-format", "concise", ".")) == [
        "a.py:8:9: TL101",
        "b.py:8:9: TL101",
        "c.py:8:9: TL101",
    ]


def test_an_unused_noqa(torchlint, project, nothing_written):
    (project / "a.py").write_text(f"{CLEAN.rstrip()}  # noqa: TL101\n")
    (project / "b.py").write_text(f"{LOST.rstrip()}  # noqa: TL101, TL105\n")
    (project / "c.py").write_text(f"{CLEAN.rstrip()}  # noqa\n")
    nothing_written()
    result = torchlint("--output-format", "concise", ".")
    assert [place.partition(":")[0] + place[-6:] for place in concise(result)] == ["a.py TL901", "b.py TL901"]
    assert torchlint("--ignore", "TL901", ".").returncode == 0
    # TL101 is off: its comments may well be needed when it is on
    assert torchlint("--ignore", "TL101,TL105", ".").returncode == 0


def test_skip_file(torchlint, project, nothing_written):
    (project / "a.py").write_text(f"{LOST}# torchlint: skip-file\n")
    (project / "b.py").write_text(f'{LOST}"# torchlint: skip-file"\n')
    nothing_written()
    assert concise(torchlint("--output-format", "concise", ".")) == ["b.py:8:9: TL101"]


# -- which rules -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "codes"),
    [
        ((), ["TL101", "TL105"]),
        (("--select", "TL101"), ["TL101"]),
        (("--select", "TL10"), ["TL101", "TL105"]),
        (("--select", "tl105,TL9"), ["TL105"]),
        (("--select", "ALL"), ["TL101", "TL105"]),
        (("--ignore", "TL101"), ["TL105"]),
        (("--ignore", "TL"), []),
        (("--select", "TL1", "--ignore", "TL105"), ["TL101"]),
        (("--select", "TL101", "--extend-select", "TL105"), ["TL101", "TL105"]),
    ],
)
def test_select_and_ignore(torchlint, project, nothing_written, options, codes):
    (project / "a.py").write_text(TWO)
    nothing_written()
    result = torchlint("--output-format", "concise", *options, ".")
    assert [place[-5:] for place in concise(result)] == codes
    assert result.returncode == bool(codes)


@pytest.mark.parametrize("name", ["torchlint.toml", ".torchlint.toml", "pyproject.toml"])
def test_the_configuration_selects(torchlint, project, nothing_written, name):
    table = "[tool.torchlint]\n" if name == "pyproject.toml" else ""
    (project / name).write_text(f'{table}ignore = ["TL101"]\nper-file-ignores = {{ "b.py" = ["TL105"] }}\n')
    (project / "inner").mkdir()
    for path in ("a.py", "b.py", "inner/c.py", "inner/b.py"):
        (project / path).write_text(TWO)
    nothing_written()
    result = torchlint("--output-format", "concise", ".")
    assert concise(result) == ["a.py:9:9: TL105", "inner/c.py:9:9: TL105"]
    assert len(concise(torchlint("--output-format", "concise", "--isolated", "."))) == 8
    assert concise(torchlint("--output-format", "concise", "c.py", cwd=project / "inner")) == [
        "c.py:9:9: TL105"
    ]


def test_exclude(torchlint, project, nothing_written):
    (project / "torchlint.toml").write_text('extend-exclude = ["generated"]\n')
    (project / "generated").mkdir()
    (project / "generated" / "a.py").write_text(LOST)
    (project / "b.py").write_text(LOST)
    (project / ".gitignore").write_text("ignored.py\n")
    (project / ".git").mkdir()
    (project / "ignored.py").write_text(LOST)
    nothing_written()
    assert concise(torchlint("--output-format", "concise", ".")) == ["b.py:8:9: TL101"]
    assert concise(torchlint("--output-format", "concise", "--exclude", "b.py", ".")) == []
    named = ("--output-format", "concise", "generated/a.py")
    assert concise(torchlint(*named)) == ["generated/a.py:8:9: TL101"]
    assert concise(torchlint("--force-exclude", *named)) == []


# -- standard input --------------------------------------------------------------------------------------


def test_standard_input(torchlint, project, nothing_written):
    nothing_written()
    assert concise(torchlint("--output-format", "concise", "-", stdin=LOST)) == ["-:8:9: TL101"]
    assert torchlint("-", stdin=CLEAN).returncode == 0
    assert torchlint("-", stdin="def f(:\n").returncode == 2
    assert torchlint("-", stdin=b"").returncode == 0


def test_standard_input_with_a_name(torchlint, project, nothing_written):
    """The name decides where imports lead and which configuration holds; the file need not be the same."""
    (project / "package").mkdir()
    (project / "package" / "__init__.py").write_text("")
    (project / "package" / "base.py").write_text(CLEAN)
    (project / "package" / "a.py").write_text("something else\n")
    (project / "torchlint.toml").write_text('per-file-ignores = { "b.py" = ["TL"] }\n')
    nothing_written()
    source = (
        "import torch\nfrom .base import Net\n\n\nclass A(Net):\n    def __init__(self):\n"
        "        super().__init__()\n        self.table = torch.ones(2)\n        self.lost = torch.ones(2)\n"
    )
    command = ("--output-format", "concise", "--stdin-filename")
    result = torchlint(*command, "package/a.py", "-", stdin=source)
    assert concise(result) == ["package/a.py:9:9: TL101"]
    assert torchlint(*command, "package/b.py", "-", stdin=source).returncode == 0
    full = torchlint("--stdin-filename", "package/a.py", "-", stdin=source)
    assert "self.lost = torch.ones(2)" in full.stdout
