"""Configuration files: where they are found, what they say, and what is wrong with them."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

from torchlint.config import ConfigError, Recipe, Settings, find_config, load

CODES = ("TL101", "TL102", "TL201")


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def fails(path: Path) -> str:
    with pytest.raises(ConfigError) as info:
        load(path, CODES)
    assert info.value.path == str(path)
    assert "\n" not in info.value.message
    return info.value.message


def test_all_keys(tmp_path: Path) -> None:
    body = """
select = ["TL1"]
ignore = ["TL102"]
extend-select = ["ALL"]
exclude = ["old/", "*_pb2.py"]
extend-exclude = ["!old/keep.py"]
module-bases = ["pkg.Base", "Base"]
src = ["src", ".", "../other"]
target-torch = "2.5"
persistent = "never"
buffer-style = "nn.Buffer"
fixable = ["TL1"]
unfixable = ["TL102"]
extend-safe-fixes = ["TL2"]
extend-unsafe-fixes = ["ALL"]
unsafe-fixes = true
baseline = "lint/../known.json"
"""
    verify = """
python = "../venv/bin/python"
[verify.build]
"pkg.net:Net" = "Net(4, d_model=8)"
"net.py:Outer.Net" = { call = "tests.factories:make_net", inputs = "torch.ones(2), None" }
"""
    ignores = '"tests/*" = ["TL1"]\n"!src/*" = ["ALL"]\n'
    flat = write(tmp_path / "torchlint.toml", f"{body}[per-file-ignores]\n{ignores}[verify]\n{verify}")
    expected = Settings(
        root=tmp_path,
        source=flat,
        select=("TL1",),
        ignore=("TL102",),
        extend_select=("ALL",),
        exclude=("old/", "*_pb2.py"),
        extend_exclude=("!old/keep.py",),
        per_file_ignores=(("tests/*", ("TL1",)), ("!src/*", ("ALL",))),
        module_bases=("pkg.Base", "Base"),
        src=(tmp_path / "src", tmp_path, tmp_path.parent / "other"),
        target_torch=(2, 5),
        persistent="never",
        buffer_style="nn.Buffer",
        fixable=("TL1",),
        unfixable=("TL102",),
        extend_safe_fixes=("TL2",),
        extend_unsafe_fixes=("ALL",),
        unsafe_fixes=True,
        baseline=tmp_path / "known.json",
        verify_python=str(tmp_path.parent / "venv" / "bin" / "python"),
        verify_build=(
            ("pkg.net:Net", Recipe("Net(4, d_model=8)")),
            ("net.py:Outer.Net", Recipe("tests.factories:make_net", "torch.ones(2), None")),
        ),
    )
    assert load(flat, CODES) == expected
    pyproject = write(
        tmp_path / "pyproject.toml",
        f'[project]\nname = "x"\n[tool.torchlint]\n{body}[tool.torchlint.per-file-ignores]\n{ignores}',
    )
    loaded = load(pyproject, CODES)
    assert loaded.source == pyproject
    assert loaded.per_file_ignores == expected.per_file_ignores
    assert loaded.src == expected.src


def test_defaults(tmp_path: Path) -> None:
    path = write(tmp_path / "torchlint.toml", "")
    assert load(path, CODES) == Settings(root=tmp_path, source=path)
    path = write(tmp_path / "pyproject.toml", "[tool.black]\n")
    assert load(path, CODES) == Settings(root=tmp_path, source=path)


def test_relative_path_and_bom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my.toml").write_bytes(b'\xef\xbb\xbfselect = ["TL1"]\r\n')
    monkeypatch.chdir(tmp_path)
    assert load(Path("my.toml"), CODES) == Settings(
        root=tmp_path, source=tmp_path / "my.toml", select=("TL1",)
    )


def test_a_patch_release_of_torch(tmp_path: Path) -> None:
    assert load(write(tmp_path / "torchlint.toml", 'target-torch = "2.13.1"'), CODES).target_torch == (2, 13)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("selct = []", ["`selct`", "unknown key", "did you mean `select`"]),
        ("per_file_ignores = {}", ["`per_file_ignores`", "did you mean `per-file-ignores`"]),
        ("zzz = 1", ["`zzz` is an unknown key"]),
        ("[tool.torchlint]\nselect = []", ["`tool`", "the keys stand by themselves"]),
        ('select = "TL1"', ["`select`", "list of strings", "not a string"]),
        ("ignore = [1]", ["`ignore`", "holds an integer"]),
        ("exclude = true", ["`exclude`", "not a boolean"]),
        ("exclude = 2020-01-01", ["`exclude`", "not a date"]),
        ('select = ["TL301"]', ["`select`", 'code or prefix "TL301"', "did you mean `TL"]),
        ('ignore = ["tl101"]', ["`ignore`", '"tl101"', "did you mean `TL101`"]),
        ('extend-select = [""]', ["`extend-select`", '""']),
        ('ignore = ["TL1011"]', ["`ignore`", '"TL1011"']),
        ('exclude = ["[a"]', ["`exclude`", "malformed pattern", '"[a"']),
        ('extend-exclude = [""]', ["`extend-exclude`", "malformed"]),
        ('exclude = ["# x"]', ["`exclude`", "malformed"]),
        ("per-file-ignores = []", ["`per-file-ignores`", "must be a table"]),
        ('per-file-ignores = {"{a" = []}', ["`per-file-ignores`", '"{a"', "never closed"]),
        ('per-file-ignores = {"a" = "TL1"}', ['`per-file-ignores."a"`', "list of strings"]),
        ('per-file-ignores = {"a" = ["X"]}', ['`per-file-ignores."a"`', '"X"']),
        ('module-bases = ["not a name"]', ["`module-bases`", '"not a name"']),
        ('module-bases = ["a..b"]', ["`module-bases`", '"a..b"']),
        ('src = ["a\\u0000"]', ["`src`", "malformed path"]),
        ('target-torch = "2"', ["`target-torch`", '"2.5"', '"2"']),
        ('target-torch = "2.5.x"', ["`target-torch`", '"2.5.x"']),
        ('target-torch = "\u0662.\u0665"', ["`target-torch`"]),
        ("target-torch = 2.5", ["`target-torch`", "string", "a float"]),
        ('persistent = "auot"', ["`persistent`", '"auto", "always" or "never"', '"auot"']),
        ("persistent = true", ["`persistent`", "not a boolean"]),
        ('buffer-style = "Buffer"', ["`buffer-style`", '"register_buffer" or "nn.Buffer"', '"Buffer"']),
        ('buffer-style = "nn.Buffer"', ["`buffer-style`", '`target-torch` to be "2.5"', "is not given"]),
        ('buffer-style = "nn.Buffer"\ntarget-torch = "2.4"', ["`buffer-style`", '"2.5"', "is 2.4"]),
        ('fixable = "TL1"', ["`fixable`", "list of strings"]),
        ('unfixable = ["XX1"]', ["`unfixable`", '"XX1"']),
        ('extend-safe-fixes = ["tl1"]', ["`extend-safe-fixes`", '"tl1"']),
        ('extend-unsafe-fixes = [""]', ["`extend-unsafe-fixes`", '""']),
        ("unsafe-fixes = 1", ["`unsafe-fixes`", "true or false", "an integer"]),
        ("verify = 1", ["`verify`", "a table, not an integer"]),
        ("verify = {pyhton = 'x'}", ["`verify.pyhton`", "unknown key", "`python`"]),
        ("verify = {python = 3}", ["`verify.python`", "not an integer"]),
        ("verify = {python = ''}", ["`verify.python`", "empty"]),
        ("verify = {build = []}", ["`verify.build`", "a table", "not a list"]),
        ("[verify.build]\nNet = 'Net()'", ['`verify.build."Net"`', "must name a class"]),
        ("[verify.build]\n'a:N' = 1", ["a call in quotes", "not an integer"]),
        ("[verify.build]\n'a:N' = 'N('", ["no Python expression", "N("]),
        ("[verify.build]\n'a:N' = {inputs = '1'}", ['needs a "call"']),
        ("[verify.build]\n'a:N' = {call = 'N()', input = '1'}", ["unknown key", "`inputs`"]),
        ("[verify.build]\n'a:N' = {call = 'N()', inputs = 'm:f'}", ["no Python expression"]),
        ('baseline = ""', ["`baseline`", "empty"]),
        ('baseline = "a\\u0000"', ["`baseline`", "malformed"]),
        ('baseline = ["a"]', ["`baseline`", "not a list"]),
        ("select = [", ["not valid TOML", "line 1"]),
        ('select = []\n\nx = "', ["not valid TOML", "line 3"]),
        ("select = []\nselect = []", ["not valid TOML", "line 2"]),
        ("select = " + "[" * 100_000, ["nested too deeply"]),
        ("select = " + "{a=" * 100_000, ["nested too deeply"]),
        ("select = " + "9" * 100_000, ["not valid TOML"]),
        ("#" * 600_000, ["too large"]),
        (f"{'k' * 5000} = 1", ["unknown key", "..."]),
        ('"a\\nb\\u001b" = 1', ["unknown key"]),
        ('select = ["a\\nb\\u001b[31m"]', ["a\\nb\\x1b[31m"]),
    ],
)
def test_errors_name_the_file_and_the_key(tmp_path: Path, text: str, words: list[str]) -> None:
    message = fails(write(tmp_path / "torchlint.toml", text))
    assert all(word in message for word in words), message
    assert message.isprintable()
    assert len(message) < 400


def test_errors_in_pyproject_name_the_whole_key(tmp_path: Path) -> None:
    message = fails(write(tmp_path / "pyproject.toml", "[tool.torchlint]\nselct = []\n"))
    assert "`tool.torchlint.selct`" in message
    assert "`tool.torchlint` must be a table" in fails(
        write(tmp_path / "pyproject.toml", "tool.torchlint = 3")
    )
    assert "must be a table" in fails(write(tmp_path / "pyproject.toml", "tool = 'torchlint'"))


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    assert "no such file" in fails(tmp_path / "gone.toml")
    (tmp_path / "d.toml").mkdir()
    assert "is a directory" in fails(tmp_path / "d.toml")
    os.mkfifo(tmp_path / "f.toml")
    assert "not a regular file" in fails(tmp_path / "f.toml")
    (tmp_path / "u.toml").write_bytes(b"# fine\n# \xff\n")
    assert "not valid UTF-8 (line 2)" in fails(tmp_path / "u.toml")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="permissions do not stop root")
def test_permission_denied(tmp_path: Path) -> None:
    path = write(tmp_path / "torchlint.toml", "")
    path.chmod(0)
    assert "permission denied" in fails(path)


@pytest.mark.parametrize("parts", [499, 20_000, 250_000])
@pytest.mark.parametrize("shape", ["{} = 1", "[{}]", "[[{}]]", "x = {{ {} = 1 }}"])
def test_hostile_keys_do_not_take_for_ever(tmp_path: Path, parts: int, shape: str) -> None:
    write(tmp_path / "torchlint.toml", shape.format(".".join("a" * parts)))
    assert fails(tmp_path / "torchlint.toml")


def test_errors_survive_pickling() -> None:
    error = pickle.loads(pickle.dumps(ConfigError("a.toml", "is bad")))
    assert str(error) == "a.toml: is bad"


def test_find_config_takes_the_nearest_and_its_order(tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    assert find_config(deep) is None
    top = write(tmp_path / "torchlint.toml", "")
    assert find_config(deep) == top
    write(tmp_path / "a" / "pyproject.toml", "[tool.black]\n# torchlint\n")  # has no table for us
    assert find_config(deep) == top
    pyproject = write(tmp_path / "a" / "pyproject.toml", "[tool.torchlint]\n")
    assert find_config(deep) == pyproject
    hidden = write(tmp_path / "a" / ".torchlint.toml", "")
    assert find_config(deep) == hidden
    plain = write(tmp_path / "a" / "torchlint.toml", "")
    assert find_config(deep) == plain


def test_find_config_passes_what_is_no_file_and_returns_what_is_broken(tmp_path: Path) -> None:
    (tmp_path / "torchlint.toml").mkdir()
    os.mkfifo(tmp_path / ".torchlint.toml")
    assert find_config(tmp_path) is None
    write(tmp_path / "pyproject.toml", "this is [ broken")  # somebody else's trouble
    assert find_config(tmp_path) is None
    broken = write(tmp_path / "pyproject.toml", "[tool.torchlint\n")
    assert find_config(tmp_path) == broken
    assert "not valid TOML" in fails(broken)
    assert find_config(write(tmp_path / "pyproject.toml", "tool.torchlint = 1")) is not None


def test_find_config_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "torchlint.toml", "")
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    assert find_config(Path(".")) == path
