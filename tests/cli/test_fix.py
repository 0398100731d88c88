"""Fixing over the stand-in: options, streams, exit codes."""

from __future__ import annotations

import json
import os

import pytest

TEXT = "a = GOES\r\nb = RISKY\nc = BAD\n"
FIXED = TEXT.replace("GOES", "GONE").encode()


@pytest.fixture
def file(project):
    (project / "a.py").write_bytes(TEXT.encode())
    return project / "a.py"


def test_without_fix_findings_are_marked_and_nothing_is_written(run, file):
    result = run("--output-format", "concise", "a.py")
    assert result.exit_code == 1
    assert result.stdout == (
        "a.py:1:5: TL101 [*] GOES é\na.py:2:5: TL101 RISKY é\na.py:3:5: TL101 BAD é\n"
        "Found 3 findings in 1 file (checked 1 file).\n"
        "[*] 1 fixable with `--fix` (1 more with `--unsafe-fixes`).\n"
    )
    assert file.read_bytes() == TEXT.encode()
    result = run("--unsafe-fixes", "--output-format", "concise", "a.py")
    assert result.stdout.count("[*]") == 3
    assert result.stdout.endswith("[*] 2 fixable with `--fix`.\n")
    assert file.read_bytes() == TEXT.encode()


def test_fix(run, file):
    result = run("--fix", "--output-format", "concise", "a.py")
    assert (result.exit_code, result.stderr) == (1, "")
    assert result.stdout == (
        "a.py:2:5: TL101 RISKY é\na.py:3:5: TL101 BAD é\n"
        "Found 3 findings (1 fixed, 2 remaining) in 1 file (checked 1 file).\n"
        "1 fixable with `--fix --unsafe-fixes`.\n"
    )
    assert file.read_bytes() == FIXED
    assert os.listdir(file.parent) == ["a.py"]
    result = run("--fix", "-q", "--output-format", "concise", "a.py")
    assert (result.exit_code, result.stdout.count("TL101")) == (1, 2)
    assert file.read_bytes() == FIXED


def test_fix_all(run, project):
    (project / "a.py").write_text("GOES; RISKY\n")
    result = run("--fix", "--unsafe-fixes", ".")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "Found 2 findings (2 fixed, 0 remaining) in 1 file (checked 1 file).\n"
    assert (project / "a.py").read_text() == "GONE; GONE\n"
    assert run("--fix", ".").stdout == "All checks passed!\n"
    assert run("--fix", ".").exit_code == 0


def test_the_excerpts_show_the_fixed_text(run, project):
    (project / "a.py").write_text("GOES; BAD\n")
    assert "1 | GONE; BAD\n  |       ^^^\n" in run("--fix", "a.py").stdout


def test_fix_only_tells_nothing_of_what_remains(run, file):
    result = run("--fix-only", "a.py")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "Fixed 1 finding in 1 file (checked 1 file).\n"
    assert file.read_bytes() == FIXED
    assert run("--fix-only", "a.py").stdout == "Fixed no findings (checked 1 file).\n"
    assert run("--fix-only", "a.py", "missing.py").exit_code == 2


def test_show_fixes(run, file):
    result = run("--fix-only", "--show-fixes", ".")
    assert result.stdout == (
        "Fixed 1 finding:\n- a.py:\n    1 × TL101 (unregistered-buffer): Net.goes\n"
        "Fixed 1 finding in 1 file (checked 1 file).\n"
    )
    assert "Fixed" not in run("--fix", "--show-fixes", "a.py").stdout


def test_exit_zero(run, file):
    assert run("--fix", "--exit-zero", "a.py").exit_code == 0
    assert file.read_bytes() == FIXED


def test_statistics_are_of_what_remains(run, file):
    result = run("--fix", "--statistics", "a.py")
    assert result.stdout.startswith("2  TL101  unregistered-buffer\nFound 3 findings (1 fixed, 2 remaining)")


def test_json(run, file):
    result = run("--fix", "--output-format", "json", "a.py")
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert report["schema"] == 1
    assert [finding["attribute"] for finding in report["findings"]] == ["risky", "x"]
    assert report["fixed"] == [{"path": "a.py", "code": "TL101", "class": "Net", "attribute": "goes"}]
    assert report["findings"][0]["fix"] == {
        "applicability": "unsafe",
        "message": "Do it",
        "edits": [{"line": 2, "column": 5, "end_line": 2, "end_column": 10, "content": "GONE"}],
    }
    report = json.loads(run("--fix-only", "--output-format", "json", "a.py").stdout)
    assert (report["findings"], report["fixed"]) == ([], [])


def test_a_fix_that_fails_is_a_warning_and_the_reason_stands_at_the_finding(run, project):
    (project / "a.py").write_text("STAYS\nGOES\n")
    result = run("--fix", "a.py")
    assert result.exit_code == 1
    assert (project / "a.py").read_text() == "STAYS\nGONE\n"
    assert result.stderr == (
        "warning: a.py: TL101 of stays in Net is left as it was: its fix did not remove it\n"
    )
    assert "  = no fix: its fix did not remove it\n" in result.stdout
    assert "fixable" not in result.stdout


# -- the diff --------------------------------------------------------------------------------------------


def test_diff_writes_nothing_and_is_alone_on_stdout(run, file):
    result = run("--diff", "a.py")
    assert result.exit_code == 1
    assert result.stdout_bytes == (
        b"--- a/a.py\n+++ b/a.py\n@@ -1,3 +1,3 @@\n-a = GOES\r\n+a = GONE\r\n b = RISKY\n c = BAD\n"
    )
    assert result.stderr == "Would fix 1 finding in 1 file (2 would remain; checked 1 file).\n"
    assert file.read_bytes() == TEXT.encode()
    assert run("--diff", "--fix", "a.py").stdout_bytes == result.stdout_bytes
    assert file.read_bytes() == TEXT.encode()


