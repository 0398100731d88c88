"""`torchlint --fix --verify` on real files: torch sees each class as it was and as it is to be."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAD = "import torch\nfrom torch import nn\n\n\n"
GOOD = (
    HEAD
    + """class Good(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = torch.zeros(2)
        self.noise = torch.randn(2)
        self.linear = nn.Linear(2, 2)

    def forward(self, x):
        return self.linear(x + self.table) * self.noise
"""
)
CONTAINERS = (
    HEAD
    + """class Inner(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(2, 2)
        self.shift = torch.ones(2)


class Containers(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = [Inner() for _ in range(2)]
        self.heads = {"a": nn.Linear(2, 2)}
        self.gains = [nn.Parameter(torch.randn(3)) for _ in range(2)]
        self.scale = nn.Parameter(torch.randn(3)) * 0.1
        self.rate = torch.randn(3, requires_grad=True)
        self.parts = [nn.Linear(2, 2), nn.Linear(2, 2)]

    def forward(self, x):
        return x
"""
)
UNBUILDABLE = (
    HEAD
    + """class Unbuildable(nn.Module):
    def __init__(self, secret):
        super().__init__()
        self.x = torch.zeros(2)
        if not isinstance(secret, frozenset):
            raise RuntimeError("never")
"""
)
COUNTED = """from torch import nn


class Counted(nn.Module):
    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        init = cls.__init__

        def counting(self, *args, **kwargs):
            init(self, *args, **kwargs)
            self.size = len(list(self.buffers()))

        cls.__init__ = counting
"""
BAD = """import torch

from .counted import Counted


class Bad(Counted):
    def __init__(self):
        super().__init__()
        self.x = torch.zeros(2)


class Neighbour(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.y = torch.zeros(2)
"""


def torchlint(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "torchlint", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", check=False)


def written(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    return folder


def proved(folder: Path, *arguments: str, code: int = 0) -> tuple[dict[str, str], dict]:
    """The status of the proof of each fix by its attribute, and the whole report."""
    done = torchlint(folder, "--fix", "--verify", "--output-format", "json", *arguments)
    assert "Traceback" not in done.stderr
    assert done.returncode == code, (done.stdout, done.stderr)
    report = json.loads(done.stdout)
    return {one["attribute"]: one["proof"]["status"] for one in report["fixed"]}, report


def test_buffers_are_proved(tmp_path):
    written(tmp_path, good=GOOD)
    found, report = proved(tmp_path)
    assert found == {"table": "proved", "noise": "proved"}
    assert [one["proof"]["reason"] for one in report["fixed"]] == [
        "in `Good()` torch keeps it as a buffer that is not saved, and all other state is the same",
        "in `Good()` torch keeps it as a buffer, and all other state is the same",
    ]
    text = (tmp_path / "good.py").read_text()
    assert 'self.register_buffer("table", torch.zeros(2), persistent=False)' in text
    assert 'self.register_buffer("noise", torch.randn(2))' in text
    assert not list(tmp_path.rglob("*.pyc"))


TELLING = """import os
import sys

with open(os.environ["TOLD"], "a") as told:
    told.write(f"{os.getppid()} {'torch._dynamo' in sys.modules}\\n")


"""


def test_all_stages_have_one_server_and_no_compiler(tmp_path, monkeypatch):
    monkeypatch.setenv("TOLD", str(tmp_path / "told"))
    written(tmp_path, good=TELLING + GOOD, net=TELLING + UNBUILDABLE)
    assert proved(tmp_path)[0] == {"table": "proved", "noise": "proved", "x": "unproven"}
    told = [line.split() for line in (tmp_path / "told").read_text().splitlines()]
    assert len(told) == 7  # two classes before and after all, one three times for the proof
    assert {compiler for _, compiler in told} == {"False"}
    assert len({server for server, _ in told}) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there are no forks anyway")
def test_without_forks(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCHLINT_NO_FORK", "1")
    monkeypatch.setenv("TOLD", str(tmp_path / "told"))
    written(tmp_path, good=TELLING + GOOD, net=CONTAINERS)
    found, report = proved(tmp_path, "--unsafe-fixes")
    assert set(found.values()) == {"proved"}, report["fixed"]
    assert report["findings"] == []


def test_containers_and_parameters_are_proved(tmp_path):
    written(tmp_path, net=CONTAINERS)
    found, report = proved(tmp_path, "--unsafe-fixes")
    assert set(found) == {"layers", "heads", "parts", "gains", "scale", "rate", "shift"}
    assert set(found.values()) == {"proved"}, report["fixed"]
    text = (tmp_path / "net.py").read_text()
    assert "self.layers = nn.ModuleList([Inner() for _ in range(2)])" in text
    assert report["findings"] == []


def test_what_cannot_be_built_is_fixed_and_said_to_be_unproven(tmp_path):
    written(tmp_path, net=UNBUILDABLE, good=GOOD)
    done = torchlint(tmp_path, "--fix", "--verify", "--show-fixes", ".")
    assert done.returncode == 0, done.stderr
    assert "Unbuildable.x is unproven: no arguments were found that build it" in done.stdout
    assert "Good.table is proved: in `Good()` torch keeps it" in done.stdout
    assert "\nProved: 2 fixes; 1 unproven.\n" in done.stdout
    assert "register_buffer" in (tmp_path / "net.py").read_text()


def test_a_disproved_fix_leaves_its_file_and_no_other(tmp_path):
    package = tmp_path / "pkg"
    package.mkdir()
    written(package, __init__="", counted=COUNTED, bad=BAD, good=GOOD, net=UNBUILDABLE)
    (package / "bad.py").write_bytes(BAD.replace("\n", "\r\n").encode())
    before = (package / "bad.py").read_bytes()
    done = torchlint(tmp_path, "--fix", "--verify", "--unsafe-fixes", "--output-format", "json", ".")
    assert done.returncode == 1
    assert (package / "bad.py").read_bytes() == before
    assert "register_buffer" in (package / "good.py").read_text()
    assert "register_buffer" in (package / "net.py").read_text()
    assert sorted(path.name for path in package.iterdir()) == [
        "__init__.py",
        "bad.py",
        "counted.py",
        "good.py",
        "net.py",
    ]
    report = json.loads(done.stdout)
    assert {one["attribute"] for one in report["fixed"]} == {"table", "noise", "x"}
    reasons = {one["attribute"]: one["unfixable"] for one in report["findings"]}
    assert reasons == {
        "x": "torch disproves its fix: in `Bad()` `size` is 1 after it, and 0 without",
        "y": "torch disproves the fix of `x` in the same file",
    }
    assert {one["verdict"]["status"] for one in report["findings"]} == {"confirmed"}
    assert all(one["fix"] is None for one in report["findings"])
    warning = "TL101 of x in Bad is left as it was: torch disproves its fix: in `Bad()` `size` is 1 after it"
    assert warning in done.stderr
    again = torchlint(tmp_path, "--fix", "--unsafe-fixes", "pkg/bad.py")  # without --verify nobody sees it
    assert (again.returncode, (package / "bad.py").read_bytes() == before) == (0, False)


DISPROVED = {
    "a tensor of another size": (
        "def finish(net): net.sizes = torch.zeros(len(list(net.buffers())) + 1)",
        "`sizes` has another value after it",
    ),
    "another random number": (
        "def finish(net): net.buffered = nn.Linear(2, 2) if list(net.buffers()) else nn.Linear(2, 3)",
        "`buffered.weight` has another value after it",
    ),
    "a further key": (
        "def finish(net):\n    for name, value in list(net.named_buffers()):\n"
        "        net.register_buffer('copy_of_' + name, value.clone())",
        "the `state_dict` gains the key `copy_of_x` as well",
    ),
    "taken away": (
        "def finish(net):\n    for name, value in list(net.named_buffers()):\n"
        "        delattr(net, name)\n        object.__setattr__(net, name, value)",
        "torch keeps `x` as a plain attribute after it",
    ),
    "a crash": (
        "import ctypes\n\ndef finish(net):\n    if list(net.buffers()): ctypes.string_at(0)",
        "with `Net()` it crashed (SIGSEGV) after it",
    ),
    "an end": (
        "import sys\n\ndef finish(net):\n    if list(net.buffers()): sys.exit('no buffers')",
        "`Net()` raises SystemExit: 'no buffers' after it",
    ),
    "refused": (
        "def finish(net):\n    if list(net.buffers()): raise ValueError('no buffers')",
        "`Net()` raises ValueError: no buffers after it",
    ),
}


@pytest.mark.parametrize("case", DISPROVED)
def test_what_disproves_a_fix(tmp_path, case):
    finish, reason = DISPROVED[case]
    net = HEAD.replace("\n\n\n", "\nfrom finishing import finish\n\n\n") + (
        "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.x = torch.zeros(2)\n        finish(self)\n"
    )
    written(tmp_path, net=net, finishing=HEAD + finish + "\n")
    found, report = proved(tmp_path, "net.py", "--unsafe-fixes", "--persistent", "always", code=1)
    assert found == {}
    assert reason in next(one["unfixable"] for one in report["findings"] if one["attribute"] == "x")
    assert (tmp_path / "net.py").read_text() == net


def test_what_a_part_does_to_the_whole(tmp_path):
    whole = "import part\nfrom torch import nn\n\n\n" + (
        "class Whole(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.part = part.Good()\n        self.size = len(list(self.buffers()))\n"
    )
    written(tmp_path, part=GOOD, whole=whole)
    found, report = proved(tmp_path, code=1)
    assert found == {}
    assert "in `Whole()` `size` is 2 after it" in report["findings"][0]["unfixable"]
    assert (tmp_path / "part.py").read_text() == GOOD


FORWARD = (
    HEAD
    + """class Net(nn.Module):
    def __init__(self, secret):
        super().__init__()
        assert secret == "sesame"
        self.x = torch.ones(2)

    def forward(self, x):
        return x * self.x%s
"""
)


@pytest.mark.parametrize("good", [True, False])
def test_what_forward_returns_where_its_inputs_are_known(tmp_path, good):
    text = FORWARD % ("" if good else " + len(vars(self)['_buffers'])")
    written(tmp_path, net=text)
    (tmp_path / "pyproject.toml").write_text(
        "[tool.torchlint.verify.build]\n"
        '"net.py:Net" = { call = "Net(\'sesame\')", inputs = "torch.randn(3, 2)" }\n'
    )
    found, report = proved(tmp_path, "--unsafe-fixes", code=0 if good else 1)
    if good:
        assert found == {"x": "proved"}
        assert report["fixed"][0]["proof"]["reason"].endswith("and so is what `forward` returns")
    else:
        assert "`forward` returns something else after it" in report["findings"][0]["unfixable"]
        assert (tmp_path / "net.py").read_text() == text


def test_what_differs_each_time_is_left_out_of_the_proof(tmp_path):
    text = GOOD.replace(
        "        self.linear", "        self.born = time.perf_counter_ns()\n        self.linear"
    )
    written(tmp_path, net="import time\n\n" + text)
    found, report = proved(tmp_path)
    assert set(found.values()) == {"proved"}
    assert report["fixed"][1]["proof"]["reason"] == (
        "in `Good()` torch keeps it as a buffer, the `state_dict` has the keys that it should, and what is the same "
        "each time still is (not `born`, which differs from one time to the next, under the same seed too)"
    )


def test_keys_that_differ_each_time_prove_nothing(tmp_path):
    text = GOOD.replace(
        "        self.linear",
        "        setattr(self, f'a{time.perf_counter_ns()}', nn.Linear(1, 1))\n        self.linear",
    )
    written(tmp_path, net="import time\n\n" + text)
    found, report = proved(tmp_path)
    assert set(found.values()) == {"unproven"}
    assert "the `state_dict` has not the same keys each time" in report["fixed"][0]["proof"]["reason"]


def test_what_takes_too_long_after_its_fix_is_unproven(tmp_path):
    finish = "def finish(net):\n    while list(net.buffers()): pass\n"
    net = HEAD.replace("\n\n\n", "\nfrom finishing import finish\n\n\n") + (
        "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.x = torch.zeros(2)\n        finish(self)\n"
    )
    written(tmp_path, net=net, finishing=finish)
    found, report = proved(tmp_path, "net.py", "--unsafe-fixes", "--verify-timeout", "5")
    assert found == {"x": "unproven"}
    assert report["fixed"][0]["proof"]["reason"].startswith("it takes longer than ")


def test_what_was_never_initialised_is_no_difference(tmp_path):
    text = GOOD.replace("self.linear = nn.Linear(2, 2)", "self.linear = nn.Parameter(torch.empty(400))")
    written(tmp_path, net=text)
    assert set(proved(tmp_path)[0].values()) == {"proved"}


def test_what_torch_refutes_is_not_fixed(tmp_path):
    finish = (
        "for name in list(vars(net)):\n        if name == 'x': net.register_buffer('x', vars(net).pop('x'))"
    )
    net = HEAD.replace("\n\n\n", "\nfrom finishing import finish\n\n\n") + (
        "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.x = torch.zeros(2)\n        finish(self)\n"
    )
    written(tmp_path, net=net, finishing=f"def finish(net):\n    {finish}\n")
    found, report = proved(tmp_path, "net.py")  # what is refuted does not count
    assert found == {}
    assert [one["verdict"]["status"] for one in report["findings"]] == ["refuted"]
    assert (tmp_path / "net.py").read_text() == net


def test_fix_only(tmp_path):
    package = tmp_path / "pkg"
    package.mkdir()
    written(package, __init__="", counted=COUNTED, bad=BAD, good=GOOD)
    done = torchlint(tmp_path, "--fix-only", "--verify", "--unsafe-fixes", ".")
    assert done.returncode == 0
    assert done.stdout == "Fixed 2 findings in 1 file (checked 4 files).\nProved: 2 fixes; 0 unproven.\n"
    assert (package / "bad.py").read_text() == BAD


def test_a_comment_has_no_proof(tmp_path):
    written(tmp_path, net=GOOD.replace("nn.Linear(2, 2)", "nn.Linear(2, 2)  # noqa: TL105"))
    done = torchlint(tmp_path, "--fix", "--verify", "--show-fixes", "--extend-select", "TL901", ".")
    assert "Found 3 findings (3 fixed, 0 remaining)" in done.stdout
    assert "\nProved: 2 fixes; 0 unproven.\n" in done.stdout
    assert "comment" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--diff", "--verify"), "--verify does not go with --diff"),
        (("--fix", "--verify", "-"), "--verify runs files, not `-`"),
    ],
)
def test_contradictions(tmp_path, arguments, message):
    done = torchlint(tmp_path, *arguments)
    assert done.returncode == 2
    assert message in done.stderr


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everything")
def test_a_file_that_may_not_be_written(tmp_path):
    written(tmp_path, net=GOOD)
    (tmp_path / "net.py").chmod(0o444)
    done = torchlint(tmp_path, "--fix", "--verify", ".")
    assert done.returncode == 2
    assert (tmp_path / "net.py").read_text() == GOOD


def test_source_lines_are_those_of_the_new_text(tmp_path):
    text = "import inspect\n\n" + GOOD.replace(
        "        self.noise = torch.randn(2)\n", "        self.a, self.b = torch.zeros(2), torch.ones(2)\n"
    ).replace("* self.noise", "* self.a").replace(
        "        self.linear", "        self.source = inspect.getsource(last)\n        self.linear"
    )
    written(tmp_path, net=text + "\n\ndef last():\n    return 'é'\n")
    found, report = proved(tmp_path)
    assert found == {"table": "proved", "a": "proved", "b": "proved"}, report["findings"]
    new = (tmp_path / "net.py").read_text().splitlines()
    assert new.index("def last():") != text.count("\n") + 2  # the fixes have moved it
