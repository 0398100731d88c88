"""The table of `torchlint inspect` as rich draws it, for a person at a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import StringIO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

_LEAST = {"name": 9, "shape": 6, "what": 9}
_MARKS = {"✓": "green", "✗": "red"}


def drawn(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    strong: Sequence[bool],
    *,
    width: int,
    color: bool,
    ascii_only: bool,
) -> Iterator[str]:
    """The lines of the table, in so many columns of the terminal; rows that are `strong` stand out."""
    table = Table(
        box=box.ASCII if ascii_only else box.SIMPLE_HEAD,
        header_style="bold",
        show_edge=False,
        padding=(0, 1, 0, 0),
    )
    for title in header:
        # a name of two words has two lines; what may be long gives way where the terminal is narrow
        least = _LEAST.get(title)
        table.add_column(title.replace(" (", "\n("), overflow="fold", no_wrap=least is None, min_width=least)
    for row, stands_out in zip(rows, strong, strict=True):
        table.add_row(
            *(Text(cell, style=_MARKS.get(cell, "")) for cell in row), style="bold red" if stands_out else ""
        )
    target = StringIO()
    Console(
        file=target,
        width=width,
        force_terminal=color,
        color_system="standard" if color else None,
        no_color=not color,
        legacy_windows=False,
    ).print(table)
    for line in target.getvalue().splitlines():
        yield line.rstrip()
