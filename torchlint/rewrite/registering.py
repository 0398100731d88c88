"""Assignments that become calls: `self.x = v` → `self.register_buffer("x", v)`, in all forms of assignment."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import TypeAlias

from torchlint.files.source import split_lines
from torchlint.findings import Edit
from torchlint.rewrite import assignments
from torchlint.rewrite.layout import Call, Layout, Region, has_own_brackets, realigned
from torchlint.rewrite.names import free_name, names_in
from torchlint.rewrite.statements import Statement, layout_of, replaced
from torchlint.rewrite.syntax import CannotRewrite, Change, Syntax

Writer: TypeAlias = Callable[[str, Layout], str]
"""The statement that stores what a local name holds."""


def register(
    syntax: Syntax, statement: Statement, calls: Mapping[ast.expr, Call], annotation: str | None = None
) -> Edit:
    """Rewrite a statement so that each given target is registered by its call. `annotation` is a statement after it."""
    node = statement.node
    if isinstance(node, ast.Expr):
        (call,) = calls.values()
        return _setattr(syntax, statement, call)
    column = statement.start - syntax.line_start(statement.start)
    layout = layout_of(syntax, statement, column)
    if isinstance(node, ast.AnnAssign) or (len(node.targets) == 1 and node.targets[0] in calls):
        (call,) = calls.values()
        value = assignments.value_region(syntax, node)
        _check_comments(syntax, node, value)
        texts = [call.around(syntax, value, layout), *([] if annotation is None else [annotation])]
        return replaced(syntax, statement, texts)
    assignments.check_order(node, calls)
    if all(target in node.targets for target in calls):
        return replaced(syntax, statement, _chain(syntax, statement, calls))
    if len(node.targets) == 1 and (split := _split(syntax, statement, calls)):
        return replaced(syntax, statement, split)
    return through_names(syntax, statement, {target: call.on for target, call in calls.items()})


def _check_comments(syntax: Syntax, node: ast.Assign | ast.AnnAssign, value: Region) -> None:
    if isinstance(node, ast.Assign):
        assignments.target_texts(syntax, node)
        return
    target, annotation = syntax.span(node.target), syntax.span(node.annotation)
    equals = next(
        position for position, mark in syntax.marks(annotation[1], value.outer_start) if mark == "="
    )
    gaps = ((syntax.span(node)[0], target[0]), (target[1], annotation[0]), (annotation[1], equals))
    if any(syntax.has_comment(*gap) for gap in gaps):
        raise CannotRewrite("a comment stands between the target and its annotation")


def _chain(syntax: Syntax, statement: Statement, calls: Mapping[ast.expr, Call]) -> list[str]:
    """`a = self.x = v` → `a = v`, `self.register_buffer("x", a)`: all given targets stand beside each other."""
    node = statement.node
    assert isinstance(node, ast.Assign)
    column = statement.start - syntax.line_start(statement.start)
    layout = layout_of(syntax, statement, column)
    value = assignments.value_region(syntax, node)
    written = dict(zip(node.targets, assignments.target_texts(syntax, node), strict=True))
    names = [target for target in node.targets if isinstance(target, ast.Name)]
    first = next(target for target in node.targets if target in calls)
    done: list[ast.expr] = []
    texts: list[str] = []
    if isinstance(node.value, ast.Constant) and node.value.value is None:
        source = "None"
    elif names:
        head = "".join(f"{written[target]} = " for target in names)
        raw = syntax.text[value.outer_start : statement.end]
        texts.append(head + realigned(syntax, node.value, raw, value.outer_start, column + len(head), layout))
        source = names[0].id
        done += names
    else:
        assert isinstance(first, ast.Attribute)
        texts.append(calls[first].around(syntax, value, layout))
        source = f"{calls[first].head.rpartition('.')[0]}.{first.attr}"
        done.append(first)
    kept: list[str] = []
    for target in [target for target in node.targets if target not in done]:
        if target not in calls:
            kept.append(written[target])
            continue
        if kept:
            texts.append(" = ".join([*kept, source]))
            kept = []
        texts.append(calls[target].on(source, layout))
    return [*texts, *([" = ".join([*kept, source])] if kept else [])]


def _split(syntax: Syntax, statement: Statement, calls: Mapping[ast.expr, Call]) -> list[str] | None:
    """`self.a, b = v, w` → a statement for each target; None where that could give another result."""
    node = statement.node
    assert isinstance(node, ast.Assign)
    (target,) = node.targets
    value = assignments.value_region(syntax, node)
    try:
        found = list(assignments.pairs(syntax, target, value, calls))
    except ValueError:
        return None
    if not assignments.are_independent([p.target for p in found], [p.value.node for p in found]):
        return None
    if _comments_between(syntax, statement, found):
        return None
    column = statement.start - syntax.line_start(statement.start)
    layout = layout_of(syntax, statement, column)
    texts = []
    for pair in found:
        region = pair.value
        if pair.target in calls:
            texts.append(calls[pair.target].around(syntax, region, layout))
            continue
        source = syntax.text[region.outer_start : region.outer_end]
        head = f"{syntax.source(pair.target)} = "
        if len(split_lines(source)) > 1:
            own = region.opening or has_own_brackets(region.node)
            source = realigned(syntax, region.node, source, region.outer_start, column + len(head), layout)
            source = source if own else f"({source})"
        texts.append(head + source)
    return texts


def _comments_between(syntax: Syntax, statement: Statement, found: list[assignments.Pair]) -> bool:
    at = statement.start
    for start, end in sorted(
        [(p.value.outer_start, p.value.outer_end) for p in found] + [syntax.span(p.target) for p in found]
    ):
        if syntax.has_comment(at, start):
            return True
        at = end
    return syntax.has_comment(at, statement.end)


def through_names(syntax: Syntax, statement: Statement, calls: Mapping[ast.expr, Writer]) -> Edit:
    """`self.a, n = f()` → `a, n = f()`, and a statement for each given target with its name."""
    node = statement.node
    assert isinstance(node, ast.Assign)
    assignments.check_order(node, calls)
    taken = names_in([statement.function or syntax.tree])
    layout = layout_of(syntax, statement, len(syntax.indentation(statement.start)))
    changes: list[Change] = []
    texts = []
    for target, write in calls.items():
        assert isinstance(target, ast.Attribute)
        name = free_name(target.attr, taken)
        taken.add(name)
        changes.append((*syntax.span(target), name))
        texts.append(write(name, layout))
    return replaced(syntax, statement, [syntax.changed(statement.start, statement.end, changes), *texts])


def _setattr(syntax: Syntax, statement: Statement, call: Call) -> Edit:
    """`setattr(self, name, v)` → `self.register_buffer(name, v)`, with the arguments where they are."""
    node = statement.node
    assert isinstance(node, ast.Expr)
    assert isinstance(node.value, ast.Call)
    receiver, name, value = node.value.args
    end = statement.end
    first, last = syntax.span(name)
    comma = next(at for at, mark in syntax.marks(syntax.span(receiver)[1], first) if mark == ",")
    name_start = next((at for at, _ in syntax.marks(comma + 1, first)), first)
    name_end = next(at for at, mark in syntax.marks(last, syntax.span(value)[0]) if mark == ",")
    opening = next(
        at for at, mark in syntax.marks(syntax.span(node.value.func)[1], name_start) if mark == "("
    )
    if syntax.has_comment(opening, syntax.span(receiver)[0]) or syntax.has_comment(
        syntax.span(receiver)[1], name_start
    ):
        raise CannotRewrite("a comment stands beside the object that gets the attribute")
    region = assignments.last_argument(syntax, node.value)
    if node.lineno == node.end_lineno:
        layout = layout_of(syntax, statement, statement.start - syntax.line_start(statement.start))
        written = Call(call.head, (syntax.text[name_start:name_end].rstrip(),), call.after)
        return replaced(syntax, statement, [written.around(syntax, region, layout)])
    gap = syntax.text[opening + 1 : syntax.span(receiver)[0]]
    after = _more_arguments(syntax, region, end - 1, call.after)
    text = f"{call.head}({gap}{syntax.changed(name_start, end, after)}"
    return replaced(syntax, statement, [text])


def _more_arguments(syntax: Syntax, last: Region, end: int, arguments: tuple[str, ...]) -> list[Change]:
    """The change that adds arguments behind the last one of a call that ends at `end`."""
    start = last.outer_start
    comma = next((at for at, mark in syntax.marks(last.outer_end, end) if mark == ","), None)
    if comma is None:
        return [(last.outer_end, last.outer_end, "".join(f", {argument}" for argument in arguments))]
    if syntax.text[syntax.line_start(start) : start].strip():
        return [(comma + 1, comma + 1, "".join(f" {argument}," for argument in arguments))]
    at = syntax.line_end(comma) if syntax.line_end(comma) < end else comma + 1
    separator = syntax.newline(start) + syntax.indentation(start)
    return [(at, at, "".join(f"{separator}{argument}," for argument in arguments))]
