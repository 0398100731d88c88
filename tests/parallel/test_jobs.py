"""`--jobs`: the same bytes from any number of worker processes, whatever befalls them."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import torchlint
from torchlint.findings import Report


def torchlint_run(*words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-m", "torchlint", *words], capture_output=True, timeout=120)


@pytest.mark.parametrize("form", ["full", "json"])
def test_the_output_is_the_same_with_any_number_of_jobs(project: Path, form: str) -> None:
    alone, two, three = (torchlint_run("-j", jobs, "--output-format", form, "pkg") for jobs in "123")
    assert alone.returncode == two.returncode == three.returncode == 2
    assert alone.stdout.count(b"TL105") > 15
    for error in (b"broken.py", b"binary.py", b"selekt"):
        assert error in alone.stderr
    assert two.stdout == alone.stdout
    assert three.stdout == alone.stdout
    assert two.stderr == three.stderr == alone.stderr


@pytest.mark.parametrize("options", [("--diff",), ("--statistics",), ("--diff", "--unsafe-fixes")])
def test_so_are_fixes_and_statistics(project: Path, options: tuple[str, ...]) -> None:
    alone, two = (torchlint_run("-j", jobs, *options, "pkg") for jobs in "12")
    assert alone.stdout
    assert (two.returncode, two.stdout, two.stderr) == (alone.returncode, alone.stdout, alone.stderr)


def test_a_baseline_made_by_workers_is_the_same_and_silences_workers(project: Path) -> None:
    for jobs in "12":
        torchlint_run("-j", jobs, "--write-baseline", f"known{jobs}.json", "pkg")
    known = Path("known1.json").read_bytes()
    assert b"noise" in known
    assert Path("known2.json").read_bytes() == known
    Path("pyproject.toml").write_text('[tool.torchlint]\nbaseline = "known1.json"\n')
    (project / "pkg" / "part3" / "torchlint.toml").unlink()
    new = project / "pkg" / "part0" / "net0.py"
    new.write_text(new.read_text().replace("self.noise", "self.new = torch.zeros(2)\n        self.noise"))
    alone, two = (torchlint_run("-j", jobs, "--output-format", "concise", "pkg") for jobs in "12")
    assert b"`self.new`" in alone.stdout
    assert b"self.noise" not in alone.stdout.split(b"part2")[0]
    assert two.stdout == alone.stdout


def test_files_given_one_by_one_have_the_same_findings(project: Path) -> None:
    files = [str(path) for path in sorted(Path("pkg").rglob("*.py"))]
    together = torchlint.check(["pkg"], jobs=2)
    one_by_one = [finding for path in files[:20] for finding in torchlint.check([path]).findings]
    assert one_by_one
    assert one_by_one == [finding for finding in together.findings if finding.path in files[:20]]


def test_zero_jobs_is_a_usage_error(project: Path) -> None:
    result = torchlint_run("-j", "0", "pkg")
    assert result.returncode == 2
    assert b"-j" in result.stderr


def test_files_are_not_lost_with_a_worker_that_dies(project: Path) -> None:
    killed: list[int | None] = []

    def kill_one(done: int, total: int) -> None:
        if not killed:
            victim = multiprocessing.active_children()[0]
            killed.append(victim.pid)
            victim.kill()

    assert torchlint.check(["pkg"], jobs=2, progress=kill_one) == torchlint.check(["pkg"])
    assert killed


def _endless(folder: Path) -> None:
    """Much to do: seconds, not milliseconds."""
    line = "x = [" + ", ".join(map(str, range(100))) + "]\n"
    for number in range(60):
        (folder / f"long{number}.py").write_text(line * 4000)


@pytest.mark.skipif(shutil.which("ps") is None, reason="needs `ps`, to see that no process is left")
def test_an_interrupt_ends_all_quietly(tmp_path: Path) -> None:
    _endless(tmp_path)
    # what a shell starts in the background ignores the signal, and so would its children
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from torchlint.cli import main; main()"
    )
    words = [sys.executable, "-c", code, "-j", "2", str(tmp_path)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
    deadline = time.monotonic() + 60
    while len(_group(process.pid)) < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(_group(process.pid)) >= 3
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does it: the workers get it, too
    _, stderr = process.communicate(timeout=30)
    assert process.returncode == 2
    assert b"error: interrupted" in stderr
    assert b"Traceback" not in stderr
    _wait_for_the_end(process.pid)


@pytest.mark.skipif(shutil.which("ps") is None, reason="needs `ps`, to see that no process is left")
def test_no_worker_outlives_a_run_that_is_killed(tmp_path: Path) -> None:
    _endless(tmp_path)
    words = [sys.executable, "-m", "torchlint", "-j", "2", str(tmp_path)]
    process = subprocess.Popen(
        words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    deadline = time.monotonic() + 60
    while len(_group(process.pid)) < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    process.kill()
    process.wait(30)
    _wait_for_the_end(process.pid)


def _wait_for_the_end(group: int) -> None:
    deadline = time.monotonic() + 30
    while _group(group) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _group(group)


def _group(group: int) -> list[int]:
    """The processes of a group that are not yet gone."""
    listed = subprocess.run(["ps", "-eo", "pid=,pgid=,stat="], capture_output=True, text=True, check=True)
    rows = (line.split() for line in listed.stdout.splitlines())
    return [int(pid) for pid, of, state in rows if int(of) == group and not state.startswith("Z")]


def test_a_small_run_starts_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    (tmp_path / "b.py").write_text("x = 1\n")
    code = (
        "import sys\n"
        "from torchlint.cli import main\n"
        "try:\n    main()\n"
        "finally:\n    print(*sorted({'multiprocessing', 'concurrent.futures', 'pickle'} & set(sys.modules)))\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, "-j", "4", "-q", str(tmp_path)], capture_output=True, text=True
    )
    assert result.stdout == "\n"
    assert result.returncode == 0


def test_the_report_of_the_library(project: Path) -> None:
    report = torchlint.check([Path("pkg")])
    assert isinstance(report, Report)
    assert {finding.code for finding in report.findings} >= {"TL101", "TL105", "TL901"}
    assert {Path(error.path).name for error in report.errors} == {"broken.py", "binary.py", "torchlint.toml"}
    with pytest.raises(ValueError, match="jobs"):
        torchlint.check(["pkg"], jobs=0)
