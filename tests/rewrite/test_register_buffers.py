"""`self.x = v` to `self.register_buffer("x", v)`: what each form of assignment becomes."""

from __future__ import annotations

import pytest

from tests.rewrite.support import apply_edits, in_method, places
from tests.rewrite.tables import rewritten, rows
from torchlint.findings import Place
from torchlint.rewrite import BufferStore, BufferStyle, CannotRewrite, Syntax, register_buffers


def registered(syntax, given, persistent=False):
    stores = [BufferStore(place, name or None, persistent) for name, place in given]
    return register_buffers(syntax, stores, BufferStyle.REGISTER_BUFFER)


def fix(text, names=None, persistent=False):
    given = [
        (n, place) for n, spots in places(text).items() for place in spots if names is None or n in names
    ]
    return apply_edits(text, registered(Syntax(text), given, persistent))


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

CHAINS = r"""
self.a = self.b = v
--->
self.register_buffer("a", v, persistent=False)
self.register_buffer("b", self.a, persistent=False)
====
self.a = self.b = None
--->
self.register_buffer("a", None, persistent=False)
self.register_buffer("b", None, persistent=False)
====
self.keep = self.b = None
--->
self.keep = None
self.register_buffer("b", None, persistent=False)
====
a = self.x = v  # why
--->
a = v  # why
self.register_buffer("x", a, persistent=False)
====
self.x = a = (
    v  # why
)
--->
a = (
    v  # why
)
self.register_buffer("x", a, persistent=False)
====
a = self.x = torch.tensor([[1, 2],
                           [3, 4]])
--->
a = torch.tensor([[1, 2],
                  [3, 4]])
self.register_buffer("x", a, persistent=False)
====
a = b = self.x = v
--->
a = b = v
self.register_buffer("x", a, persistent=False)
====
self.x = other.keep = z[0] = v
--->
self.register_buffer("x", v, persistent=False)
other.keep = z[0] = self.x
====
other.keep = self.x = z[0] = self.y = v
--->
self.register_buffer("x", v, persistent=False)
other.keep = z[0] = self.x
self.register_buffer("y", self.x, persistent=False)
====
(p, q) = self.x = v
--->
self.register_buffer("x", v, persistent=False)
(p, q) = self.x
"""

