"""What hostile code cannot do to a run of `torchlint --verify`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.runtime.running import HOSTILE, NET, torchlint

ALL_HOSTILE = {
    **HOSTILE,
    "kills": ("import os\nos.kill(os.getppid(), 9)", "it ended the process that started it"),
    "writes": (
        "import os\nfor n in range(3, 64):\n    try: os.write(n, b'{\"looks\": []}')\n    except OSError: pass",
        "it ended its process without an answer",
    ),
    "children": ("import os, time\nos.fork()\nwhile True: time.sleep(1)", "it did not end within 6 s"),
    "signals": (
        "import signal\nfor n in (signal.SIGTERM, signal.SIGALRM, signal.SIGINT): signal.signal(n, signal.SIG_IGN)\n"
        "while True: pass",
        "it did not end within 6 s",
    ),
}


@pytest.mark.skipif(sys.platform != "linux", reason="signals and the memory limit are those of Linux")
@pytest.mark.parametrize("forks", [True, False])
def test_a_folder_of_hostile_code_is_survived(tmp_path, monkeypatch, forks):
    monkeypatch.setenv("TORCHLINT_NO_FORK", "" if forks else "1")
    for name, (source, _) in ALL_HOSTILE.items():
        text = NET.format(name="Net", inside="pass") + source + "\n"
        (tmp_path / f"{name}.py").write_text(text)
    (tmp_path / "hangs.py").write_text(NET.format(name="Net", inside="while True: pass"))
    (tmp_path / "good.py").write_text(NET.format(name="Good", inside="pass"))
    (tmp_path / "last.py").write_text(NET.format(name="Last", inside="pass"))
    before = sorted(path.name for path in tmp_path.iterdir())
    done = torchlint(tmp_path, "--verify", "--verify-timeout", "6", "--no-cache", "--output-format", "json")
    assert done.returncode == 1
    found = {one["path"]: one["verdict"] for one in json.loads(done.stdout)["findings"]}
    for name, (_, reason) in ALL_HOSTILE.items():
        if name == "writes" and not forks:  # there is nothing open that it could write to
            continue
        assert (found[f"{name}.py"]["status"], name) == ("unverified", name)
        assert reason in found[f"{name}.py"]["reason"]
    assert found["hangs.py"]["status"] == "unverified"
    assert found["good.py"]["status"] == found["last.py"]["status"] == "confirmed"
    assert sorted({path.name for path in tmp_path.iterdir()} - {".torchlint_cache"}) == before
    own = str(tmp_path).encode()
    left = [path for path in Path("/proc").glob("[0-9]*/environ") if own in contents(path)]
    assert left == []


def contents(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
