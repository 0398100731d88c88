"""Who may know whom: the imports of the package, against the table in docs/architecture.md."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import torchlint

PACKAGE = Path(torchlint.__file__).parent

# Of each room: the modules that it may import from, beside itself and `torchlint.findings`.
ALLOWED = {
    "files": (),
    "config": ("files.source", "files.patterns"),
    "facts": ("files.source", "torch_api"),
    "torch_api": (),
    "project": ("files", "facts", "torch_api"),
    "rules": ("project.module_state", "project.values", "rewrite", "torch_api"),
    "rewrite": ("files.source",),
    "suppression": (),
    "report": (),
    "fixes": ("files", "config"),
    "baseline": ("files",),
    "cache": (
        "facts.ir",
        "facts.model",
        "files.source",
        "checker.outcome",
        "project.questions",
        "project.reads",
    ),
    "runtime": ("project.module_state", "cores"),
    "checker": ("config", "facts", "files", "project", "rewrite", "rules", "suppression"),
    "runs": (
        "baseline",
        "cache",
        "checker",
        "config",
        "cores",
        "files",
        "fixes",
        "project",
        "rules",
        "runtime",
        "suppression",
    ),
    "integrations": ("config", "files", "rules", "fixes", "runs.check"),
}


def _typing_only(tree: ast.Module) -> set[ast.AST]:
    """What stands under `if TYPE_CHECKING:` and never runs."""
    found: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            found.update(ast.walk(node))
    return found


def imported(path: Path) -> set[str]:
    """The modules of torchlint that a file imports, without the prefix."""
    found = set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = _typing_only(tree)
    for node in ast.walk(tree):
        if node in typing_only:
            continue
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module is not None:
            if node.module == "torchlint":
                found.update(f"torchlint.{alias.name}" for alias in node.names)
            else:
                found.add(node.module)
    return {name.removeprefix("torchlint.") for name in found if name.startswith("torchlint.")}


def test_every_room_is_known():
    rooms = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    assert rooms - {"cli"} == set(ALLOWED)  # the command line may know all


@pytest.mark.parametrize("room", ALLOWED)
def test_a_room_knows_only_its_own(room):
    allowed = (room, "findings", "__version__", *ALLOWED[room])
    for path in sorted((PACKAGE / room).rglob("*.py")):
        for name in imported(path):
            assert any(name == other or name.startswith(f"{other}.") for other in allowed), (path, name)


def test_what_runs_beside_the_users_code_knows_nothing_of_torchlint():
    for path in sorted((PACKAGE / "runtime" / "worker").rglob("*.py")):
        assert imported(path) == set(), path


@pytest.mark.parametrize("module", ["torch", "numpy"])
def test_only_the_runtime_imports_torch(module):
    for path in sorted(PACKAGE.rglob("*.py")):
        if module == "torch" and "runtime" in path.relative_to(PACKAGE).parts:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        typing_only = _typing_only(tree)
        for node in ast.walk(tree):
            if node in typing_only:
                continue
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            assert not any(name.partition(".")[0] == module for name in names), path


def test_every_module_can_be_imported_first():
    """Each in its turn, none of the others there yet: a circle of imports must not depend on where one enters it."""
    names = [
        ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
        for path in sorted(PACKAGE.rglob("*.py"))
        if "worker" not in path.parts and path.name != "__main__.py"
    ]
    code = (
        "import importlib, sys\n"
        f"for name in {names!r}:\n"
        "    for old in [one for one in sys.modules if one.partition('.')[0] == 'torchlint']:\n"
        "        del sys.modules[old]\n"
        "    importlib.import_module(name)\n"
        "print('all')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    assert (done.stdout, done.stderr) == ("all\n", "")
