"""What to make of an attribute that torch does not register."""

from __future__ import annotations

from collections.abc import Mapping

from torchlint.project.module_state import Kind

INSTEAD: Mapping[Kind, str] = {
    Kind.TENSOR: "a buffer (`register_buffer`) or an `nn.Parameter`",
    Kind.TENSORS: "one buffer each (`register_buffer`)",
    Kind.PARAMETER: "an assignment or `register_parameter`",
    Kind.PARAMETERS: "an `nn.ParameterList` or `nn.ParameterDict`",
    Kind.MODULE: "an assignment or `add_module`",
    Kind.MODULES: "an `nn.ModuleList` or `nn.ModuleDict`",
    Kind.OBJECT: "buffers, of which the object is made when it is needed",
}
"""For each kind, how its sentence `make it …` ends; what is in backticks is code."""
