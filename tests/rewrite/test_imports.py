"""How a file spells what it takes from torch, and the import that it gets."""

from __future__ import annotations

import pytest

from tests.rewrite.support import apply_edits, places
from torchlint.rewrite import CannotRewrite, ParameterStore, Syntax, make_parameters

CLASS = "class A(Base):\n    def __init__(self):\n        self.x = v\n"


def fix(text):
    given = [ParameterStore(place, name) for name, spots in places(text).items() for place in spots]
    return apply_edits(text, make_parameters(Syntax(text), given))


@pytest.mark.parametrize(
    ("imports", "spelling"),
    [
        ("from torch import nn\n", "nn.Parameter"),
        ("from torch import nn as knots\n", "knots.Parameter"),
        ("import torch.nn as nn\n", "nn.Parameter"),
        ("import torch.nn as tnn\n", "tnn.Parameter"),
        ("import torch\n", "torch.nn.Parameter"),
        ("import torch as th\n", "th.nn.Parameter"),
        ("import torch.nn\n", "torch.nn.Parameter"),
        ("import torch.nn.functional\n", "torch.nn.Parameter"),
        ("from torch.nn import Parameter\n", "Parameter"),
        ("from torch.nn.parameter import Parameter as P\n", "P"),
        ("import torch\nfrom torch import nn\nfrom torch.nn import Parameter\n", "Parameter"),
        ("import torch\nfrom torch import nn\n", "nn.Parameter"),
        ("try:\n    import torch\nexcept ImportError:\n    torch = None\n", "torch.nn.Parameter"),
    ],
)
def test_the_spelling_of_the_file(imports, spelling):
    assert fix(imports + CLASS) == imports + CLASS.replace("v", f"{spelling}(v)", 1)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "from torch import nn\n\n\n"),
        (
            "#!/usr/bin/python\n# coding: utf-8\n\n",
            "#!/usr/bin/python\n# coding: utf-8\n\nfrom torch import nn\n\n\n",
        ),
        ('"""Doc."""\n', '"""Doc."""\n\nfrom torch import nn\n\n'),
        ('"""Doc."""\n\n\n', '"""Doc."""\n\nfrom torch import nn\n\n\n'),
        (
            "from __future__ import annotations\n\n",
            "from __future__ import annotations\n\nfrom torch import nn\n\n",
        ),
        ("import os\n\n", "import os\n\nfrom torch import nn\n\n"),
        ("import numpy\nfrom .a import b\n", "import numpy\nfrom torch import nn\nfrom .a import b\n"),
        (
            "from torch import Tensor\nimport x\n",
            "from torch import Tensor\nfrom torch import nn\nimport x\n",
        ),
        (
            "import torch.nn.functional as F; x = (\n  1)\n",
            "import torch.nn.functional as F; x = (\n  1)\nfrom torch import nn\n",
        ),
        (
            "import numpy\nif TYPE_CHECKING:\n    import torch\n",
            "import numpy\nfrom torch import nn\nif TYPE_CHECKING:\n    import torch\n",
        ),
        ("import torch\ntorch = 3\n", "import torch\nfrom torch import nn\ntorch = 3\n"),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_an_import_is_added(before, after, newline):
    text = (before + CLASS).replace("\n", newline)
    assert fix(text) == (after + CLASS.replace("v", "nn.Parameter(v)", 1)).replace("\n", newline)


def test_the_name_nn_may_be_taken():
    assert fix(f"from flax import nn\n{CLASS}") == (
        f"from flax import nn\nfrom torch.nn import Parameter\n{CLASS.replace('v', 'Parameter(v)', 1)}"
    )
    with pytest.raises(CannotRewrite, match="mean something else in this file"):
        fix(f"from flax import nn, Parameter\n{CLASS}")


def test_an_import_behind_the_class_is_no_place_for_another():
    assert fix(f"{CLASS}import torch.nn.functional as F\n").startswith("from torch import nn\n\n\nclass A")


def test_a_statement_at_the_start_of_the_file():
    assert fix("self.x = v\n") == "from torch import nn\n\nself.x = nn.Parameter(v)\n"


def test_one_import_for_several():
    text = "class A(Base):\n    def __init__(self):\n        self.x = v\n        self.y = v\n"
    assert fix(text).count("import") == 1


@pytest.mark.parametrize(
    ("text", "spelling"),
    [
        ("def f(self):\n    from torch import nn\n    self.x = v\n", "nn.Parameter"),
        ("def f(self):\n    if v:\n        import torch\n        self.x = v\n", "torch.nn.Parameter"),
        ("import torch\ndef f(self, torch):\n    from torch import nn as n\n    self.x = v\n", "n.Parameter"),
        (
            "import torch\nfrom torch import nn\ndef f(self):\n    nn = 1\n    self.x = v\n",
            "torch.nn.Parameter",
        ),
        ("def f(self):\n    from torch import nn\n    def g():\n        self.x = v\n", "nn.Parameter"),
    ],
)
def test_imports_and_names_of_a_function(text, spelling):
    assert fix(text) == text.replace("self.x = v", f"self.x = {spelling}(v)")


@pytest.mark.parametrize(
    "text",
    [
        "def f(self):\n    if v:\n        from torch import nn\n    self.x = v\n",
        "def f(self):\n    self.x = v\n    from torch import nn\n",
        "def g():\n    from torch import nn\ndef f(self):\n    self.x = v\n",
    ],
)
def test_an_import_that_has_not_been_run_does_not_count(text):
    assert fix(text).startswith("from torch.nn import Parameter\n\n\ndef ")
    assert "self.x = Parameter(v)" in fix(text)
