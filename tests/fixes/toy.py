"""A small check for the engine: each `name = word` is a finding, and the word says how its fix behaves."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from torchlint.files import decode, split_lines
from torchlint.findings import Edit, FileError, Finding, Fix, Place
from torchlint.fixes.model import Checked

REPLACEMENTS = {
    "bad": "good",
    "risky": "good",  # its fix is unsafe
    "stubborn": "(stubborn)",  # the finding stays
    "breaks": "(",  # the text no longer parses
    "uncheckable": "forbidden",  # parses, but the check fails
    "euro": "'€'",  # not in every encoding
    "later": "bad",  # a finding of another code, and then that one
    "misplaced": "good",  # its edit is outside the text
    "imports": "good",  # needs an import
    "plain": None,  # has no fix
    "inherited": None,  # a finding as long as another file is bad
}
_STATEMENT = re.compile(r"(?P<names>\w+(?:, \w+)*) = \(?(?P<word>\w+)\)?")
_COUNTER = re.compile(r"endless(\d+)")
IMPORT = Edit(Place(1, 1, 1, 1), "import this\n")


@dataclass
class Toy:
    """Files in memory, and how often each was checked."""

    disk: dict[str, bytes]
    calls: list[tuple[str, ...]] = field(default_factory=list)

    def check(self, files: Sequence[str], overlay: Mapping[str, bytes]) -> Checked:
        self.calls.append(tuple(files))
        texts = {
            path: decode(path, overlay.get(os.path.abspath(path), data)).text
            for path, data in self.disk.items()
        }
        findings: list[Finding] = []
        errors: list[FileError] = []
        contents: dict[str, bytes] = {}
        for path in files:
            if "forbidden" in texts[path]:
                errors.append(FileError(path, "is forbidden"))
                continue
            found = list(_findings(path, texts))
            findings += found
            if any(finding.fix for finding in found):
                contents[path] = overlay.get(os.path.abspath(path), self.disk[path])
        return Checked(tuple(findings), tuple(errors), contents)


def _findings(path: str, texts: Mapping[str, str]) -> Iterable[Finding]:
    for number, line in enumerate(split_lines(texts[path]), 1):
        for match in _STATEMENT.finditer(line):
            word = match["word"]
            place = Place(number, match.start("word") + 1, number, match.end("word") + 1)
            edits: tuple[Edit, ...] = ()
            if counter := _COUNTER.fullmatch(word):
                edits = (Edit(place, f"endless{int(counter[1]) + 1}"),)
                names: Sequence[str] = [f"n{counter[1]}"]  # each time another attribute
            elif word not in REPLACEMENTS:
                continue
            else:
                names = match["names"].split(", ")
                replacement = REPLACEMENTS[word]
                if word == "inherited" and not any("= bad" in text for text in texts.values()):
                    continue
                if word == "misplaced":
                    place = Place(1000, 1, 1000, 2)
                if replacement is not None:
                    edits = (Edit(place, replacement),)
                if word == "imports" and "import this" not in texts[path]:
                    edits = (IMPORT, *edits)
            fix = Fix("unsafe" if word == "risky" else "safe", "Do it", edits) if edits else None
            where = Place(number, match.start() + 1, number, match.end() + 1)
            code = "TL2" if word == "later" else "TL1"
            for name in names:
                yield Finding(code, "rule", path, where, "Net", "f", name, word, (number, number), fix)
        if (start := line.find("# noqa")) >= 0:  # a finding without an attribute
            place = Place(number, start + 1, number, len(line.rstrip("\r\n")) + 1)
            stays = line[start:].startswith("# noqa: stays")
            fix = Fix("safe", "Remove it", (Edit(place, line[start:].rstrip("\r\n") if stays else ""),))
            yield Finding("TL9", "noqa", path, place, None, None, None, "is unused", (number, number), fix)
