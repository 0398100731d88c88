"""`torchlint check` over the stand-in: options, streams, exit codes."""

from __future__ import annotations

import json

import pytest

BAD = "class Net:\n    x = BAD\n"


def test_findings_give_exit_code_1_and_go_to_stdout(run, project):
    (project / "a.py").write_text(BAD)
    result = run("a.py")
    assert result.exit_code == 1
    assert result.stderr == ""
    assert result.stdout == (
        "a.py:2:9: TL101 BAD é\n"
        "  |\n"
        "2 |     x = BAD\n"
        "  |         ^^^\n"
        "\n"
        "Found 1 finding in 1 file (checked 1 file).\n"
    )


@pytest.mark.parametrize("arguments", [["check", "a.py"], ["--isolated", "a.py"], [], ["."], ["check"]])
def test_check_is_the_default_command_and_the_working_directory_the_default_path(run, project, arguments):
    (project / "a.py").write_text(BAD)
    result = run(*arguments)
    assert result.exit_code == 1
    assert "Found 1 finding" in result.stdout


def test_a_file_called_check(run, project):
    (project / "check").write_text(BAD)
    assert run("./check").exit_code == 1
    assert run("check", "check").exit_code == 1


def test_clean(run, project):
    (project / "a.py").write_text("")
    result = run("a.py")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "All checks passed!\n", "")
    result = run("-q", "a.py")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")


def test_no_files(run):
    result = run(".")
    assert result.exit_code == 0
    assert result.stdout == ""
    assert result.stderr == "warning: no Python files found\n"


def test_exit_zero_forgives_findings_but_not_errors(run, project):
    (project / "a.py").write_text(BAD)
    assert run("--exit-zero", "a.py").exit_code == 0
    assert run("--exit-zero", "a.py", "missing.py").exit_code == 2


def test_errors_win_over_findings_and_the_findings_are_still_printed(run, project):
    (project / "a.py").write_text(BAD)
    result = run("--output-format", "concise", "missing.py", "a.py")
    assert result.exit_code == 2
    assert result.stdout == ("a.py:2:9: TL101 BAD é\nFound 1 finding in 1 file (checked 1 file, 1 error).\n")
    assert result.stderr == "error: missing.py: no such file or directory\n"


def test_only_errors(run):
    result = run("missing.py")
    assert result.exit_code == 2
    assert result.stdout == "Found no findings (checked 0 files, 1 error).\n"


def test_quiet_keeps_findings_and_errors(run, project):
    (project / "a.py").write_text(BAD)
    result = run("-q", "--output-format", "concise", "a.py", "missing.py")
    assert result.stdout == "a.py:2:9: TL101 BAD é\n"
    assert result.stderr == "error: missing.py: no such file or directory\n"


def test_statistics_take_the_place_of_the_findings(run, project):
    (project / "a.py").write_text("BAD\nWORSE\nBAD\n")
    result = run("--statistics", "a.py")
    assert result.exit_code == 1
    assert result.stdout == (
        "2  TL101  unregistered-buffer\n"
        "1  TL102  unregistered-parameter\n"
        "Found 3 findings in 1 file (checked 1 file).\n"
    )


def test_json_is_one_object_on_stdout_and_errors_are_on_stderr_as_well(run, project):
    (project / "é.py").write_text(BAD)
    result = run("--output-format", "json", "é.py", "missing.py")
    assert result.exit_code == 2
    assert result.stdout.isascii()
    report = json.loads(result.stdout)
    assert report["schema"] == 1
    assert [finding["path"] for finding in report["findings"]] == ["é.py"]
    assert report["errors"] == [{"path": "missing.py", "message": "no such file or directory"}]
    assert result.stderr == "error: missing.py: no such file or directory\n"


def test_json_of_nothing(run):
    report = json.loads(run("--output-format", "json").stdout)
    assert (report["files"], report["findings"], report["errors"]) == (0, [], [])


