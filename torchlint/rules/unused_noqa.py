"""A suppression comment that suppresses nothing.

## What it does
Reports a `# noqa: TL…` comment on a line where torchlint would report nothing of that code.

## Why is this bad?
It hides the next real finding on that line, and it tells the reader of a problem that is not there. A bare
`# noqa` is never reported: other linters may need it.

## Example
```python
from torch import nn


class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 4)  # noqa: TL101
```

## Use instead
```python
from torch import nn


class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 4)
```

## Fix safety
Safe: only a comment goes.

## Runtime evidence
None: a comment does nothing at run time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from torchlint.findings import Finding, Fix, Place

CODE = "TL901"
NAME = "unused-noqa"


_CODES = re.compile(r"`# noqa: ([^`]*)`")


def codes_of(finding: Finding) -> tuple[str, ...]:
    """The codes that suppress nothing, of a finding of this rule."""
    match = _CODES.match(finding.message)
    return () if match is None else tuple(match[1].split(", "))


def report(path: str, unused: Iterable[tuple[Place, tuple[str, ...]]], text: str) -> Iterable[Finding]:
    """A finding for each comment (its place, and its codes that suppress nothing) of a file with this text."""
    from torchlint.rewrite import CannotRewrite, Syntax, remove_comment_codes

    syntax = Syntax(text)
    for place, codes in unused:
        listed = ", ".join(codes)
        message = (
            f"`# noqa: {listed}` suppresses nothing here: there is no such finding on this line. Remove it"
        )
        fix = unfixable = None
        try:
            fix = Fix("safe", "Remove the comment", remove_comment_codes(syntax, place, codes))
        except CannotRewrite as error:
            unfixable = error.reason
        lines = (place.line, place.line)
        yield Finding(CODE, NAME, path, place, None, None, None, message, lines, fix, unfixable=unfixable)
