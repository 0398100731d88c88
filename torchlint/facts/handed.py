"""Arguments that a constructor keeps as they are, and of which its file does not say what they are.

`self.mask = mask`: whether that is a tensor, or of a `mask: Tensor` whether it is a Parameter, only the code that
builds the module shows.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import chain

from torchlint.facts.docstrings import tensor_arguments, typed_arguments
from torchlint.facts.model import Handed
from torchlint.facts.quiet import first_argument, with_defaults
from torchlint.facts.tensor_uses import only_tensors_have

_CONTAINER_METHODS = ("append", "extend", "items", "keys", "values", "get")
_LIKELY = re.compile(
    r"(?:^|_)(?:mask|weight|bias|mean|std|var|variance|kernel|filter|basis|matrix|vector|tensor|table|embedding|"
    r"codebook|anchor|grid|point|vert(?:ex|ice)|face|center|centroid|prototype|frequenc(?:y|ie)|freq|adj|laplacian|"
    r"cov(?:ariance)?|prior|target|window)(?:s|es)?(?:_|$)",
    re.IGNORECASE,
)
"""Names that people give to tensors."""
_FAR = 60
"""How much before and behind a name is looked at."""
_LOOPED_OVER = re.compile(r"\bfor\b[^:()]*\bin\s+(?:(?:enumerate|zip|reversed)\()?\s*\Z")
_GIVEN_TO_TORCH = re.compile(r"(?:\bF|\btorch(?:\.\w+)*)\.\w+\([^()]*\Z")
_METHOD = re.compile(r"\s*\.\s*(\w+)")
_ITEM_CALLED = re.compile(r"\s*\[[^\]\n]*\]\s*[.(]")
_STORED = re.compile(r"\s*=(?!=)")
_CALLED = re.compile(r"\s*\(")


def handed(
    cls: ast.ClassDef, init: ast.FunctionDef | ast.AsyncFunctionDef, source: Callable[[], str]
) -> tuple[Handed, ...]:
    """The parameters of a constructor that it keeps as they are; `source` gives the text of the class."""
    own = first_argument(init)
    kept, keywords = _kept(init, own)
    if not kept:
        return ()
    names = {name for _, name in kept}
    silent, declared = names & (_silent(init) | keywords), names & _declared(init)
    if not silent and not declared:
        return ()
    docs = (ast.get_docstring(cls), ast.get_docstring(init))
    silent = silent.difference(*map(typed_arguments, docs))
    declared = declared.union(*map(tensor_arguments, docs))
    text = source() if silent else ""
    return tuple(_found(kept, silent, declared, own, text))


def _kept(init: ast.FunctionDef | ast.AsyncFunctionDef, own: str) -> tuple[list[tuple[str, str]], set[str]]:
    """The attributes that are given an argument as it is, each with its name; which of these are in `**kwargs`."""
    kept: list[tuple[str, str]] = []
    keywords: set[str] = set()
    variables: dict[str, str] = {}
    others = None if init.args.kwarg is None else init.args.kwarg.arg
    pairs = (_pairs(node.targets[0], node.value) for node in init.body if type(node) is ast.Assign)
    for target, value in chain.from_iterable(pairs):
        name = value.id if type(value) is ast.Name else None
        if name is None and others is not None and (name := _taken_out(value, others)) is not None:
            keywords.add(name)
            if type(target) is ast.Name:
                variables[target.id] = name
        if (
            name is not None
            and type(target) is ast.Attribute
            and type(target.value) is ast.Name
            and target.value.id == own
        ):
            kept.append((target.attr, variables.get(name, name)))
    return kept, keywords


def _pairs(target: ast.expr, value: ast.expr) -> Iterable[tuple[ast.expr, ast.expr]]:
    """What an assignment stores where: `self.a, self.b = a, b` stores two."""
    if type(target) is ast.Tuple and type(value) is ast.Tuple and len(target.elts) == len(value.elts):
        return zip(target.elts, value.elts, strict=True)
    return ((target, value),)


def _taken_out(value: ast.expr, others: str) -> str | None:
    """The key of `kwargs["mask"]`, `kwargs.pop("mask")`, `kwargs.get("mask", None)`."""
    if isinstance(value, ast.Subscript):
        base, key, default = value.value, value.slice, None
    elif isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and 0 < len(value.args) < 3:
        if value.func.attr not in ("pop", "get"):
            return None
        base, key, default = value.func.value, value.args[0], value.args[1] if len(value.args) > 1 else None
    else:
        return None
    if not (isinstance(base, ast.Name) and base.id == others and isinstance(key, ast.Constant)):
        return None
    silent = default is None or (isinstance(default, ast.Constant) and default.value is None)
    return key.value if silent and isinstance(key.value, str) else None


def _found(
    kept: Iterable[tuple[str, str]],
    silent: set[str],
    declared: set[str],
    own: str,
    text: str,
) -> Iterator[Handed]:
    for attribute, name in kept:
        if name in silent:
            use = _use(text, own, attribute)
            if use is not None:
                yield Handed(name, use or _LIKELY.search(name) is not None)
        elif name in declared:
            yield Handed(name, everywhere=True, declared=True)


def _silent(init: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """The parameters without annotation, and with no default but None."""
    return {
        argument.arg
        for argument, default in with_defaults(init)
        if argument.annotation is None
        and (default is None or (isinstance(default, ast.Constant) and default.value is None))
    }


def _declared(init: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """The parameters that are annotated as tensors, or as tensors or None."""
    return {
        argument.arg
        for argument, _ in with_defaults(init)
        if argument.annotation is not None and _names_tensor(argument.annotation)
    }


def _names_tensor(annotation: ast.expr) -> bool:
    """`Tensor`, `torch.Tensor | None`, `Optional["Tensor"]`; no container of tensors."""
    if isinstance(annotation, ast.BinOp):
        return _names_tensor(annotation.left) or _names_tensor(annotation.right)
    if isinstance(annotation, ast.Subscript):
        return ast.unparse(annotation.value).endswith("Optional") and _names_tensor(annotation.slice)
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        with suppress(SyntaxError, ValueError):
            return _names_tensor(ast.parse(annotation.value.strip(), mode="eval").body)
    name = getattr(annotation, "attr", getattr(annotation, "id", ""))
    return isinstance(name, str) and name.endswith("Tensor")


def _use(text: str, own: str, attribute: str) -> bool | None:
    """Whether an attribute is used as only a tensor or a container is; None where it is surely neither, or not used."""
    found: bool | None = None
    for match in re.finditer(rf"\b{own}\.{attribute}\b", text):
        before, after = (
            text[max(0, match.start() - _FAR) : match.start()],
            text[match.end() : match.end() + _FAR],
        )
        if _STORED.match(after):
            continue
        if _CALLED.match(after):
            return None
        method = _METHOD.match(after)
        if method is None:
            surely = (
                _ITEM_CALLED.match(after) or _LOOPED_OVER.search(before) or _GIVEN_TO_TORCH.search(before)
            )
            found = bool(found or surely)
        elif method[1] in _CONTAINER_METHODS or only_tensors_have(method[1]):
            found = True
        elif method[1] not in ("to", "device", "dtype", "shape"):
            return None
        else:
            found = bool(found)
    return found
