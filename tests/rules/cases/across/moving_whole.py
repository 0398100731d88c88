"""Moves what its parts leave behind."""

from torch import nn

from tests.rules.cases.across.moved_part import Part


class Whole(nn.Module):
    def __init__(self):
        super().__init__()
        self.parts = nn.ModuleList([Part()])

    def _apply(self, fn, *args, **kwargs):
        super()._apply(fn, *args, **kwargs)
        for part in self.parts:
            part.anchors = fn(part.anchors)
        return self
