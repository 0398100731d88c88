"""The loop: apply fixes, check again, until nothing is left to apply. All in memory.

The engine knows no rules. It takes nothing on trust: a file whose new text does not parse, cannot be checked, or
still has the findings that were to go, gets its old text back, and its fixes are tried in smaller and smaller parts.
"""

from __future__ import annotations

import ast
import os
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from torchlint.files.source import SourceError, SourceFile, decode, encode, split_lines
from torchlint.findings import FileError, Finding
from torchlint.fixes.choose import Choice, choose, merged
from torchlint.fixes.edits import apply_edits
from torchlint.fixes.model import Change, Check, Checked, Fixed, Undone

MAX_ROUNDS = 100

_STILL_THERE = "its fix did not remove it"
_NO_PYTHON = "its fix gave text that does not parse"
_NOT_CHECKED = "its fix gave a file that cannot be checked"
_MISPLACED = "its edits do not fit the file"

_Key: TypeAlias = tuple[str | None, ...]


def fix(
    files: Sequence[str], check: Check, applies: Callable[[Finding], bool], *, rounds: int = MAX_ROUNDS
) -> Fixed:
    """Fix the files (paths as displayed) as far as it goes. Nothing is written.

    `check` checks files, `applies` tells whether a finding's fix is to be applied. What the outcome says of findings
    holds for the new texts.
    """
    loop = _Loop(files, check, applies)
    errors = loop.run(rounds)
    return loop.outcome(errors)


