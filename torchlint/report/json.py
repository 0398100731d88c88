"""The JSON format, schema 1: a contract with other programs. A change that could break one is a new schema.

The output is pure ASCII, so no encoding of standard output can break it; a file name that is not Unicode
keeps its undecodable bytes as lone surrogates (U+DC80 to U+DCFF), which `os.fsencode` turns back.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from torchlint import __version__
from torchlint.findings import Edit, FileError, Finding, Fix, Place, Report

SCHEMA = 1


def to_json(report: Report, fixed: Sequence[Finding] | None = None) -> str:
    """The report as one JSON object, without a newline at the end; `fixed` is what a run with `--fix` has fixed."""
    return json.dumps(to_object(report, fixed), indent=2)


def to_object(report: Report, fixed: Sequence[Finding] | None = None) -> dict[str, Any]:
    """The report as plain dictionaries and lists."""
    result = {
        "schema": SCHEMA,
        "version": __version__,
        "files": report.files,
        "findings": [_finding(finding) for finding in report.findings],
        "errors": [_error(error) for error in report.errors],
    }
    if fixed is not None:
        result["fixed"] = [_fixed(finding) for finding in fixed]
    return result


def _finding(finding: Finding) -> dict[str, Any]:
    verdict = finding.verdict
    return {
        "code": finding.code,
        "name": finding.name,
        "path": finding.path,
        **_place(finding.place),
        "class": finding.class_name,
        "method": finding.method,
        "attribute": finding.attribute,
        "message": finding.message,
        "fix": None if finding.fix is None else _fix(finding.fix),
        "unfixable": finding.unfixable,
        "verdict": None if verdict is None else asdict(verdict),
    }


def _fixed(finding: Finding) -> dict[str, Any]:
    """A finding that is gone: it has no place any more."""
    gone: dict[str, Any] = {
        "path": finding.path,
        "code": finding.code,
        "class": finding.class_name,
        "attribute": finding.attribute,
    }
    if finding.proof is not None:
        gone["proof"] = asdict(finding.proof)
    return gone


def _fix(fix: Fix) -> dict[str, Any]:
    return {
        "applicability": fix.applicability,
        "message": fix.message,
        "edits": [_edit(edit) for edit in fix.edits],
    }


def _edit(edit: Edit) -> dict[str, Any]:
    return {**_place(edit.place), "content": edit.content}


def _place(place: Place) -> dict[str, Any]:
    return {
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line,
        "end_column": place.end_column,
    }


def _error(error: FileError) -> dict[str, Any]:
    return {"path": error.path, "message": error.message}
