"""torchlint: finds, fixes and proves tensors that an `nn.Module` does not register."""

from __future__ import annotations

TYPE_CHECKING = False  # as in `typing`, which the command line need not wait for
if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor

    from torch import nn

    from torchlint.findings import Report
    from torchlint.project.module_state import ModuleState

__version__ = "0.1.0"


def check(
    paths: Sequence[str | os.PathLike[str]],
    *,
    config: str | os.PathLike[str] | None = None,
    isolated: bool = False,
    jobs: int = 1,
    executor: Executor | None = None,
    progress: Callable[[int, int], None] | None = None,
    cache: str | os.PathLike[str] | None = None,
) -> Report:
    """Check files and directories as `torchlint check` does, and return the report; nothing is printed.

    `config` is one configuration file for all, `isolated` means none at all. `jobs` is the largest number of worker
    processes. An `executor` (threads, processes, dask's `Client.get_executor()`) is used instead, and is left open; its
    workers must see the same files under the same paths. `progress` is called with the number of files done and of all.
    `cache` is a folder in which results are kept for the next run; without, nothing is written.

    Raises ValueError if `jobs` is not positive, and `torchlint.config.ConfigError` if `config` cannot be used.
    """
    from pathlib import Path  # all of this is imported only by whoever checks

    from torchlint.config import SettingsResolver
    from torchlint.rules import all_rules
    from torchlint.runs.check import check as checked
    from torchlint.runs.options import RunOptions

    if jobs < 1:
        raise ValueError(f"jobs must be at least 1, not {jobs}")
    resolver = SettingsResolver(
        frozenset(rule.code for rule in all_rules()),
        cwd=Path.cwd(),
        config=None if config is None else Path(config),
        isolated=isolated,
    )
    given = [str(path) for path in paths]
    folder = None if cache is None else Path(cache)
    options = RunOptions(jobs=jobs, executor=executor, progress=progress, cache=folder)
    return checked(given, resolver, options)


def observe(module: nn.Module) -> ModuleState:
    """The state of a live module and of all its submodules: each attribute, what it is, where torch keeps it.

    Raises TypeError for what is no `nn.Module`, ImportError where torch is not installed.
    """
    from torchlint.runtime.observing import observe as observed  # torch is imported by whoever has a module

    return observed(module)
