"""The types that a docstring gives its arguments, for code without annotations.

Read: Sphinx (`:param torch.Tensor mask:`, `:type mask: torch.Tensor`, and `:param mask (torch.Tensor):`), Google
(`mask (torch.Tensor): …`), NumPy (`mask : torch.Tensor`), and `:param mask: (tensor) …`. Only an argument that is said
to be a tensor, or a tensor or None, counts; "float or Tensor" leaves it open.
"""

from __future__ import annotations

import re
from functools import lru_cache

_FORMS = (
    re.compile(r":param\s+(?P<type>[\w.\[\]`~ |,]+?)\s+\*{0,2}(?P<name>\w+)\s*:"),
    re.compile(r":param\s+(?P<name>\w+)\s*\((?P<type>[^)\n]+)\)\s*:"),
    re.compile(r":type\s+(?P<name>\w+)\s*:\s*(?P<type>[^\n]+)"),
    re.compile(r":param\s+(?P<name>\w+)\s*:\s*\((?P<type>[^)\n]+)\)"),
    re.compile(r"^[ \t]*(?P<name>\w+)[ \t]*\((?P<type>[^)\n]+)\)[ \t]*:", re.MULTILINE),
    re.compile(r"^[ \t]*(?P<name>\w+)[ \t]+:[ \t]*(?P<type>[^\n]+)$", re.MULTILINE),
)
_NOISE = re.compile(
    r":\w+:|[`~*]|\boptional\b|\bdefault\b.*|\bof (?:shape|size)\b.*|\bshape\b.*|\[[^\]]*\]|\([^)]*\)?"
)
_TENSOR = re.compile(r"(?:torch\.)?(?:(?:\w*Tensor)|tensor)")


@lru_cache(maxsize=4096)
def tensor_arguments(docstring: str | None) -> frozenset[str]:
    """The arguments that a docstring says are tensors."""
    if docstring is None or "ensor" not in docstring:
        return frozenset()
    found: dict[str, bool] = {}
    for form in _FORMS:
        for match in form.finditer(docstring):
            found.setdefault(match["name"], _is_tensor(match["type"]))
    return frozenset(name for name, tensor in found.items() if tensor)


@lru_cache(maxsize=4096)
def typed_arguments(docstring: str | None) -> frozenset[str]:
    """The arguments that a docstring gives a type."""
    if docstring is None:
        return frozenset()
    return frozenset(match["name"] for form in _FORMS for match in form.finditer(docstring))


def _is_tensor(text: str) -> bool:
    alternatives = [part.strip(" .,;") for part in re.split(r"\bor\b|\||,", _NOISE.sub(" ", text))]
    named = [part for part in alternatives if part and part != "None"]
    return bool(named) and all(_TENSOR.fullmatch(part) for part in named)
