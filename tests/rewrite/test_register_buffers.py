"""`self.x = v` to `self.register_buffer("x", v)`: what each form of assignment becomes."""

from __future__ import annotations

import pytest

from tests.rewrite.registering import fix, registered
from tests.rewrite.support import apply_edits, in_method, places
from tests.rewrite.tables import rewritten, rows
from torchlint.rewrite import BufferStore, BufferStyle, Syntax, register_buffers

SIMPLE = r"""
self.x = v
--->
self.register_buffer("x", v, persistent=False)
====
self.x = v  # noqa: TL101
--->
self.register_buffer("x", v, persistent=False)  # noqa: TL101
====
self.head.x = v
--->
self.head.register_buffer("x", v, persistent=False)
====
self.heads[0].x = v
--->
self.heads[0].register_buffer("x", v, persistent=False)
====
(self.x) = (v)
--->
self.register_buffer("x", v, persistent=False)
====
self \
    .x = v
--->
self.register_buffer("x", v, persistent=False)
====
self.x = None
--->
self.register_buffer("x", None, persistent=False)
====
self.x = yield v
--->
self.register_buffer("x", (yield v), persistent=False)
====
self.x = (yield v)
--->
self.register_buffer("x", (yield v), persistent=False)
====
self.x = (y := v)
--->
self.register_buffer("x", (y := v), persistent=False)
====
self.x = v if v else w
--->
self.register_buffer("x", v if v else w, persistent=False)
====
self.x = lambda: v
--->
self.register_buffer("x", lambda: v, persistent=False)
====
self.x = v, w
--->
self.register_buffer("x", (v, w), persistent=False)
====
self.x = (v,)
--->
self.register_buffer("x", (v,), persistent=False)
====
self.x = *v, w
--->
self.register_buffer("x", (*v, w), persistent=False)
====
self.x = (v), (w)
--->
self.register_buffer("x", ((v), (w)), persistent=False)
====
self.x = (i for i in v)
--->
self.register_buffer("x", (i for i in v), persistent=False)
====
self.x = f("# not (a) comment")  # one
--->
self.register_buffer("x", f("# not (a) comment"), persistent=False)  # one
"""

LAYOUT = r"""
self.x = (
    a + b  # why
)
--->
self.register_buffer(
    "x", a + b, persistent=False  # why
)
====
self.x = (  # noqa: TL101
    a
    + b  # why
    # at last
)  # end
--->
self.register_buffer(  # noqa: TL101
    "x",
    a
    + b,  # why
    # at last
    persistent=False,
)  # end
====
self.x = (
    a
    + b)
--->
self.register_buffer(
    "x",
    a
    + b,
    persistent=False)
====
self.x = (a  # first
          + b)
--->
self.register_buffer("x", a  # first
                          + b, persistent=False)
====
self.x = (
    yield v  # why
)
--->
self.register_buffer("x", (
    yield v  # why
), persistent=False)
====
self.pe = torch.zeros(
    n, d
)
--->
self.register_buffer("pe", torch.zeros(
    n, d
), persistent=False)
====
self.pe = torch.tensor([[1, 2],  # first

                        [3, 4]])
--->
self.register_buffer("pe", torch.tensor([[1, 2],  # first

                                         [3, 4]]), persistent=False)
====
self.pe = torch.tensor([1], '''a
                            b''')
--->
self.register_buffer("pe", torch.tensor([1], '''a
                            b'''), persistent=False)
====
self.x = \
    v
--->
self.register_buffer("x", v, persistent=False)
====
self.x = \
    torch.zeros(
        3
    )
--->
self.register_buffer("x", torch.zeros(
    3
), persistent=False)
====
self.x = a + \
    b
--->
self.register_buffer("x", a + \
    b, persistent=False)
====
self.x = torch.some_function(the_first_argument, the_second_argument, third)
--->
self.register_buffer(
    "x",
    torch.some_function(the_first_argument, the_second_argument, third),
    persistent=False,
)
====
self.x = torch.some_function(the_first_argument, the_second_argument, one)  # noqa
--->
self.register_buffer("x", torch.some_function(the_first_argument, the_second_argument, one), persistent=False)  # noqa
====
self.x = (
    torch.some_function(the_first_argument, the_second_argument, third_one)  # why
)
--->
self.register_buffer(
    "x",
    torch.some_function(the_first_argument, the_second_argument, third_one),  # why
    persistent=False,
)
"""