@pytest.mark.parametrize(
    ("text", "options", "code"),
    [
        ("GOES", (), 1),
        ("GOES", ("--fix-only",), 1),
        ("GOES", ("--exit-zero",), 0),
        ("BAD", (), 1),
        ("BAD", ("--fix-only",), 0),
        ("RISKY", ("--fix-only",), 0),
        ("RISKY", ("--fix-only", "--unsafe-fixes"), 1),
        ("", (), 0),
        ("GOES", ("missing.py",), 2),
    ],
)
def test_the_exit_code_of_diff(run, project, text, options, code):
    (project / "a.py").write_text(text)
    result = run("--diff", "a.py", *options)
    assert result.exit_code == code
    assert bool(result.stdout) == (text == "GOES" or "--unsafe-fixes" in options)
    assert (project / "a.py").read_text() == text


def test_diff_with_a_list_or_quietly(run, file):
    result = run("--diff", "--show-fixes", "a.py")
    assert result.stderr.startswith("Would fix 1 finding:\n- a.py:\n    1 × TL101")
    assert run("--diff", "-q", "a.py").stderr == ""


# -- standard input --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options", [("-",), ("--stdin-filename", "net.py"), ("--stdin-filename", "net.py", "-")]
)
def test_stdin_is_fixed_to_stdout(run, project, options):
    result = run("--fix", "--output-format", "concise", *options, stdin=TEXT.encode())
    name = "-" if options == ("-",) else "net.py"
    assert result.exit_code == 1
    assert result.stdout_bytes == FIXED
    assert result.stderr == (
        f"{name}:2:5: TL101 RISKY é\n{name}:3:5: TL101 BAD é\n"
        "Found 3 findings (1 fixed, 2 remaining) in 1 file (checked 1 file).\n"
        "1 fixable with `--fix --unsafe-fixes`.\n"
    )
    assert os.listdir(project) == []


def test_stdin_beside_a_file_of_that_name(run, file):
    result = run("--fix", "--stdin-filename", "a.py", stdin=b"GOES # other")
    assert (result.exit_code, result.stdout_bytes) == (0, b"GONE # other")
    assert file.read_bytes() == TEXT.encode()


def test_stdin_in_json_goes_to_stderr(run):
    result = run("--fix", "--output-format", "json", "-", stdin=b"GOES; BAD")
    assert result.stdout_bytes == b"GONE; BAD"
    assert json.loads(result.stderr)["fixed"][0]["attribute"] == "goes"


def test_the_excerpt_of_stdin_is_the_fixed_text(run):
    assert "1 | GONE; BAD\n  |       ^^^\n" in run("--fix", "-", stdin=b"GOES; BAD").stderr


def test_the_diff_of_stdin(run):
    result = run("--diff", "--stdin-filename", "net.py", "-", stdin=b"GOES")
    assert result.stdout_bytes == (
        b"--- a/net.py\n+++ b/net.py\n@@ -1 +1 @@\n-GOES\n\\ No newline at end of file\n"
        b"+GONE\n\\ No newline at end of file\n"
    )


@pytest.mark.parametrize("data", [b"", b"BAD\r\n\r", b"\xef\xbb\xbfx", b"CRASH GOES"])
def test_stdin_that_does_not_change_is_echoed_byte_for_byte(run, data):
    for option in ("--fix", "--fix-only"):
        result = run(option, "-", stdin=data)
        assert result.stdout_bytes == data
    assert result.exit_code == (2 if b"CRASH" in data else 0)


def test_stdin_is_echoed_when_the_configuration_is_broken(run, project):
    (project / "torchlint.toml").write_text("=")
    result = run("--fix", "--config", "torchlint.toml", "-", stdin=b"GOES")
    assert (result.exit_code, result.stdout_bytes) == (2, b"GOES")


# -- configuration ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("configuration", "fixed"),
    [
        ("unsafe-fixes = true", "GONE; GONE"),
        ('extend-safe-fixes = ["TL101"]', "GONE; GONE"),
        ('extend-unsafe-fixes = ["TL101"]', "GOES; RISKY"),
        ('unfixable = ["TL101"]', "GOES; RISKY"),
        ('fixable = ["TL102"]', "GOES; RISKY"),
    ],
)
def test_the_configuration_decides_what_is_fixed(run, project, configuration, fixed):
    (project / "torchlint.toml").write_text(configuration)
    (project / "a.py").write_text("GOES; RISKY")
    marks = run("--output-format", "concise", "a.py").stdout.count("TL101 [*]")
    run("--fix", "a.py")
    assert (project / "a.py").read_text() == fixed
    assert marks == fixed.count("GONE")


def test_no_unsafe_fixes_wins_over_the_configuration(run, project):
    (project / "torchlint.toml").write_text("unsafe-fixes = true")
    (project / "a.py").write_text("GOES; RISKY")
    run("--fix", "--no-unsafe-fixes", "a.py")
    assert (project / "a.py").read_text() == "GONE; RISKY"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--diff", "--output-format", "json"], "--diff"),
        (["--diff", "--statistics"], "--diff"),
        (["--fix-only", "--statistics"], "--fix-only"),
        (["--show-fixes"], "--show-fixes needs"),
        (["--fix", "--show-fixes", "-q"], "contradict"),
        (["--fix", "--show-fixes", "--output-format", "json"], "--show-fixes"),
        (["--persistent", "sometimes"], "sometimes"),
        (["--fix", "-", "a.py"], "standard input"),
    ],
)
def test_contradictions(run, file, arguments, message):
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert file.read_bytes() == TEXT.encode()
