"""A class before and after its fix, each built by the same call under the same seed → whether only the fix tells."""

from __future__ import annotations

import json
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, TypeAlias

from torchlint.findings import Finding
from torchlint.runtime.process import Limits, RuntimeFailure, Servers
from torchlint.runtime.verdicts import live_name
from torchlint.runtime.verification import BUILDING, ClassName, ClassRequest, Look

_INTENDED = {
    "TL101": "buffer",
    "TL102": "parameter",
    "TL104": "module",
    "TL105": "module",
    "TL106": "parameter",
}
"""Where torch is to keep the attribute, by the rule whose fix it is."""


@dataclass(frozen=True, slots=True)
class Snapshots:
    """What `worker.snapshot` says of a class: before, before once more in other circumstances, and after."""

    before: Mapping[str, Any]
    again: Mapping[str, Any]
    after: Mapping[str, Any]


Pair: TypeAlias = "tuple[ClassRequest, Look]"
"""A class, and the look that tells by which call it is built."""


def snapshots(
    pairs: Sequence[Pair],
    before: Mapping[str, bytes],
    after: Mapping[str, bytes],
    servers: Servers,
    *,
    python: str | None = None,
    limits: Limits | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[Snapshots | RuntimeFailure]:
    """Build each class with the contents that files had before and have after, by absolute path (links followed).

    Nothing is written where the files are.
    """
    limits = limits or Limits()
    with tempfile.TemporaryDirectory(prefix="torchlint-") as folder:
        overlays = [
            _overlay(folder, str(number), contents) for number, contents in enumerate((before, after))
        ]
        stages = ((overlays[0], False), (overlays[0], True), (overlays[1], False))
        requests = [
            {
                "target": f"{one.path}:{one.class_name}",
                "roots": one.roots,
                "recipe": one.recipe,
                "expression": look.build,
                "inputs": one.inputs,
                "overlay": overlay,
                "again": again,
                "seconds": limits.timeout * BUILDING,
            }
            for one, look in pairs
            for overlay, again in stages
        ]
        tell = None if progress is None else _per_pair(progress)
        replies = servers.ask_all(requests, python=python, limits=limits, progress=tell)
    found: list[Snapshots | RuntimeFailure] = []
    for start in range(0, len(replies), len(stages)):
        three = replies[start : start + len(stages)]
        last = three[-1]
        if isinstance(last, RuntimeFailure) and last.crashed:  # a fix that makes a class crash is a wrong one
            three[-1] = {"snapshot": {"crashes": last.message}}
        failure = next((one for one in three if isinstance(one, RuntimeFailure)), None)
        taken = [one["snapshot"] for one in three if not isinstance(one, RuntimeFailure)]
        found.append(Snapshots(*taken) if failure is None else failure)
    return found


def _per_pair(progress: Callable[[int, int], None]) -> Callable[[int, int], None]:
    """Tell of three requests as of one class."""
    return lambda done, total: progress(done // 3, total // 3)


def _overlay(folder: str, name: str, contents: Mapping[str, bytes]) -> str:
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as stream:
        json.dump({file: data.decode("latin-1") for file, data in contents.items()}, stream)
    return path


Concerned: TypeAlias = "Mapping[Finding, ClassName]"
"""The findings that are fixed, and the class of each as a look names it."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the snapshots of one class tell: what `disproves` the fixes, or why nothing is `shown` for them.

    `differs`: what is not the same from one build to the next, and so was left out.
    `registered`: where torch keeps the attribute of each finding whose assignment was run, after the fix.
    """

    build: str
    disproves: str | None
    unshown: str | None
    registered: Mapping[Finding, Mapping[str, str]]
    outputs: bool
    differs: str | None = None

    def misplaced(self, finding: Finding) -> str | None:
        """Where torch keeps the attribute of a finding, if not where the fix is to put it."""
        intended = None if self.unshown is not None else _intended(finding)
        for name, where in self.registered[finding].items():
            if intended not in (None, where):
                return f"in `{self.build}` torch keeps `{name}` {_where(where)} after it"
        return None

    def shows(self, finding: Finding) -> str:
        """What speaks for a fix."""
        where = _where(next(iter(self.registered[finding].values())))
        if self.differs:
            same = f"what is the same each time still is ({self.differs})"
            return f"in `{self.build}` torch keeps it {where}, the `state_dict` has the keys that it should, and {same}"
        outputs = ", and so is what `forward` returns" if self.outputs else ""
        return f"in `{self.build}` torch keeps it {where}, and all other state is the same{outputs}"


def compare(look: Look, fixed: Concerned, found: Snapshots) -> Comparison:
    """Hold a class after the fixes of a run against what it was."""
    before, again, after = found.before, found.again, found.after
    disproves = unshown = differs = None
    raised = before.get("raises") or again.get("raises")
    if raised is not None:
        unshown = f"without it, too, `{look.build}` raises {raised}"
    elif "crashes" in after:
        disproves = f"with `{look.build}` {after['crashes']} after it"
    elif "raises" in after:
        disproves = f"`{look.build}` raises {after['raises']} after it"
    else:
        disproves = _disproof(look, fixed, found) if before["keys"] == again["keys"] else None
        unshown = _unshown(look.build, found) if disproves is None else None
        differs = _differs(found)
    where = after.get("registered", {})
    registered = {
        finding: {name: where.get(name, "nowhere") for name in names}
        for finding, cls in fixed.items()
        if (names := _places(look, cls, finding))
    }
    outputs = before.get("outputs")
    compared = outputs is not None and "raises" not in outputs
    return Comparison(look.build, disproves, unshown, registered, compared, differs)


def _places(look: Look, cls: ClassName, finding: Finding) -> tuple[str, ...]:
    """The dotted names of an attribute that an assignment left unregistered: in instances of the very class, if any."""
    first, last = finding.statement
    if not any(file == cls[0] and first <= line <= last for file, line in look.reached):
        return ()
    plain = {one.name for one in look.inspection.attributes if one.unregistered}
    names = [
        (classes[0] == cls, name)
        for prefix, classes in look.classes.items()
        if cls in classes and (name := _under(prefix, live_name(cls[1], finding.attribute or ""))) in plain
    ]
    exact = tuple(name for is_exact, name in names if is_exact)
    return exact or tuple(name for _, name in names)


def _under(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name


def _intended(finding: Finding) -> str | None:
    if finding.fix is not None and finding.fix.persistent is False:
        return "transient buffer"
    return _INTENDED.get(finding.code)


def _where(registration: str) -> str:
    return {
        "plain": "as a plain attribute",
        "nowhere": "nowhere",
        "transient buffer": "as a buffer that is not saved",
    }.get(registration, f"as a {registration}")


def _disproof(look: Look, fixed: Concerned, found: Snapshots) -> str | None:
    attributes = {finding: live_name(cls[1], finding.attribute or "") for finding, cls in fixed.items()}
    touched = [
        _under(prefix, attributes[finding])
        for prefix, classes in look.classes.items()
        for finding, cls in fixed.items()
        if cls in classes
    ]
    answer = (
        _keys(touched, found.before, found.after)
        or _values(set(attributes.values()), found)
        or _settings(found)
        or _outputs(found)
    )
    return None if answer is None else f"in `{look.build}` {answer}"


def _keys(touched: Sequence[str], before: Mapping[str, Any], after: Mapping[str, Any]) -> str | None:
    if before["keys"] is None:
        return None
    if after["keys"] is None:
        return "`state_dict()` raises an exception after it"
    for key in sorted(set(before["keys"]) - set(after["keys"])):
        return f"the `state_dict` has no key `{key}` any more after it"
    for key in sorted(set(after["keys"]) - set(before["keys"])):
        if not any(key == name or key.startswith(f"{name}.") for name in touched):
            return f"the `state_dict` gains the key `{key}` as well"
    return None


def _values(attributes: Set[str], found: Snapshots) -> str | None:
    """A tensor whose value differs, by name; under other names there must be as many of each value."""
    before, after = _steady(found, "values"), found.after["values"]
    for name, digest in before.items():
        if name in after and digest != after[name]:
            return f"`{name}` has another value after it"
    new = {name: after[name] for name in after if name not in found.before["values"]}
    left = Counter(new.values())
    lost = Counter[str]()
    for name, digest in before.items():
        if name not in after:
            lost[digest] += 1
            if lost[digest] > left[digest]:
                return f"there is no tensor `{name}` after it"
    for name, digest in new.items():
        if attributes.isdisjoint(name.split(".")) and not lost[digest]:
            return f"there is a tensor `{name}` after it, which there was not"
    return None


def _settings(found: Snapshots) -> str | None:
    after = found.after["settings"]
    for name, value in _steady(found, "settings").items():
        if after.get(name, value) != value:
            return f"`{name}` is {_short(after[name])} after it, and {_short(value)} without"
    return None


def _outputs(found: Snapshots) -> str | None:
    before, after = found.before["outputs"], found.after["outputs"]
    if before is None or "raises" in before or before != found.again["outputs"] or before == after:
        return None
    if after is not None and "raises" in after:
        return f"`forward` raises {after['raises']} after it"
    return "`forward` returns something else after it, for the same inputs and seed"


def _steady(found: Snapshots, what: str) -> dict[str, Any]:
    """What is the same each time before the fix."""
    again = found.again[what]
    return {name: value for name, value in found.before[what].items() if again.get(name) == value}


def _unshown(build: str, found: Snapshots) -> str | None:
    """What of the class cannot be compared."""
    before = found.before
    if before["keys"] is None:
        return f"in `{build}` `state_dict()` raises an exception"
    if before["keys"] != found.again["keys"]:
        return f"in `{build}` the `state_dict` has not the same keys each time"
    for name, digest in before["values"].items():
        if digest is None:
            return f"in `{build}` the numbers of `{name}` cannot be read"
    return None


def _differs(found: Snapshots) -> str | None:
    """What of the class is not the same from one build to the next, before the fix."""
    before, again = found.before, found.again
    for what in ("values", "settings", "outputs"):
        if before[what] != again[what]:
            names = sorted(
                name
                for name in {*(before[what] or ()), *(again[what] or ())}
                if (before[what] or {}).get(name) != (again[what] or {}).get(name)
            )
            which = "what `forward` returns" if what == "outputs" else f"`{names[0]}`"
            more = f" and {len(names) - 1} more" if what != "outputs" and len(names) > 1 else ""
            return f"not {which}{more}, which differs from one time to the next, under the same seed too"
    return None


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"
