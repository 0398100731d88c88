"""`torchlint.check(paths, executor=…)`: any executor of `concurrent.futures`, dask's included."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

import torchlint


@contextmanager
def threads() -> Iterator[Executor]:
    with ThreadPoolExecutor(3) as executor:
        yield executor


@contextmanager
def processes() -> Iterator[Executor]:
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as executor:
        yield executor


@contextmanager
def dask() -> Iterator[Executor]:
    from distributed import Client, LocalCluster

    with (
        LocalCluster(
            n_workers=2, threads_per_worker=2, processes=True, dashboard_address=None, host="127.0.0.1"
        ) as cluster,
        Client(cluster) as client,
        client.get_executor() as executor,
    ):
        yield executor


@pytest.mark.parametrize("make", [threads, processes, dask])
def test_an_executor_finds_the_same(project: Path, make) -> None:
    alone = torchlint.check(["pkg"])
    assert len(alone.findings) > 40
    with make() as executor:
        assert torchlint.check(["pkg"], executor=executor) == alone
        new = project / "pkg" / "part0" / "net0.py"
        new.write_text(
            new.read_text().replace("self.noise", "self.fresh = torch.zeros(2)\n        self.noise")
        )
        changed = torchlint.check(["pkg"], executor=executor)  # nothing is kept from one run to the next
        assert changed == torchlint.check(["pkg"])
        assert changed != alone
        assert executor.submit(abs, -1).result() == 1  # it is left open


@pytest.mark.parametrize("make", [threads, processes, dask])
def test_what_an_executor_finds_is_kept(project: Path, make) -> None:
    # with a broken configuration in the project, what is said of fixes there is found anew each time
    (project / "pkg" / "part3" / "torchlint.toml").unlink()
    fresh = torchlint.check(["pkg"])
    with make() as executor:
        assert torchlint.check(["pkg"], executor=executor, cache="cache") == fresh
    asked: list[int] = []
    assert torchlint.check(["pkg"], cache="cache", progress=lambda done, total: asked.append(total)) == fresh
    assert asked == []  # not even those with errors of what they say
    base = project / "pkg" / "base.py"
    base.write_text(base.read_text().replace("nn.Module", "object"))
    assert torchlint.check(["pkg"], cache="cache") == torchlint.check(["pkg"]) != fresh


def test_workers_may_live_in_another_folder(project: Path, tmp_path_factory, monkeypatch) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    monkeypatch.chdir(elsewhere)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as executor:
        assert executor.submit(os.getcwd).result() == str(elsewhere)
        monkeypatch.chdir(project)
        assert torchlint.check(["pkg"], executor=executor) == torchlint.check(["pkg"])
        assert executor.submit(os.getcwd).result() == str(elsewhere)


def test_an_executor_that_is_shut_down_is_an_error_of_each_file(project: Path) -> None:
    executor = ThreadPoolExecutor(1)
    executor.shutdown()
    report = torchlint.check(["pkg/part0"], executor=executor)
    files = sorted(str(path) for path in Path("pkg/part0").glob("*.py"))
    assert [error.path for error in report.errors] == files
    assert all("executor" in error.message for error in report.errors)


def test_threads_leave_the_interpreter_as_it_was(project: Path) -> None:
    limit = sys.getrecursionlimit()
    seen: list[int] = []

    def in_thread() -> None:
        seen.append(len(torchlint.check(["pkg/part0"]).findings))

    running = [threading.Thread(target=in_thread) for _ in range(3)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    assert seen[0] > 5
    assert len(set(seen)) == 1
    assert sys.getrecursionlimit() == limit
