from .bases import Base as RenamedBase
from .bases import make_table

__all__ = ["RenamedBase", "make_table"]
