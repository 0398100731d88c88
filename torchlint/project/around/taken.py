"""Whether a name exists on a class already, or is looked for where a registered name is not."""

from __future__ import annotations

import ast
import re
from bisect import bisect_left
from collections.abc import Iterator

from torchlint import torch_api
from torchlint.project.files import ProjectFile
from torchlint.project.linking import ClassRef, Linker

# they see all of an object's `__dict__`, registered state included, and only hand it on
_COPYING = ("__getstate__", "__setstate__", "__reduce__", "__reduce_ex__", "__deepcopy__", "__copy__")
_SAVING = ("state_dict", "load_state_dict", "_load_from_state_dict", "_save_to_state_dict", "get_extra_state",
           "set_extra_state")  # fmt: skip
_BODIES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


def class_attribute(linker: Linker, cls: ClassRef, family: tuple[ClassRef, ...], name: str) -> str | None:
    """Where a name is on the class, on one of its bases or subclasses, or on torch's: a clause, or None."""
    if "." in name or not name:
        return "torch takes no name that is empty or has a dot in it"
    if "{" in name:  # a name that is computed may be any of these
        pattern = name_pattern(name)
        known = (other for one in family for other in (*one.facts.methods, *one.facts.names))
        found = (class_attribute(linker, cls, family, other) for other in known if pattern.fullmatch(other))
        return next((clause for clause in found if clause is not None), None)
    for one in family:
        facts = one.facts
        if name in facts.methods:
            return f"`{name}` is also a {_kind_of(facts.methods[name][-1].decorators)} of `{facts.name}`"
        named = facts.names.get(name) is not None or f"{one.qualname}.{name}" in one.file.facts.classes
        if named or (name not in facts.names and _is_bound(one, name)):
            return f"`{name}` is also a class attribute of `{facts.name}`"
    for base in linker.mro(cls):
        if isinstance(base, str) and name in torch_api.class_names(base):
            return f"`{name}` is also an attribute of torch's `{base.rpartition('.')[2]}`"
    return None


def name_pattern(name: str) -> re.Pattern[str]:
    """What the names look like that a computed one (`table_{index}`) stands for."""
    return re.compile(".+".join(map(re.escape, re.split(r"\{.*?\}", name))))


def _is_bound(cls: ClassRef, name: str) -> bool:
    """Whether the body of a class binds a name in another way: by an import, a loop, a tuple."""
    file = cls.file
    text = _outside_of_methods(cls)
    if name not in text or re.search(rf"(?<![.\w]){re.escape(name)}(?!\w)", text) is None:
        return False
    if file.class_bodies is None:
        file.class_bodies = _bodies(file)
    return name in file.class_bodies.get(cls.facts.line, ())


def _outside_of_methods(cls: ClassRef) -> str:
    """The text of a class between its methods, and what follows it, up to the next class."""
    facts, lines = cls.facts, cls.file.lines
    spans = sorted(
        (one.span for found in facts.methods.values() for one in found), key=lambda span: span.first
    )
    parts: list[str] = []
    begin = facts.line
    for span in spans:
        parts += lines[begin - 1 : span.first - 1]
        begin = max(begin, span.last + 1)
    following = cls.file.class_lines
    at = bisect_left(following, begin + 1)
    end = following[at] if at < len(following) else len(lines) + 1
    return "".join([*parts, *lines[begin - 1 : end - 1]])


def _bodies(file: ProjectFile) -> dict[int, frozenset[str]]:
    """The names that the body of each class binds, by the line of the class."""
    try:
        tree = ast.parse(file.text) if file.tree is None else file.tree
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    return {
        node.lineno: frozenset(name for statement in node.body for name in _bound(statement))
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }


def _bound(node: ast.AST) -> Iterator[str]:
    """The names that a statement of a class body binds; annotations alone bind none."""
    if isinstance(node, ast.AnnAssign) and node.value is None:
        return
    if isinstance(node, _BODIES):
        if not isinstance(node, ast.Lambda):
            yield node.name
        return
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    elif isinstance(node, ast.alias):
        yield (node.asname or node.name).partition(".")[0]
    elif isinstance(node, ast.comprehension):
        return
    for child in ast.iter_child_nodes(node):
        yield from _bound(child)


def looked_up(family: tuple[ClassRef, ...], name: str) -> str | None:
    """Which method looks for an attribute by its name in `__dict__`, or sets it past torch: a clause, or None."""
    word = re.escape(name)
    past = re.compile(r"\b__dict__\b|\bvars\(|\bobject\.__(?:set|get)attribute__|\bobject\.__setattr__")
    named = re.compile(rf"['\"]{word}['\"]|\b{word}\s*=[^=]")
    for method, text, owner in _methods(family, name):
        if method in _COPYING and re.search(rf"['\"]{word}['\"]", text):
            return f"`{owner}.{method}` names it in the state that it copies"
        if method in _SAVING and re.search(rf"['\"][^'\"\s]*\b{word}['\"]", text):
            return f"`{owner}.{method}` saves or loads it by name"
        if past.search(text) and any(not _is_own(text, match) for match in named.finditer(text)):
            return f"`{owner}.{method}` goes past torch to it, through `__dict__` or `object`"
    return None


def _is_own(text: str, match: re.Match[str]) -> bool:
    """Whether `x =` is the end of `self.x =`."""
    return text[: match.start()].rstrip().endswith(".")


def gone_through(family: tuple[ClassRef, ...]) -> str | None:
    """Which method goes through all that `__dict__` holds, or that torch has registered: a clause, or None."""
    through = re.compile(
        r"(?:\bself\.__dict__\b|\bvars\(self\)|\bvars\(\))"
        r"(?!\s*\[\s*['\"])(?!\s*\.\s*(?:get|pop|setdefault|update|__setitem__|__getitem__)\b)"
    )
    named = re.compile(r"['\"]\s+(?:not\s+)?in\s+$")
    for method, text, owner in _methods(family, "__dict__"):
        if not any(word in text for word in ("__dict__", "vars", "buffers")):
            continue
        found = () if method in _COPYING else through.finditer(text)
        if any(not named.search(text[: match.start()]) for match in found):
            return f"`{owner}.{method}` goes through `__dict__`, where a buffer is not"
        if re.search(r"\bself\s*\.\s*(?:named_buffers|buffers|_buffers)\b", text):
            return f"`{owner}.{method}` goes through the buffers, and would meet one more"
    return None


def marked(family: tuple[ClassRef, ...], name: str) -> str | None:
    """Which method sets an attribute of its own on the tensor, which a moved one has no more: a clause, or None."""
    mark = re.compile(
        rf"\bself\.{re.escape(name)}\.(?!data\b|grad\b|requires_grad\b|real\b|imag\b)(\w+)\s*=(?!=)"
    )
    for method, text, owner in _methods(family, name):
        if found := mark.search(text):
            return f"`{owner}.{method}` sets `{found[1]}` on it, which `.to()` would lose"
    return None


def _methods(family: tuple[ClassRef, ...], word: str) -> Iterator[tuple[str, str, str]]:
    for cls in family:
        if word not in cls.file.text and word != "__dict__":
            continue
        for method, definitions in cls.facts.methods.items():
            for facts in definitions:
                text = cls.file.source(facts.span)
                if word in text or word == "__dict__":
                    yield method, text, cls.facts.name


def _kind_of(decorators: tuple[str, ...]) -> str:
    return "property" if any(word.endswith(("property", "setter")) for word in decorators) else "method"
