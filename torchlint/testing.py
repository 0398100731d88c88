"""For the tests of projects that use torch: assert that a module registers its state."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from torchlint.project.module_state import AttributeState, Registration
from torchlint.runtime.instead import INSTEAD
from torchlint.runtime.observing import observe

if TYPE_CHECKING:
    from torch import nn


def assert_registered(module: nn.Module, ignore: Iterable[str] = ()) -> None:
    """Assert that torch has registered every tensor, parameter and module that a live module holds.

    All submodules are looked at. `ignore` has dotted names that may be plain, such as `encoder.cache`; `*` stands for
    any characters. A second name of something registered is no fault. Raises AssertionError, which lists the faults,
    and TypeError for what is no `nn.Module`.
    """
    patterns = (ignore,) if isinstance(ignore, str) else tuple(ignore)
    lost = [
        attribute
        for attribute in observe(module).attributes
        if _is_lost(attribute) and not any(fnmatchcase(attribute.name, pattern) for pattern in patterns)
    ]
    if lost:
        count = "1 attribute" if len(lost) == 1 else f"{len(lost)} attributes"
        listed = "\n".join(
            f"  {one.name} ({one.owner}): a plain {one.kind.value}; make it {INSTEAD[one.kind]}"
            for one in lost
        )
        raise AssertionError(f"torch does not register {count} of {type(module).__name__}:\n{listed}")


def _is_lost(attribute: AttributeState) -> bool:
    return attribute.registration is Registration.PLAIN and not attribute.alias