class _Loop:
    """The texts as they stand, and what was found in them."""

    def __init__(self, files: Sequence[str], check: Check, applies: Callable[[Finding], bool]) -> None:
        self.files = tuple(files)
        self.check = check
        self.applies = applies
        self.findings: dict[str, tuple[Finding, ...]] = {}
        self.errors: dict[str, tuple[FileError, ...]] = {}
        self.sources: dict[str, SourceFile] = {}
        self.before: dict[str, tuple[bytes, tuple[Finding, ...]]] = {}
        self.contents: dict[str, bytes] = {}
        """The new bytes of each changed file."""
        self.fixed: dict[str, list[Finding]] = {}
        self.undone: dict[str, dict[_Key, Undone]] = {}
        self.given_up: dict[str, FileError] = {}
        """Files that cannot be rewritten at all."""

    def run(self, rounds: int) -> tuple[FileError, ...]:
        """Apply what there is to apply. An error for each file that would not come to rest."""
        self._look(self.files)
        complete = True
        for _ in range(rounds):
            plan = self._plan()
            if not plan and not complete:  # a change may tell on files that were left alone so far
                self._look(self.files)
                complete = True
                plan = self._plan()
            if not plan:
                return ()
            self._round(plan)
            complete = False
        self._look(self.files)
        message = f"the fixes did not come to an end after {rounds} rounds; the file is left as they made it"
        return tuple(FileError(path, message) for path in self._plan())

    def outcome(self, errors: Iterable[FileError]) -> Fixed:
        """What has been reached."""
        findings = [self._marked(path, finding) for path in self.files for finding in self.findings[path]]
        findings.sort(key=lambda finding: (finding.path, finding.place, finding.code))
        changes = tuple(
            Change(path, before, self.contents[path], found)
            for path in self.files
            for before, found in (self.before.get(path, (b"", ())),)
            if path in self.contents and self.contents[path] != before
        )
        known = [error for path in self.files for error in self.errors[path]]
        return Fixed(
            tuple(findings),
            (*known, *self.given_up.values(), *errors),
            tuple(finding for path in self.files for finding in self.fixed.get(path, ())),
            tuple(undone for path in self.files for undone in self.undone.get(path, {}).values()),
            changes,
        )

    def _plan(self) -> dict[str, tuple[Choice, ...]]:
        """The fixes to apply now, by file."""
        chosen = ((path, choose(self._candidates(path))) for path in self.files)
        return {path: choices for path, choices in chosen if choices}

    def _candidates(self, path: str) -> list[Finding]:
        if path in self.given_up:
            return []
        undone = self.undone.get(path)
        return [
            finding
            for finding in self.findings[path]
            if self.applies(finding) and not (undone and self._key(path, finding) in undone)
        ]

    def _round(self, plan: Mapping[str, tuple[Choice, ...]]) -> None:
        """Apply the fixes of all files at once, and take back what went wrong."""
        tried = {path: self._edited(path, choices) for path, choices in plan.items()}
        texts = {path: source for path, source in tried.items() if isinstance(source, SourceFile)}
        watched = [
            path for path in self.files if path in plan or self.findings[path] or path in self.contents
        ]
        checked = self._checked(watched, texts)
        wrong = [
            path
            for path, choices in plan.items()
            if path not in self.given_up
            and (path not in texts or self._failure(path, texts[path], choices, checked) is not None)
        ]
        for path, source in texts.items():
            if path not in wrong:
                self._accept(path, source, plan[path])
        if not wrong and len(texts) == len(plan):
            self._take(watched, checked)
            return
        for path in wrong:
            found = (finding for choice in plan[path] for finding in choice.findings)
            self._piecemeal(path, list(dict.fromkeys(self._key(path, finding) for finding in found)))
        self._look(watched)

    def _piecemeal(self, path: str, keys: Sequence[_Key]) -> None:
        """Apply the fixes of these findings as far as they work: all together, else one half and then the other.

        A fix that does not work by itself is marked. So a few bad ones among many are found with few checks.
        """
        self._look([path])
        wanted = frozenset(keys)
        picked = choose(finding for finding in self._candidates(path) if self._key(path, finding) in wanted)
        if len(keys) == 1:
            picked = picked[:1]
        if not picked:
            return
        source = self._edited(path, picked)
        if path in self.given_up:
            return
        reason: str | None = _MISPLACED
        if source is not None:
            reason = self._failure(path, source, picked, self._checked([path], {path: source}))
        if source is not None and reason is None:
            self._accept(path, source, picked)
        elif len(keys) == 1:
            self.undone.setdefault(path, {})[keys[0]] = Undone(picked[0].findings[0], reason or _MISPLACED)
        else:
            half = len(keys) // 2
            self._piecemeal(path, keys[:half])
            self._piecemeal(path, keys[half:])

    def _edited(self, path: str, choices: Sequence[Choice]) -> SourceFile | None:
        """The file with the fixes applied. None if the edits do not fit, or if the file is given up."""
        source = self.sources[path]
        try:
            edited = replace(source, text=apply_edits(source.text, merged(choices)))
        except ValueError:
            return None
        try:
            _encoded(edited)
        except SourceError as error:
            self._give_up(path, error)
            return None
        return edited

    def _failure(
        self, path: str, source: SourceFile, choices: Sequence[Choice], checked: Checked
    ) -> str | None:
        """What is wrong with the new text of a file, if anything is."""
        if not _parses(source.text):
            return _NO_PYTHON
        if any(error.path == path for error in checked.errors):
            return _NOT_CHECKED
        expected = Counter(map(_identity, self.findings[path]))
        expected.subtract(_identity(finding) for choice in choices for finding in choice.findings)
        left = Counter(_identity(finding) for finding in checked.findings if finding.path == path)
        fixed = {_identity(finding) for choice in choices for finding in choice.findings}
        return _STILL_THERE if any(left[key] > expected[key] for key in fixed) else None

    def _accept(self, path: str, source: SourceFile, choices: Iterable[Choice]) -> None:
        self.sources[path] = source
        self.contents[path] = encode(source)
        self.fixed.setdefault(path, []).extend(found for choice in choices for found in choice.findings)

    def _give_up(self, path: str, error: SourceError) -> None:
        """Leave a file as it was from the beginning."""
        self.given_up[path] = FileError(path, error.message)
        self.contents.pop(path, None)
        self.fixed.pop(path, None)
        self.sources.pop(path)

    def _look(self, paths: Sequence[str]) -> None:
        """Check files as they stand."""
        self._take(paths, self._checked(paths, {}))

    def _checked(self, paths: Sequence[str], texts: Mapping[str, SourceFile]) -> Checked:
        contents = {**self.contents, **{path: encode(source) for path, source in texts.items()}}
        return self.check(paths, {os.path.abspath(path): data for path, data in contents.items()})

    def _take(self, paths: Sequence[str], checked: Checked) -> None:
        """Take over what a check of the files gave, and the text of a file when it first has a fix to apply."""
        findings: dict[str, list[Finding]] = {path: [] for path in paths}
        for finding in checked.findings:
            findings[finding.path].append(finding)
        self.findings.update((path, tuple(found)) for path, found in findings.items())
        for path in paths:
            self.errors[path] = tuple(error for error in checked.errors if error.path == path)
            if path not in self.contents and any(map(self.applies, findings[path])):
                data = checked.contents[path]
                self.before[path] = data, self.findings[path]
                self.sources[path] = decode(path, data)

    def _marked(self, path: str, finding: Finding) -> Finding:
        """The finding without its fix, and the reason, if that was taken back."""
        undone = self.undone.get(path)
        known = None if not undone else undone.get(self._key(path, finding))
        return finding if known is None else replace(finding, fix=None, unfixable=known.reason)

    def _key(self, path: str, finding: Finding) -> _Key:
        """What makes a finding known again after a change of the text."""
        if finding.attribute is not None or path not in self.sources:
            return _identity(finding)
        line = split_lines(self.sources[path].text)[finding.place.line - 1 : finding.place.line]
        return (*_identity(finding), *line)


def _identity(finding: Finding) -> _Key:
    return finding.code, finding.class_name, finding.attribute


def _encoded(source: SourceFile) -> bytes:
    """The bytes of the new text. Raises SourceError if they would not be read as that text again."""
    data = encode(source)
    try:
        again = decode(source.path, data)
    except SourceError:
        again = None
    if again is None or (again.text, again.encoding) != (source.text, source.encoding):
        message = f"cannot be rewritten: it would no longer be read as {source.encoding!r}"
        raise SourceError(source.path, message)
    return data


def _parses(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except (SyntaxError, ValueError):
        return False
    except (RecursionError, MemoryError):  # the check has more room than this
        return True
    return True
