"""What the message of an exception, or the source of a class, asks for → values to try."""

from __future__ import annotations

import inspect
import re

_CHOICES = re.compile(
    r"one of|choose|choice|(?<!un)support|valid|(?<!un)expected|allowed|in \[|must be|should be",
    re.IGNORECASE,
)
_TENSOR_ATTRIBUTES = re.compile(
    r"has no attribute '(?:shape|dim|ndim|size|dtype|device|numel|clone|detach|float|unsqueeze|view|mean|T|sum|to)'"
)
# What a message asks for: the first pattern that fits gives values to try.
_HINTS = (
    (_TENSOR_ATTRIBUTES, ("torch.ones(8)", "torch.ones(8, 8)", "torch.ones(2, 4, 8)", "torch.ones(4, 3)")),
    (re.compile(r"must be (?:a )?(?:torch\.)?Tensor|expected Tensor|not int.*Tensor", re.IGNORECASE),
     ("torch.ones(8)", "torch.ones(8, 8)")),
    (re.compile(r"not (?:iterable|subscriptable|a sequence)|an iterable|has no len|unsized|be (?:a )?(?:list|tup|seq)"),
     ("[8, 8]", "(8, 8)", "[8, 8, 8]", "[8, 8, 8, 8]", "[nn.Linear(8, 8)]", "{}", "'ab'")),
    (re.compile(r"not a mapping|keys|list indices must be|tuple indices must be"), ("_Config()", "{}")),
    (re.compile(r"must be a (?:class|type)\b"), ("nn.Identity", "nn.ReLU")),
    (re.compile(r"concatenate list"), ("[8, 8]", "['a']")),
    (re.compile(r"not callable"), ("nn.ReLU", "torch.relu", "nn.Linear", "nn.Identity()")),
    (re.compile(r"not a Module subclass|must be (?:an? )?(?:instance of )?(?:torch\.)?nn\.Module", re.IGNORECASE),
     ("nn.Linear(8, 8)", "nn.Identity()")),
    (re.compile(r"has no attribute"),
     ("_Config()", "_Module()", "[_Module()]", "nn.Linear(8, 8)", "nn.Conv2d(8, 8, 1)", "nn.ReLU")),
    (re.compile(r"divisible|multiple|power of"), ("8", "24", "64", "1", "2", "4")),
    (re.compile(r"between 0 and 1|\[0, 1\]|probability", re.IGNORECASE), ("0.1", "0.5", "1")),
    (re.compile(r"positive|greater|larger|at least|least|> ?0|>= ?|odd|small", re.IGNORECASE),
     ("1", "3", "16", "64", "5", "0.5")),
    (re.compile(r"even", re.IGNORECASE), ("2", "8")),
    (re.compile(r"unsupported operand|integer|real number|not supported between|must be int|an int"),
     ("8", "2", "0.5", "1")),
    (re.compile(r"string|(?:must be|expected) str"), ("'mean'", "'relu'")),
)  # fmt: skip
_UNPACKED = re.compile(r"values to unpack \(expected (\d)")
TYPES = ("int", "float", "str", "bool", "list", "tuple", "dict", "NoneType", "Tensor", "type", "module")
"""Names of types, which messages quote, and which are no values."""
EXCLUDED = re.compile(
    r"at the same time|mutually exclusive|not both|cannot both|(?:only|exactly) one of", re.IGNORECASE
)
"""A message that names options of which only one may be given."""
QUOTED = re.compile(r"['\"]([\w.+-]{1,30})['\"]")
"""A word in quotes."""


def values_of(message: str) -> list[str]:
    """Values that a message asks for."""
    unpacked = _UNPACKED.search(message)
    if unpacked:
        return [f"[{', '.join(['8'] * int(unpacked[1]))}]"]
    found: list[str] = []
    if _CHOICES.search(message):
        found += [repr(word) for word in QUOTED.findall(message) if word not in TYPES]
    for pattern, values in _HINTS:
        if pattern.search(message):
            return [*values, *found] if pattern.pattern.startswith("has no") else [*found, *values]
    return found


def words_of(cls: type, name: str) -> list[str]:
    """The strings that the source of a class compares an argument with."""
    try:
        source = inspect.getsource(cls)
    except (OSError, TypeError):
        return []
    found = []
    for match in re.finditer(
        rf"\b{re.escape(name)}(?:\.lower\(\))?\s*(?:==|!=|not in|in)\s*([^:\n]*)", source
    ):
        found += [repr(word) for word in re.findall(r"['\"]([\w.+-]{1,30})['\"]", match[1])]
    return list(dict.fromkeys(found))