TUPLES = r"""
self.a, self.b = torch.zeros(1), torch.ones(2)  # both
--->
self.register_buffer("a", torch.zeros(1), persistent=False)  # both
self.register_buffer("b", torch.ones(2), persistent=False)
====
self.a, n = (
    torch.zeros(1),
    torch.ones(
        2
    ),
)
--->
self.register_buffer("a", torch.zeros(1), persistent=False)
n = torch.ones(
    2
)
====
self.keep, self.a = (
    one
    + two,
    v,
)
--->
self.keep = (one
    + two)
self.register_buffer("a", v, persistent=False)
====
[self.a, (self.b, keep)] = v, (w, 3)
--->
self.register_buffer("a", v, persistent=False)
self.register_buffer("b", w, persistent=False)
keep = 3
====
self.a, self.b = v, self.f(1)
--->
a, b = v, self.f(1)
self.register_buffer("a", a, persistent=False)
self.register_buffer("b", b, persistent=False)
====
n, self.a = 3, torch.zeros(n)
--->
n, a = 3, torch.zeros(n)
self.register_buffer("a", a, persistent=False)
====
self.a, self.b = (
    v,  # one
    w,  # two
)
--->
a, b = (
    v,  # one
    w,  # two
)
self.register_buffer("a", a, persistent=False)
self.register_buffer("b", b, persistent=False)
====
self.a, n, self.b = f(v)
--->
a, n, b = f(v)
self.register_buffer("a", a, persistent=False)
self.register_buffer("b", b, persistent=False)
====
self.v, self.max = f(v)
--->
v_value, max_value = f(v)
self.register_buffer("v", v_value, persistent=False)
self.register_buffer("max", max_value, persistent=False)
====
self._a, *self.b = f(v)
--->
a, *b = f(v)
self.register_buffer("_a", a, persistent=False)
self.register_buffer("b", b, persistent=False)
====
self.a = (self.b, c) = f(v)
--->
a = (b, c) = f(v)
self.register_buffer("a", a, persistent=False)
self.register_buffer("b", b, persistent=False)
====
self.a, = v,
--->
self.register_buffer("a", v, persistent=False)
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
    ("before", "after"), [row for table in (SIMPLE, LAYOUT, CHAINS, TUPLES, PLACES) for row in rows(table)]
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


REFUSED = {
    "for self.x in v: pass": "the target of a `for` loop cannot be a call",
    "async def g():\n    async for self.x in v: pass": "the target of a `for` loop cannot be a call",
    "with v as self.x: pass": "the target of a `with` statement cannot be a call",
    "with v as (self.x, y): pass": "the target of a `with` statement cannot be a call",
    "del self.x": "the target of a `del` statement cannot be a call",
    "self.x += v": "the target of an augmented assignment cannot be a call",
    "y = [0 for self.x in v]": "the target of a comprehension cannot be a call",
    "y = lambda: setattr(self, 'x', v)": "the call of `setattr` is no statement of its own",
    "y = setattr(self, 'x', v)": "the call of `setattr` is no statement of its own",
    "setattr(self, 'x', *v)": "the call is no plain `setattr(object, name, value)`",
    "(setattr(self, 'x', v))": "the call of `setattr` stands in parentheses",
    "self.f().x = v": "the object that gets the attribute is given by more than a name",
    "self.__x = v": "`__x` is a private name of the class, which cannot be written as a string",
    "i = self.heads[i].x = v": "one target of the statement depends on another",
    "self.x, z[self.x] = v": "one target of the statement depends on another",
    "self, self.x = v": "one target of the statement depends on another",
    "(self  # here\n .x) = v": "a comment stands inside the target",
    "(  # here\n self.x) = v": "a comment stands among the targets",
    "setattr(self,  # here\n  'x', v)": "a comment stands beside the object that gets the attribute",
}


@pytest.mark.parametrize(("body", "reason"), REFUSED.items())
def test_what_cannot_be_rewritten(body, reason):
    with pytest.raises(CannotRewrite) as error:
        fix(in_method(body))
    assert error.value.reason == reason


def test_class_level_code_cannot_be_rewritten():
    with pytest.raises(CannotRewrite, match="in the body of a class"):
        fix("class A:\n    other.x = v\n")


def test_one_place_given_twice():
    text = in_method("self.x = v")
    (place,) = places(text)["x"]
    same = [BufferStore(place, "x", False)] * 2
    fixed = apply_edits(text, register_buffers(Syntax(text), same, BufferStyle.REGISTER_BUFFER))
    assert fixed.count("register_buffer") == 1
    with pytest.raises(CannotRewrite, match="given twice"):
        register_buffers(Syntax(text), [same[0], BufferStore(place, "x", True)], BufferStyle.REGISTER_BUFFER)


def test_a_place_without_a_store():
    for place in (Place(1, 1, 1, 2), Place(4, 9, 4, 12), Place(9, 1, 9, 2), Place(0, 0, 0, 0)):
        with pytest.raises(CannotRewrite, match="no assignment at this place"):
            register_buffers(
                Syntax(in_method("self.x = v")), [BufferStore(place, "x", True)], BufferStyle.REGISTER_BUFFER
            )


def test_a_text_that_does_not_parse():
    with pytest.raises(SyntaxError):
        register_buffers(
            Syntax("self.x = ("), [BufferStore(Place(1, 1, 1, 7), "x", True)], BufferStyle.NN_BUFFER
        )


def test_nothing_given_nothing_edited():
    assert register_buffers(Syntax("x = 1"), [], BufferStyle.REGISTER_BUFFER) == ()
