"""Patterns in the language of .gitignore, asked about one directory entry at a time.

A walk asks about each directory before it goes in, so a pattern only has to match the entry itself, never its
parents: that is how git works, and it keeps negations right. Names and suffixes without other wildcards,
which are nearly all patterns in practice, are looked up; only the rest needs `pathspec`, which costs time to
import.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

_MAGIC = frozenset("*?[\\")
_DIRECTORY_GROUP = "ps_d"  # the group by which pathspec marks the slash after a matched directory


# Named tuples: start-up counts, and a dataclass takes a millisecond to define.
class _Rule(NamedTuple):
    order: int
    ignores: bool
    directories_only: bool
    anchored: bool
    text: str


class Patterns(NamedTuple):
    """Compiled patterns; the last one that matches decides, as in .gitignore."""

    names: dict[str, tuple[_Rule, ...]]
    paths: dict[str, tuple[_Rule, ...]]
    suffixes: tuple[_Rule, ...]
    all_suffixes: tuple[str, ...]
    globs: tuple[tuple[_Rule, re.Pattern[str]], ...]

    def decide(self, name: str, path: str | None, is_directory: bool) -> bool | None:
        """Tell whether an entry is ignored (True), taken back (False), or matched by no pattern (None).

        `path` is relative to the place of the patterns, with forward slashes; None if the entry is not below
        it, and then only patterns without a slash can match.
        """
        best: _Rule | None = None
        if name in self.names:
            best = _last(best, self.names[name], is_directory)
        if path in self.paths:
            best = _last(best, self.paths[path], is_directory)
        if name.endswith(self.all_suffixes):
            best = _last(best, (rule for rule in self.suffixes if name.endswith(rule.text)), is_directory)
        for rule, regex in self.globs:
            later = best is None or rule.order > best.order
            subject = path if rule.anchored else name
            if later and subject is not None and _matches(regex, subject, is_directory):
                best = rule
        return None if best is None else best.ignores


def compile_patterns(lines: Iterable[str]) -> Patterns:
    """Compile lines of a .gitignore, or exclude patterns; comments and bad patterns match nothing."""
    names: dict[str, tuple[_Rule, ...]] = {}
    paths: dict[str, tuple[_Rule, ...]] = {}
    suffixes: list[_Rule] = []
    globs: list[tuple[_Rule, re.Pattern[str]]] = []
    for order, line in enumerate(lines):
        body = _strip(line)
        if not body or body.startswith("#"):
            continue
        ignores = not body.startswith("!")
        body = body.removeprefix("!")
        core = body.removesuffix("/")
        rule = _Rule(order, ignores, core != body, "/" in core, core.removeprefix("/"))
        plain = rule.text.removeprefix("*")
        if (
            not _MAGIC.isdisjoint(plain)
            or "//" in body
            or not plain
            or (rule.anchored and plain != rule.text)
        ):
            regex = _compile_glob(body)
            if regex is not None:
                globs.append((rule, regex))
        elif plain != rule.text:
            suffixes.append(_Rule(order, ignores, rule.directories_only, False, plain))
        else:
            table = paths if rule.anchored else names
            table[rule.text] = (*table.get(rule.text, ()), rule)
    return Patterns(names, paths, tuple(suffixes), tuple(rule.text for rule in suffixes), tuple(globs))


def is_valid_pattern(pattern: str) -> bool:
    """Tell whether a pattern can match anything: it is not blank, a comment, or a broken wildcard."""
    body = _strip(pattern)
    if not body or body.startswith("#") or "\0" in body or "\n" in body:
        return False
    body = body.removeprefix("!")
    if _MAGIC.isdisjoint(body):
        return bool(body.strip("/"))
    return _compile_glob(body) is not None


def _strip(line: str) -> str:
    line = line.rstrip("\r\n")
    return line if line.endswith("\\ ") else line.rstrip()


def _last(best: _Rule | None, rules: Iterable[_Rule], is_directory: bool) -> _Rule | None:
    for rule in rules:
        if (is_directory or not rule.directories_only) and (best is None or rule.order > best.order):
            best = rule
    return best


def _compile_glob(body: str) -> re.Pattern[str] | None:
    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

    # pathspec reads "a/**" as "a and all below", git as "all below a", which leaves room for "!a/b" after it.
    if body.endswith("/**"):
        body += "/*"
    elif body.endswith("/**/"):
        body += "*/"
    try:
        # The "!" has been taken off already: escape what would be read as a second one, or as a comment.
        regex, _ = GitIgnoreSpecPattern.pattern_to_regex("\\" + body if body[:1] in "!#" else body)
        return None if regex is None else re.compile(regex)
    except (ValueError, IndexError, re.error):
        return None


def _matches(regex: re.Pattern[str], subject: str, is_directory: bool) -> bool:
    """Whether the pattern matches the entry itself (pathspec's expressions also match what lies below)."""
    subject = f"{subject}/" if is_directory else subject
    match = regex.search(subject)
    if match is None or match.lastgroup != _DIRECTORY_GROUP:
        return match is not None
    # "*/" and "**/" become an unanchored "any slash": they match each directory.
    return is_directory and (not regex.pattern.startswith("^") or match.end() == len(subject))
