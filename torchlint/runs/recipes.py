"""The recipes of the configuration (`[tool.torchlint.verify.build]`), and the classes that they are for."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torchlint.checker.session import ModuleClass
    from torchlint.config import Recipe, Settings, SettingsResolver
    from torchlint.runs.check import Run


def recipe_of(one: ModuleClass, settings: Settings) -> Recipe | None:
    """The recipe of a class: its key names the module as it is imported, or the file."""
    if not settings.verify_build:
        return None
    recipes = dict(settings.verify_build)
    names = {one.module, *_names(one.path, settings)}
    return next((recipes[key] for name in names if (key := f"{name}:{one.class_name}") in recipes), None)


def recipe_for(target: str, settings: Settings) -> Recipe | None:
    """The recipe of a class that is named as `torchlint inspect` takes it."""
    where, _, class_name = target.rpartition(":")
    names = {where, *_names(where, settings)} if where.endswith(".py") else {where}
    return next(
        (recipe for key, recipe in settings.verify_build if key in {f"{n}:{class_name}" for n in names}), None
    )


def without_class(
    run: Run, classes: Sequence[ModuleClass], resolver: SettingsResolver
) -> Iterator[tuple[str, str]]:
    """The recipes for a file of the run that has no such class: the configuration file of each, and its key.

    A recipe for a file that was not checked is not told of: often only a few files of a project are.
    """
    known = {(one.path, one.class_name) for one in classes}
    modules = {one.path: one.module for one in classes}
    told: dict[tuple[str, str], bool] = {}
    for path in run.files:
        settings = resolver.for_file(path)
        if not settings.verify_build:
            continue
        names = {*_names(path, settings), modules.get(path, "")}
        for key, _ in settings.verify_build:
            where, _, class_name = key.rpartition(":")
            if where in names:
                place = str(settings.source or settings.root), key
                told[place] = told.get(place, False) or (path, class_name) in known
    yield from (place for place, found in told.items() if not found)


def _names(path: str, settings: Settings) -> Iterator[str]:
    """What a recipe may call a file: its path below a folder of the project, or the module that it is from there."""
    whole = Path(os.path.abspath(path))
    for root in (settings.root, *settings.src, settings.root / "src"):
        if whole.is_relative_to(root):
            relative = whole.relative_to(root)
            yield relative.as_posix()
            yield ".".join(relative.with_suffix("").parts).removesuffix(".__init__")