@pytest.mark.parametrize(
    "arguments", [["-"], ["-", "--stdin-filename", "net.py"], ["--stdin-filename", "net.py"]]
)
def test_standard_input(run, arguments):
    result = run(*arguments, stdin=BAD.encode())
    name = "net.py" if len(arguments) > 1 else "-"
    assert result.exit_code == 1
    assert result.stdout.startswith(f"{name}:2:9: TL101")
    assert "2 |     x = BAD\n  |         ^^^\n" in result.stdout


def test_the_excerpt_of_standard_input_is_not_read_from_the_disk(run, project):
    (project / "net.py").write_text("something else\n" * 3)
    assert "2 |     x = BAD\n" in run("-", "--stdin-filename", "net.py", stdin=BAD.encode()).stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--no-such-option"], "--no-such-option"),
        (["--output-format", "xml"], "xml"),
        (["--isolated", "--config", "x.toml"], "contradict"),
        (["-q", "-v"], "contradict"),
        (["--select", ""], "--select names no rule"),
        (["--select", " , "], "--select names no rule"),
        (["--statistics", "--output-format", "json"], "--statistics"),
        (["-", "a.py"], "standard input"),
        (["a.py", "--stdin-filename", "b.py"], "standard input"),
    ],
)
def test_bad_options(run, arguments, message):
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stdout == ""


def test_an_unknown_code_is_an_error_with_the_option(run, project):
    result = run("--select", "TL1,XX9", ".")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: command line: `--select`")
    assert "XX9" in result.stderr


def test_codes_are_separated_by_commas_repeated_and_in_any_case(run, project):
    (project / "a.py").write_text("")
    assert run("--select", "tl101, TL102,", "--select", "ALL", "--ignore", "Tl1", "a.py").exit_code == 0


def test_a_broken_configuration_is_one_error(run, project):
    (project / "a.py").write_text(BAD)
    (project / "torchlint.toml").write_text("select = 3\n")
    for arguments in (["a.py"], ["--config", "torchlint.toml", "a.py"]):
        result = run(*arguments)
        assert result.exit_code == 2
        assert result.stderr.count("error: ") == 1
        assert "torchlint.toml" in result.stderr
        assert "select" in result.stderr
    assert run("--isolated", "a.py").exit_code == 1
    assert run("--config", "missing.toml", "a.py").exit_code == 2


def test_a_broken_configuration_in_json(run, project):
    (project / "torchlint.toml").write_text("=")
    report = json.loads(run("--output-format", "json", "--config", "torchlint.toml").stdout)
    assert len(report["errors"]) == 1


def test_verbose_tells_on_stderr(run, project):
    (project / "a.py").write_text("")
    result = run("-v", "a.py")
    assert "Configuration: none" in result.stderr
    assert "Checked 1 file in " in result.stderr
    (project / "torchlint.toml").write_text("")
    result = run("-v", "a.py", ".")
    assert result.stderr.count("Configuration: ") == 1
    assert f"Configuration: {project / 'torchlint.toml'}\n" in result.stderr
    assert result.stdout == "All checks passed!\n"


def test_a_defect_is_exit_code_2_and_asks_for_a_report(run, project):
    (project / "a.py").write_text("CRASH")
    result = run("a.py")
    assert result.exit_code == 2
    assert "RuntimeError: a defect" in result.stderr
    assert "please report" in result.stderr


def test_an_interruption_is_exit_code_2_without_a_traceback(run, project):
    (project / "a.py").write_text("INTERRUPT")
    result = run("a.py")
    assert result.exit_code == 2
    assert result.stderr == "error: interrupted\n"


@pytest.mark.parametrize(
    ("choice", "variables", "colored"),
    [
        ("auto", {}, False),
        ("auto", {"FORCE_COLOR": "1"}, True),
        ("auto", {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ("auto", {"NO_COLOR": ""}, False),
        ("always", {"NO_COLOR": "1"}, True),
        ("never", {"FORCE_COLOR": "1"}, False),
    ],
)
def test_color(run, project, monkeypatch, choice, variables, colored):
    (project / "a.py").write_text(BAD)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    result = run("--color", choice, "a.py", "missing.py")
    assert ("\x1b[" in result.stdout) is colored
    assert ("\x1b[" in result.stderr) is colored
