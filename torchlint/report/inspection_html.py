"""What was observed of a live module, as one page for a browser. It loads nothing, and works without its script."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from importlib import resources
from string import Template
from typing import TYPE_CHECKING

from torchlint import __version__
from torchlint.report.inspection import difference, shape_of, what
from torchlint.report.text import counted, harmless

if TYPE_CHECKING:
    from torchlint.runtime.inspection import Inspection, ObservedAttribute

MOST_OPEN = 200
"""Up to so many attributes all modules are open at first; in a larger tree, those with unregistered state."""

_HEAD = "".join(
    f'<th scope="col">{title}</th>'
    for title in (
        "name",
        "shape",
        "dtype",
        "what",
        "saved",
        "trained",
        "moved",
        "cast",
        "survives",
        "max |Δ|",
    )
)


@dataclass
class _Module:
    """A module of the tree; `attributes` and `missed` (by torch) count those of its submodules too."""

    name: str
    class_name: str
    label: str
    rows: list[ObservedAttribute] = field(default_factory=list)
    children: list[_Module] = field(default_factory=list)
    attributes: int = 0
    missed: int = 0


def inspection_html(inspected: Inspection) -> str:
    """The whole page. What comes from the module is escaped; a policy lets nothing run but the page's own script."""
    style, script = _part("style.css"), _part("script.js")
    root = _tree(inspected)
    anchors = {row.name: f"lost-{number}" for number, row in enumerate(_lost(inspected), start=1)}
    return Template(_part("page.html")).substitute(
        title=f"{_text(inspected.class_name)}: torchlint inspect",
        style=style,
        style_hash=_hash(style),
        script=script,
        script_hash=_hash(script),
        class_name=_text(inspected.class_name),
        about=_about(inspected, root),
        verdict=_verdict(inspected, anchors),
        failures=_failures(inspected),
        tree="\n".join(_module(root, anchors, root.attributes <= MOST_OPEN)),
        moved=_moved(inspected.device),
        version=_text(__version__),
    )


