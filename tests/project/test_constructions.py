"""The calls that build a class, as far as their arguments can be told from the text."""

from __future__ import annotations

import pytest

from torchlint.project.constructions import constructions


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("Net(4, d=8)", ["4, d=8"]),
        ("def test():\n    size, n = 3, -1\n    return Net(size, n)", ["3, -1"]),
        ("size = 3\nsize = 4\nNet(size)", []),
        ("def test(size):\n    Net(size)", []),
        ("Net(*[f(x) for x in y], **z)", []),
        ("Net(**z)", []),
        ("Net(lambda: 1)", []),
        ("pkg.Net(nn.Linear(2, 3), torch.ones(2), Other(1))", ["nn.Linear(2, 3), torch.ones(2), Other(1)"]),
        ("Net(1000000000)", []),
        ('class Net:\n    """Text.\n\n    >>> size = 2\n    >>> Net(\n    ...     size)\n    """', ["2"]),
        ('def f():\n    """Example::\n\n        net = Net(7)\n    """', ["7"]),
        ("Net(", []),
    ],
)
def test_the_calls_whose_arguments_the_text_tells(text, arguments):
    assert [one.arguments for _, one in constructions(text, {"Net"})] == arguments
