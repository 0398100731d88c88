"""A live module → its observed `ModuleState`, the type that is predicted from the source."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from torchlint.project.module_state import AttributeState, Kind, ModuleState, Registration

if TYPE_CHECKING:
    from torch import nn


def observe(module: nn.Module) -> ModuleState:
    """The state of a live module and of all its submodules, each attribute under its dotted name in the tree.

    Raises TypeError for what is no `nn.Module`, ImportError where torch is not installed.
    """
    from torch import nn

    from torchlint.runtime.worker.observation import observe as look

    if not isinstance(module, nn.Module):
        raise TypeError(f"an nn.Module is to be observed, not {type(module).__name__}")
    attributes = tuple(
        AttributeState(
            one.observed.name,
            Kind(one.observed.kind),
            Registration(one.observed.registration),
            container=one.observed.container,
            alias=one.observed.alias is not None,
            owner=one.observed.owner,
            persistent=one.observed.persistent,
        )
        for one in look(module)
    )
    cls = type(module)
    return ModuleState(_file_of(cls), cls.__qualname__.replace(".<locals>", ""), attributes)


def _file_of(cls: type) -> str:
    """The file that a class is written in; empty where there is none, as in an interactive session."""
    try:
        return inspect.getsourcefile(cls) or ""
    except (OSError, TypeError):
        return ""
