"""Names that are surely tensors, told from the methods that are called on them."""

from __future__ import annotations

import re
from functools import lru_cache

from torchlint import torch_api

_CALLED = re.compile(r"\.\s*(\w+)\s*\(")
_PLAIN_METHODS = frozenset(
    name for kind in (str, bytes, dict, list, tuple, set, int, float) for name in dir(kind)
)


def used_as_tensors(text: str) -> set[str]:
    """The names that a method only a tensor has is called on."""
    if not any(map(only_tensors_have, _CALLED.findall(text))):
        return set()
    return {_word_before(text, call.start()) for call in _CALLED.finditer(text) if only_tensors_have(call[1])}


def _word_before(text: str, end: int) -> str:
    while end and text[end - 1].isspace():
        end -= 1
    begin = end
    while begin and (text[begin - 1].isalnum() or text[begin - 1] == "_"):
        begin -= 1
    return text[begin:end]


@lru_cache(maxsize=4096)
def only_tensors_have(method: str) -> bool:
    """Whether a method is one of tensors, and none of numbers, strings and containers."""
    return method not in _PLAIN_METHODS and torch_api.method(method) is not None
