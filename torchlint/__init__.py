"""torchlint: finds, fixes and proves tensors that an `nn.Module` does not register."""

from __future__ import annotations

TYPE_CHECKING = False  # as in `typing`, which the command line need not wait for
if TYPE_CHECKING:
    from torch import nn

    from torchlint.project.module_state import ModuleState

__version__ = "0.1.0"


def observe(module: nn.Module) -> ModuleState:
    """The state of a live module and of all its submodules: each attribute, what it is, where torch keeps it.

    Raises TypeError for what is no `nn.Module`, ImportError where torch is not installed.
    """
    from torchlint.runtime.observing import observe as observed  # torch is imported by whoever has a module

    return observed(module)
