"""Registering all that a text stores on `self`."""

from __future__ import annotations

from tests.rewrite.support import apply_edits, places
from torchlint.rewrite import BufferStore, BufferStyle, Syntax, register_buffers


def registered(syntax, given, persistent=False):
    stores = [BufferStore(place, name or None, persistent) for name, place in given]
    return register_buffers(syntax, stores, BufferStyle.REGISTER_BUFFER)


def fix(text, names=None, persistent=False):
    given = [
        (n, place) for n, spots in places(text).items() for place in spots if names is None or n in names
    ]
    return apply_edits(text, registered(Syntax(text), given, persistent))
