"""The order in which Python looks a name up in a class and its bases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

_Class = TypeVar("_Class")


def merged(lists: Sequence[Sequence[_Class]]) -> list[_Class]:
    """The C3 merge of the orders of the bases, and of the bases themselves.

    Where they contradict each other (Python would refuse the class), the first head is taken.
    """
    order: list[_Class] = []
    rest = [list(entries) for entries in lists if entries]
    while rest:
        heads = [entries[0] for entries in rest]
        chosen = next((head for head in heads if not any(head in entries[1:] for entries in rest)), heads[0])
        if chosen not in order:
            order.append(chosen)
        rest = [left for entries in rest if (left := [entry for entry in entries if entry != chosen])]
    return order