PLACES = r"""
if v: self.x = v
--->
if v: self.register_buffer("x", v, persistent=False)
====
if v: self.a = self.b = v
else: self.a, self.b = f()
--->
if v: self.register_buffer("a", v, persistent=False); self.register_buffer("b", self.a, persistent=False)
else: a, b = f(); self.register_buffer("a", a, persistent=False); self.register_buffer("b", b, persistent=False)
====
n = 1; a = self.x = v; m = 2  # why
--->
n = 1; a = v; self.register_buffer("x", a, persistent=False); m = 2  # why
====
a = self.x = v;
--->
a = v; self.register_buffer("x", a, persistent=False);
====
for i in v:
    a, self.x = f(i)
--->
for i in v:
    a, x = f(i)
    self.register_buffer("x", x, persistent=False)
====
setattr(self, "x", v)
--->
self.register_buffer("x", v, persistent=False)
====
setattr(self, f"t{i}", (v),)  # why
--->
self.register_buffer(f"t{i}", v, persistent=False)  # why
====
setattr(
    self,
    "x",  # name
    v,  # value
)
--->
self.register_buffer(
    "x",  # name
    v,  # value
    persistent=False,
)
====
setattr(self, "x",
        v)
--->
self.register_buffer("x",
        v, persistent=False)
====
setattr(
    self, "x", f(
        v
    ),
)
--->
self.register_buffer(
    "x", f(
        v
    ), persistent=False,
)
====
self.x: Tensor
self.x = v
--->
self.x: Tensor
self.register_buffer("x", v, persistent=False)
"""


@pytest.mark.parametrize(
    ("before", "after"), [row for table in (SIMPLE, LAYOUT, PLACES) for row in rows(table)]
)
def test_forms(before, after):
    assert rewritten(before, registered) == after


def test_a_persistent_buffer_has_no_third_argument():
    assert (
        rewritten("self.x = v", lambda *a: registered(*a, persistent=True)) == 'self.register_buffer("x", v)'
    )
    after = rewritten("setattr(\n    self,\n    'x',\n    v,\n)", lambda *a: registered(*a, persistent=True))
    assert after == "self.register_buffer(\n    'x',\n    v,\n)"


def test_each_store_has_its_own_persistence():
    text = in_method("self.a = self.b = v")
    (a,), (b,) = places(text)["a"], places(text)["b"]
    stores = [BufferStore(b, "b", True), BufferStore(a, "a", False)]
    fixed = apply_edits(text, register_buffers(Syntax(text), stores, BufferStyle.REGISTER_BUFFER))
    assert fixed == in_method(
        'self.register_buffer("a", v, persistent=False)\nself.register_buffer("b", self.a)'
    )


def test_only_what_is_given_is_registered():
    text = in_method("self.a, self.b = v, w\nself.c = self.d = v\nself.e = v")
    assert fix(text, {"b", "d"}) == in_method(
        'self.a = v\nself.register_buffer("b", w, persistent=False)\n'
        'self.register_buffer("d", v, persistent=False)\nself.c = self.d\nself.e = v'
    )


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("step", ["\t", "  ", "   "])
def test_newlines_and_indentation_are_those_of_the_statement(newline, step):
    def styled(text):
        return text.replace("    ", step).replace("\n", newline)

    long = "torch.some_function(" + ", ".join(["argument"] * 8) + ")"
    text = in_method(f"é = '日本'; n = 1\nif é:\n    self.x, n = f()\nself.y = {long}")
    after = (
        in_method(
            "é = '日本'; n = 1\nif é:\n    x, n = f()\n    self.register_buffer('x', x, persistent=False)\n"
            f"self.register_buffer(\n    'y',\n    {long},\n    persistent=False,\n)"
        )
        .replace("'x'", '"x"')
        .replace("'y'", '"y"')
    )
    assert fix(styled(text)) == styled(after)


def test_a_file_without_a_last_newline():
    text = in_method("a = self.x = v").rstrip("\n")
    assert fix(text) == in_method('a = v\nself.register_buffer("x", a, persistent=False)').rstrip("\n")


def test_a_form_feed_before_the_statement():
    text = "class A:\n    def f(self):\n\f        a = self.x = v\n"
    after = 'class A:\n    def f(self):\n\f        a = v\n        self.register_buffer("x", a, persistent=False)\n'
    assert fix(text) == after


@pytest.mark.parametrize(
    ("others", "quote"),
    [
        ("", '"'),
        ("a = 'b'\n", '"'),
        ("a = 'b', 'c'\n", "'"),
        ("a = 'b', 'c', \"d\"\n", '"'),
        ("'''b''', b'''c'''\n", '"'),
    ],
)
def test_the_quotation_mark_of_the_file(others, quote):
    text = others.replace("b''''c'''", "b'''c'''") + in_method("self.x = v")
    assert f"self.register_buffer({quote}x{quote}, v" in fix(text)


def test_a_file_with_long_lines_may_get_others():
    long = f"    y = [{'1, ' * 45}]\n"
    text = in_method("self.x = torch.some_function(the_first_argument, the_second_argument, third)")
    assert len(max(fix(text + long).splitlines()[3:5], key=len)) > 88
    assert len(max(fix(f'{text}    """\n{long}    """\n').splitlines()[:8], key=len)) <= 88


def test_another_receiver():
    text = "def build(module):\n    module.x = f()\n"
    assert fix(text) == 'def build(module):\n    module.register_buffer("x", f(), persistent=False)\n'


def test_names_of_nested_functions_are_not_free():
    text = in_method("self.x, self.y = f()\ndef g(x):\n    return lambda y_value: y")
    assert "x_value, y_value_2 = f()" in fix(text)


def test_nothing_given_nothing_edited():
    assert register_buffers(Syntax("x = 1"), [], BufferStyle.REGISTER_BUFFER) == ()
