"""From a text and an intent to edits: how a statement is written anew, or why it cannot be.

Whether a rewrite is right is for the caller to know; here it is only made, with everything around it left as it is.
"""

from torchlint.rewrite.aliases import used_afterwards
from torchlint.rewrite.buffers import BufferStore, BufferStyle, register_buffers
from torchlint.rewrite.comments import remove_comment_codes
from torchlint.rewrite.containers import Container, ContainerStore, make_containers
from torchlint.rewrite.operations import move_operation_inside
from torchlint.rewrite.parameters import ParameterStore, make_parameters
from torchlint.rewrite.syntax import CannotRewrite, Syntax

__all__ = [
    "BufferStore",
    "BufferStyle",
    "CannotRewrite",
    "Container",
    "ContainerStore",
    "ParameterStore",
    "Syntax",
    "make_containers",
    "make_parameters",
    "move_operation_inside",
    "register_buffers",
    "remove_comment_codes",
    "used_afterwards",
]
