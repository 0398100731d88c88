"""What only the live modules show: state that torch does not register, and that no reading of the source found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from torchlint.files import SourceError, decode, read_bytes
from torchlint.findings import Finding
from torchlint.project.places import AssignedAt, Assignments
from torchlint.rules import all_rules
from torchlint.runtime.verdicts import confirmation
from torchlint.runtime.verification import ClassName, Look

_CODES = {
    "tensor": ("TL101", "is a plain tensor, which torch does not register"),
    "container of tensors": ("TL103", "is a container of tensors, and torch does not look into it"),
    "container of parameters": ("TL104", "is a container of parameters, and torch does not look into it"),
    "container of modules": ("TL105", "is a container of modules, and torch does not look into it"),
    "object holding tensors": ("TL109", "is an object that holds tensors, and torch does not look into it"),
}
_UNFIXABLE = "only the live module shows what it holds"


def unforeseen(
    looks: Iterable[Look], paths: Mapping[str, str], known: Iterable[Finding]
) -> Iterator[Finding]:
    """Findings about the unregistered state of the modules that were seen, each with its verdict.

    `paths` are the checked files (absolute, links followed) as they are displayed: only classes in them are told of.
    `known` are findings that there are already.
    """
    seen = {(one.path, one.class_name, one.attribute) for one in known}
    names = {rule.code: rule.name for rule in all_rules()}
    texts: dict[str, Assignments | None] = {}
    for look in looks:
        for found in look.inspection.attributes:
            told = _CODES.get(found.kind)
            if told is None or not found.unregistered or found.moved or found.saved:
                continue
            holds_none = (
                found.kind == "object holding tensors" and found.moved is None and found.saved is None
            )
            if found.name in look.untold or holds_none:  # a module without parameters, say
                continue
            verdict = confirmation(found, look)
            if verdict.status != "confirmed":  # the time ran out before it was moved
                continue
            prefix, _, attribute = found.name.rpartition(".")
            place = _assigned(look.classes.get(prefix, ()), attribute, paths, texts)
            if place is None:
                continue
            (file, class_name), where = place
            attribute = _written(class_name, attribute)
            key = (paths[file], class_name, attribute)
            if key in seen:
                continue
            seen.add(key)
            code, what = told
            left = "`state_dict()` leaves it out, and `.to()` and `.cuda()` do not move it"
            message = f"`self.{attribute}` {what}: {left}. Only the live module shows it"
            yield Finding(
                code,
                names[code],
                paths[file],
                where.place,
                class_name,
                where.method,
                attribute,
                message,
                where.lines,
                verdict=verdict,
                unfixable=_UNFIXABLE,
            )


def _assigned(
    classes: Iterable[ClassName],
    attribute: str,
    paths: Mapping[str, str],
    texts: dict[str, Assignments | None],
) -> tuple[ClassName, AssignedAt] | None:
    """The class that assigns an attribute, and where. None if that is no class of a checked file."""
    classes = list(classes)
    for computed in (False, True):
        for file, name in classes:
            if file not in texts:
                texts[file] = _assignments(file)
            text = texts[file]
            if text is None:
                continue
            found = text.computed(name) if computed else text.of(name, _written(name, attribute))
            if found is not None:
                return ((file, name), found) if file in paths else None
    return None


def _assignments(file: str) -> Assignments | None:
    try:
        return Assignments(decode(file, read_bytes(Path(file))).text)
    except (SourceError, SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _written(class_name: str, attribute: str) -> str:
    """The name of an attribute of an instance as the class writes it."""
    mangled = f"_{class_name.rpartition('.')[2].lstrip('_')}__"
    return attribute[len(mangled) - 2 :] if attribute.startswith(mangled) else attribute
