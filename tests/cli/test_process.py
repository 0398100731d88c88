"""What only a process of its own shows: pipes, terminals, odd names, start-up, shell completion."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX")


@posix
@pytest.mark.parametrize("lines", [1, 20_000])
@pytest.mark.parametrize("options", [("--output-format", "concise"), ("--diff", "-q")])
def test_a_reader_that_goes_away(command, project, lines, options):
    (project / "a.py").write_text("BAD\n" * lines + "GOES\n" * (lines // 100 + 1))
    words = [*command, *options, "--exit-zero", "a.py"]
    read, write = os.pipe()
    os.close(read)
    process = subprocess.Popen(words, stdout=write, stderr=subprocess.PIPE)
    os.close(write)
    _, stderr = process.communicate(timeout=60)
    assert stderr == b""
    assert process.returncode == 0


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize("options", [(), ("--diff",)])
def test_output_that_cannot_be_written_is_an_error(command, project, options):
    (project / "a.py").write_text("GOES\n")
    with open("/dev/full", "wb") as full:
        result = subprocess.run([*command, *options, "a.py"], stdout=full, stderr=subprocess.PIPE, timeout=60)
    assert result.returncode == 2
    assert result.stderr.startswith(b"error: cannot write the output: ")
    assert b"Traceback" not in result.stderr


@posix
@pytest.mark.parametrize("form", ["full", "concise", "json"])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_a_file_name_that_is_not_unicode(spawn, project, form, encoding):
    name = b"caf\xff.py"
    try:
        (project / os.fsdecode(name)).write_text("BAD\n")
    except OSError:
        pytest.skip("the file system has only Unicode names")
    result = spawn("--output-format", form, name, PYTHONIOENCODING=encoding)
    assert result.returncode == 1
    assert result.stderr == b""
    assert rb"caf\udcff.py" in result.stdout


def test_a_name_with_control_characters_does_not_steer_the_terminal(spawn, project):
    result = spawn("\x1b[2Jmissing\n.py")
    assert result.returncode == 2
    assert result.stderr == b"error: \\x1b[2Jmissing\\n.py: no such file or directory\n"


@posix
@pytest.mark.parametrize("quiet", [False, True])
def test_a_bar_on_a_terminal_when_the_run_is_long(command, project, quiet):
    import pty

    (project / "a.py").write_text("SLOW\n")
    (project / "b.py").write_text("BAD\n")
    master, slave = pty.openpty()
    options = ["-q"] if quiet else []
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "80"}
    words = [*command, *options, "--output-format", "concise", "a.py", "b.py"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=slave, env=environment)
    os.close(slave)
    drawn = b""
    while True:
        try:
            chunk = os.read(master, 4096)
        except OSError:
            break
        if not chunk:
            break
        drawn += chunk
    stdout, _ = process.communicate(timeout=60)
    os.close(master)
    assert process.returncode == 1
    assert stdout.startswith(b"b.py:1:1: TL101")
    assert (b"Checking" in drawn) is not quiet


def test_no_bar_in_a_pipe(spawn, project):
    (project / "a.py").write_text("SLOW\n")
    (project / "b.py").write_text("")
    assert spawn("a.py", "b.py").stderr == b""


def test_version_imports_nothing_heavy(command):
    code = (
        "import sys; from torchlint.cli import cli\n"
        "try: cli(['--version'], prog_name='torchlint')\n"
        "except SystemExit: pass\n"
        "heavy = {'rich', 'libcst', 'torch', 'asyncio', 'importlib.metadata', 'pathspec', 'json'}\n"
        "sys.exit(str(sorted(heavy & set(sys.modules))) if heavy & set(sys.modules) else 0)"
    )
    bare = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60)
    assert bare.returncode == 0, bare.stderr
    assert bare.stdout.startswith(b"torchlint ")


def test_python_m_torchlint(command):
    result = subprocess.run([sys.executable, "-m", "torchlint", "--help"], capture_output=True, timeout=60)
    assert result.returncode == 0
    assert result.stdout.startswith(b"Usage: torchlint [OPTIONS] [PATH]...")
    assert b"--select" in result.stdout
    assert b"--version" in result.stdout
    options = result.stdout.partition(b"\nOptions:\n")[2].partition(b"\nCommands:\n")[0]
    assert all(line.startswith((b"  -", b"   ")) for line in options.splitlines() if line)


def test_the_completion_script(spawn):
    result = spawn(_TORCHLINT_COMPLETE="bash_source")
    assert result.returncode == 0
    assert b"complete -o nosort -F _torchlint_completion torchlint" in result.stdout


@pytest.mark.parametrize(
    ("words", "index", "expected"),
    [
        ("torchlint ", 1, [b"plain,check", b"plain,rule", b"file,"]),
        ("torchlint --sel", 1, [b"plain,--select"]),
        ("torchlint --vers", 1, [b"plain,--version"]),
        ("torchlint src/ --sel", 2, [b"plain,--select"]),
        ("torchlint src/ --select TL1", 3, [b"plain,TL101", b"plain,TL102"]),
        ("torchlint src/ --select TL101,TL", 3, [b"plain,TL101,TL102"]),
        ("torchlint rule TL", 2, [b"plain,TL101", b"plain,TL102"]),
        ("torchlint src/ ", 2, [b"file,"]),
    ],
)
def test_completion(spawn, words, index, expected):
    result = spawn(_TORCHLINT_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD=str(index))
    assert result.returncode == 0, result.stderr
    for line in expected:
        assert line in result.stdout.splitlines(), result.stdout
