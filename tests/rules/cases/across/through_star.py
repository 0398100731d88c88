"""Star imports, of a package that itself star-imports."""

import torch

from .bases import *
from .models import *
from .models import PublicLayer


class FromStar(Layer):
    def __init__(self):
        super().__init__()
        self.registered = torch.ones(2)
        self.more = make_table()  # expect: TL101


class FromSecondStar(Base):
    def __init__(self):
        super().__init__()
        self.registered = torch.ones(2)
        self.table = TABLE  # expect: TL101


class FromAlias(PublicLayer):
    def __init__(self):
        super().__init__()
        self.more = torch.zeros(2)  # expect: TL101