def _part(name: str) -> str:
    return (resources.files("torchlint.report") / "page" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"


def _text(text: str) -> str:
    return escape(harmless(text))


def _code(text: str) -> str:
    """The text, with what is in backticks as code."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", _text(text))


def _lost(inspected: Inspection) -> list[ObservedAttribute]:
    return [row for row in inspected.attributes if row.unregistered]


def _tree(inspected: Inspection) -> _Module:
    root = _Module("", inspected.class_name, inspected.class_name)
    modules = {"": root}
    for row in inspected.attributes:
        above = _ancestors(row.name, modules)
        if row.registration == "module" and row.alias is None:
            modules[row.name] = _Module(row.name, row.module_class or "", _label(row.name, above[0]))
            above[0].children.append(modules[row.name])
            continue
        above[0].rows.append(row)
        for module in above:
            module.attributes += 1
            module.missed += row.unregistered
    return root


def _label(name: str, module: _Module) -> str:
    """The name of what is in a module, without that of the module."""
    return name[len(module.name) + 1 :] if module.name else name


def _ancestors(name: str, modules: dict[str, _Module]) -> list[_Module]:
    """The modules that an attribute is in, the innermost first. A plain attribute's own name may have dots, too."""
    found = []
    while name:
        name = name.rpartition(".")[0]
        if name in modules:
            found.append(modules[name])
    return found


def _about(inspected: Inspection, root: _Module) -> str:
    target, count = _text(inspected.target), counted(root.attributes, "attribute")
    return f"<code>{target}</code>: {count}; moved to <code>{_text(inspected.device)}</code>."


def _verdict(inspected: Inspection, anchors: dict[str, str]) -> str:
    lost = _lost(inspected)
    if not lost:
        return '<p class="y"><strong>All state is registered.</strong></p>'
    rows = "\n".join(
        f'<tr class="lost"><th scope="row"><a class="name" href="#{anchors[row.name]}">{_text(row.name)}</a></th>'
        f"<td><code>{_text(row.owner)}</code></td><td>{_text(what(row))}</td>"
        f"<td>Make it {_code(row.instead)}.</td></tr>"
        for row in lost
    )
    count = counted(len(lost), "attribute")
    return (
        f'<section aria-labelledby="lost-title"><h2 id="lost-title">Not registered: {count}</h2>\n'
        "<p>torch has these registered nowhere. The tree below shows what that does to each.</p>\n"
        f'{_scrolled("Not registered")}<table id="lost"><thead><tr><th scope="col">name</th><th scope="col">class</th>'
        '<th scope="col">what</th><th scope="col">what to write instead</th></tr></thead>\n'
        f"<tbody>\n{rows}\n</tbody></table></div></section>"
    )


def _failures(inspected: Inspection) -> str:
    if not inspected.failures:
        return ""
    listed = "".join(
        f"<li><code>{_text(check)}</code>: {_text(why)}</li>" for check, why in inspected.failures
    )
    return (
        f'<section aria-labelledby="failed-title"><h2 id="failed-title">Not checked</h2>\n'
        f'<ul id="failed">{listed}</ul></section>'
    )


def _moved(device: str) -> str:
    reached = f'<code>.to("{_text(device)}")</code> reached it.'
    if device != "meta":
        return reached
    return (
        f"{reached} No accelerator that torch can use was there; <code>meta</code>, torch's device without storage, "
        "takes along the same tensors as <code>.cuda()</code>."
    )


def _module(module: _Module, anchors: dict[str, str], all_open: bool) -> Iterator[str]:
    opened = " open" if all_open or module.missed or not module.name else ""
    count = counted(module.attributes, "attribute")
    lost = f' <span class="badge">{module.missed} not registered</span>' if module.missed else ""
    class_name = f" <code>{_text(module.class_name)}</code>" if module.name and module.class_name else ""
    yield (
        f'<details{opened} data-module="{_text(module.name)}"><summary><span class="name">{_text(module.label)}</span>'
        f'{class_name} <span class="count">{count}</span>{lost}</summary><div class="body">'
    )
    if module.rows:
        title = f"Attributes of {_text(module.name or module.class_name)}"
        yield f'{_scrolled(title)}<table><caption class="sr">{title}</caption><thead><tr>{_HEAD}</tr></thead><tbody>'
        for row in module.rows:
            yield _row(row, _label(row.name, module), anchors.get(row.name))
        yield "</tbody></table></div>"
    for child in module.children:
        yield from _module(child, anchors, all_open)
    yield "</div></details>"


def _scrolled(title: str) -> str:
    """What is wider than the window can be scrolled, also by keyboard."""
    return f'<div class="scroll" role="group" aria-label="{title}" tabindex="0">'


def _row(row: ObservedAttribute, label: str, anchor: str | None) -> str:
    stands_out, described = "", _text(what(row))
    if anchor is not None:
        stands_out = f' class="lost" id="{anchor}"'
        advice = f'<span class="advice">Make it {_code(row.instead)}.</span>'
        described = f'{described} <span class="badge">not registered</span>{advice}'
    checks = "".join(map(_mark, (row.saved, row.trained, row.moved, row.cast, row.survives)))
    return (
        f'<tr{stands_out} data-name="{_text(row.name)}"><th scope="row" class="name">{_text(label)}</th>'
        f'<td class="shape">{shape_of(row)}</td><td>{_text(row.dtype or "-")}</td><td>{described}</td>'
        f'{checks}<td class="number">{difference(row)}</td></tr>'
    )


def _mark(value: bool | None) -> str:
    kind, sign, word = (
        ("u", "-", "not applicable") if value is None else ("y", "✓", "yes") if value else ("n", "✗", "no")
    )
    return f'<td class="{kind}"><span aria-hidden="true">{sign}</span><span class="sr">{word}</span></td>'
