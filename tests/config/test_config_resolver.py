"""Which settings hold where: nearest file, one file for all, none, and the command line on top."""

from __future__ import annotations

from pathlib import Path

import pytest

from torchlint.config import ConfigError, Overrides, Settings, SettingsResolver
from torchlint.findings import FileError

CODES = ("TL101", "TL102", "TL201")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "pkg" / "deep").mkdir(parents=True)
    (tmp_path / "other").mkdir()
    (tmp_path / "torchlint.toml").write_text('select = ["TL1"]\nignore = ["TL101"]\nexclude = ["x"]\n')
    (tmp_path / "pkg" / "pyproject.toml").write_text('[tool.torchlint]\nselect = ["TL2"]\n')
    return tmp_path


def test_each_file_has_its_nearest_configuration(tree: Path) -> None:
    resolver = SettingsResolver(CODES, cwd=tree)
    assert resolver.for_file("a.py").source == tree / "torchlint.toml"
    assert resolver.for_file("other/a.py").root == tree
    assert resolver.for_file("pkg/deep/a.py").source == tree / "pkg" / "pyproject.toml"
    assert resolver.for_file(tree / "pkg" / "a.py").select == ("TL2",)
    assert resolver.for_directory("pkg/../other").select == ("TL1",)
    assert resolver.for_directory(tree) is resolver.for_file("new/dir/a.py")


def test_no_configuration_gives_defaults(tmp_path: Path) -> None:
    assert SettingsResolver(CODES, cwd=tmp_path).for_file("a.py") == Settings(root=tmp_path)


def test_results_are_remembered(tree: Path) -> None:
    resolver = SettingsResolver(CODES, cwd=tree)
    first = resolver.for_file("pkg/deep/a.py")
    (tree / "pkg" / "pyproject.toml").unlink()
    assert resolver.for_file("pkg/deep/b.py") is first
    assert resolver.for_file("pkg/b.py") is first


def test_config_and_isolated(tree: Path) -> None:
    resolver = SettingsResolver(CODES, cwd=tree, config=Path("pkg/pyproject.toml"))
    assert resolver.for_file("other/a.py").select == ("TL2",)
    assert resolver.for_file("a.py").root == tree / "pkg"
    resolver = SettingsResolver(CODES, cwd=tree, isolated=True)
    assert resolver.for_file("pkg/a.py") == Settings(root=tree)


def test_overrides(tree: Path) -> None:
    overrides = Overrides(select=("TL201",), ignore=("TL102",), extend_select=("ALL",), exclude=("y",))
    settings = SettingsResolver(CODES, cwd=tree, overrides=overrides).for_file("a.py")
    assert settings.select == ("TL201",)
    assert settings.ignore == ("TL101", "TL102")
    assert settings.extend_select == ("ALL",)
    assert (settings.exclude, settings.exclude_root) == (("y",), tree)
    settings = SettingsResolver(CODES, cwd=tree, overrides=Overrides(ignore=("TL2",))).for_file("a.py")
    assert (settings.select, settings.exclude, settings.exclude_root) == (("TL1",), ("x",), None)
    settings = SettingsResolver(CODES, cwd=tree, isolated=True, overrides=overrides).for_file("a.py")
    assert (settings.select, settings.ignore) == (("TL201",), ("TL102",))


def test_overrides_of_fixes(tree: Path) -> None:
    (tree / "torchlint.toml").write_text('persistent = "never"\nunsafe-fixes = true\n')
    plain = SettingsResolver(CODES, cwd=tree).for_file("a.py")
    assert (plain.persistent, plain.unsafe_fixes) == ("never", True)
    overrides = Overrides(persistent="always", unsafe_fixes=False)
    settings = SettingsResolver(CODES, cwd=tree, overrides=overrides).for_file("a.py")
    assert (settings.persistent, settings.unsafe_fixes) == ("always", False)


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (Overrides(select=("XX",)), ["`--select`", '"XX"']),
        (Overrides(ignore=("TL9",)), ["`--ignore`", '"TL9"']),
        (Overrides(extend_select=("",)), ["`--extend-select`"]),
        (Overrides(exclude=("[",)), ["`--exclude`", "malformed"]),
    ],
)
def test_bad_overrides(tmp_path: Path, overrides: Overrides, words: list[str]) -> None:
    with pytest.raises(ConfigError) as info:
        SettingsResolver(CODES, cwd=tmp_path, overrides=overrides)
    assert info.value.path == "command line"
    assert all(word in info.value.message for word in words)


def test_a_broken_configuration_is_noted_once_and_defaults_hold(tree: Path) -> None:
    broken = tree / "pkg" / "pyproject.toml"
    broken.write_text("[tool.torchlint]\nselect = 3\n")
    resolver = SettingsResolver(CODES, cwd=tree)
    assert resolver.for_file("pkg/a.py") == Settings(root=tree / "pkg", broken=True)
    resolver.for_file("pkg/b.py")
    resolver.for_file("pkg/deep/b.py")
    assert resolver.for_file("a.py").select == ("TL1",)
    assert [type(e) for e in resolver.errors] == [FileError]
    assert resolver.errors[0].path == str(broken)
    assert "tool.torchlint.select" in resolver.errors[0].message


def test_a_broken_configuration_given_by_name_is_raised(tree: Path) -> None:
    (tree / "my.toml").write_text("select = 3\n")
    with pytest.raises(ConfigError, match="select"):
        SettingsResolver(CODES, cwd=tree, config=Path("my.toml"))
    with pytest.raises(ConfigError, match="no such file"):
        SettingsResolver(CODES, cwd=tree, config=Path("gone.toml"))
