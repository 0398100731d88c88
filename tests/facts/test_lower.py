"""Lowering: every form of statement and expression, with places that point at the right text."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from torchlint.facts import ir
from torchlint.facts.index import index, parse
from torchlint.facts.lower import lower_definition, lower_function, lower_statement
from torchlint.facts.model import FileFacts, Span
from torchlint.files import split_lines
from torchlint.findings import Place


def facts_of(text: str) -> FileFacts:
    return index("a.py", text, text.encode())


def function(text: str, name: str = "f") -> ir.Function:
    return lower_function(split_lines(text), facts_of(text).functions[name].span, name)


def body(source: str) -> ir.Block:
    return function("async def f(self, x):\n" + textwrap.indent(source, "    ")).body


def method(text: str, cls: str, name: str) -> ir.Function:
    facts = facts_of(text).classes[cls].methods[name][-1]
    return lower_function(split_lines(text), facts.span, facts.qualname)


def places(node: object) -> Iterator[Place]:
    if isinstance(node, Place):
        yield node
    elif isinstance(node, tuple):
        for part in node:
            yield from places(part)


def at(text: str, place: Place) -> str:
    lines = split_lines(text)[place.line - 1 : place.end_line]
    lines[-1] = lines[-1][: place.end_column - 1]
    lines[0] = lines[0][place.column - 1 :]
    return "".join(lines)


@pytest.mark.parametrize(
    ("source", "kinds"),
    [
        ("self.a = self.b = x", [ir.Assign]),
        ("self.a: Tensor = x", [ir.Assign]),
        ("self.a: Tensor", [ir.Assign]),
        ("self.a += x", [ir.AugAssign]),
        ("self.a[0] = x; self.b = x", [ir.Assign, ir.Assign]),
        ("(self.a, *self.b), [c] = x", [ir.Assign]),
        ("x", [ir.Evaluate]),
        ("if x: pass\nelif y: z\nelse: w", [ir.If]),
        ("for a in x: a\nelse: b", [ir.For]),
        ("async for a in x: a", [ir.For]),
        ("while x: break\nelse: continue_ = 1", [ir.While]),
        ("with x as a, y: a", [ir.With]),
        ("async with x as a: a", [ir.With]),
        ("try: a\nexcept E as e: b\nelse: c\nfinally: d", [ir.Try]),
        ("return x", [ir.Return]),
        ("return", [ir.Return]),
        ("raise x", [ir.Jump]),
        ("assert x, y", [ir.Assert]),
        ("del self.a, x", [ir.Delete]),
        ("def g(a, /, b=1, *c, d, e=2, **h): return a", [ir.Define]),
        ("async def g(): await x", [ir.Define]),
        ("class G(nn.Module): pass", [ir.DefineClass]),
        ("import a.b, c as d", [ir.Bind, ir.Bind]),
        ("from ..a import b as c, d", [ir.Bind, ir.Bind]),
        ("match x:\n    case [a, *b]: c\n    case {'k': d, **e}: d\n    case _: f", [ir.Branches]),
        ("pass\nglobal g", []),
    ],
)
def test_statements(source: str, kinds: list[type]) -> None:
    assert [type(statement) for statement in body(source)] == kinds


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("None", ir.Const(None)),
        ("-3", ir.Const(-3)),
        ("b'x'", ir.Const(...)),
        ("1j", ir.Const(1j)),
        ("a", ir.Name("a")),
        ("a.b", ir.Attribute(ir.Name("a"), "b")),
        ("a[1:2]", ir.Subscript(ir.Name("a"), ir.NOTHING)),
        ("a + b", ir.Binary(ir.Name("a"), "Add", ir.Name("b"))),
        ("not a", ir.Unary("Not", ir.Name("a"))),
        ("a is b", ir.Compare(ir.Name("a"), "Is", ir.Name("b"))),
        ("a and b", ir.BoolOp(True, (ir.Name("a"), ir.Name("b")))),
        ("a if b else c", ir.IfExp(ir.Name("b"), ir.Name("a"), ir.Name("c"))),
        ("[a, *b]", ir.Sequence("list", (ir.Name("a"), ir.Starred(ir.Name("b"))))),
        ("{a}", ir.Sequence("set", (ir.Name("a"),))),
        ("{a: b, **c}", ir.Mapping((ir.Name("a"), None), (ir.Name("b"), ir.Name("c")))),
        ("(a := b)", ir.Walrus("a", ir.Name("b"))),
        ("f'a{b}c'", ir.Format(("a", ir.Name("b"), "c"))),
        ("(yield a)", ir.Yield("yield", ir.Name("a"))),
        ("await a", ir.Yield("await", ir.Name("a"))),
    ],
)
def test_expressions(source: str, expected: ir.Expr) -> None:
    (statement,) = body(source)
    assert isinstance(statement, ir.Evaluate)
    assert statement.value == expected


def test_a_chain_of_comparisons_is_a_conjunction() -> None:
    (statement,) = body("a < b < c")
    assert isinstance(statement, ir.Evaluate)
    assert isinstance(statement.value, ir.BoolOp)
    assert len(statement.value.values) == 2


@pytest.mark.parametrize("kind", ["list", "set", "dict", "generator"])
def test_comprehensions(kind: str) -> None:
    source = {"list": "[{}]", "set": "{{{}}}", "dict": "{{a: {}}}", "generator": "({})"}[kind].format(
        "a for a in b if c"
    )
    (statement,) = body(source)
    assert isinstance(statement, ir.Evaluate)
    assert isinstance(statement.value, ir.Comprehension)
    assert statement.value.kind == kind
    assert (statement.value.key is not None) == (kind == "dict")


def test_parameters() -> None:
    lowered = function("def f(a: 'Tensor | None', /, b=1, *c: int, d, e=2, **g): yield")
    assert [(p.name, p.kind) for p in lowered.parameters] == [
        ("a", "positional"), ("b", "positional"), ("c", "args"), ("d", "keyword"), ("e", "keyword"), ("g", "kwargs"),
    ]  # fmt: skip
    assert lowered.parameters[0].annotation == ir.Binary(ir.Name("Tensor"), "BitOr", ir.Const(None))
    assert [p.default for p in lowered.parameters] == [None, ir.Const(1), None, None, ir.Const(2), None]
    assert lowered.is_generator


def test_an_annotation_that_is_no_python_says_nothing() -> None:
    assert function("def f(a: '1 +'): pass").parameters[0].annotation == ir.NOTHING


ODD = {
    "plain": "class A:\n    def f(self):\n        self.a = g(1)\n",
    "not ascii before": "class A:\n    def f(self):\n        'é𝒳ü'; self.a = g('ß')\n",
    "tabs": "class A:\n\tdef f(self):\n\t\tself.a = g(1)\n",
    "crlf": "class A:\r\n    def f(self):\r\n        self.a = g(\r\n            1)\r\n",
    "carriage returns": "class A:\r    def f(self):\r        self.a = g(1)\r",
    "form feed": "\fclass A:\n    x = 1\n\f\n    def f(self):\n\f        self.a = g(1)\n",
    "decorated": "class A:\n    @property\n    @other(1,\n           2)\n    def f(self):\n        self.a = g(1)\n",
    "async": "class A:\n    async def f(self):\n        self.a = g(1)\n",
    "one line": "class A:\n    def f(self): self.a = g(1)\n",
    "in a condition": "class A:\n    if x:\n        def f(self): self.a = g(1)\n",
    "separators in a string": "class A:\n    def f(self):\n        x = '\x0b\x1c\u2028'\n        self.a = g(1)\n",
    "continued": "class A:\n    def f(self):\n        self.a = \\\n            g(1)\n",
    "comment at the end": "class A:\n    def f(self):\n        self.a = g(1) # é",
    "string over lines": "class A:\n    def f(self):\n        '''é\nü'''; self.a = g(1)\n",
}


@pytest.mark.parametrize("name", ODD)
def test_places_point_at_the_text(name: str) -> None:
    text = ODD[name]
    lowered = method(text, "A", "f")
    found = {
        at(text, place).replace("\r\n            ", "").replace("'ß'", "1") for place in places(lowered.body)
    }
    assert {"self.a", "g(1)"} <= found


def test_form_feed_before_a_function() -> None:
    assert function("x = 1\n\fdef f():\n    return x\n").body == (ir.Return(ir.Name("x")),)
    assert method("class A:\n\f    def f(self): return 1\n", "A", "f").body == (ir.Return(ir.Const(1)),)


def test_nested_classes_and_functions_have_qualified_names() -> None:
    text = textwrap.dedent("""\
        class A:
            class B:
                def f(self):
                    def g():
                        class C: pass
                        return lambda: C
        def h():
            class D(A):
                def f(self): pass
        """)
    facts = facts_of(text)
    assert set(facts.classes) == {"A", "A.B", "A.B.f.g.C", "h.D"}
    (define,) = method(text, "A.B", "f").body
    assert isinstance(define, ir.Define)
    assert define.function.qualname == "A.B.f.g"
    assert define.function.body[0] == ir.DefineClass("C", "A.B.f.g.C")


def test_statements_that_share_a_line() -> None:
    text = "a = 1; b = 2\n"
    (definition,) = facts_of(text).names["b"]
    assert definition.assigned == Span(1, 1)
    statements = lower_statement(split_lines(text), definition.assigned)
    assert [statement.targets for statement in statements if isinstance(statement, ir.Assign)] == [
        (ir.Name("a"),),
        (ir.Name("b"),),
    ]


def test_lines_that_hold_no_function() -> None:
    with pytest.raises(SyntaxError):
        lower_function(["x = 1\n"], Span(1, 1), "f")


NAMES = st.sampled_from(["a", "self", "self.b", "é", "x[0]", "c.d.e"])
ATOMS = st.one_of(NAMES, st.sampled_from(["1", "'ü'", "None", "...", "1.5", "b''", "-2", "f'{a}é'"]))
EXPRESSIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+*@-"), inner).map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
        st.lists(inner, max_size=3).map(lambda p: f"f({', '.join(p)})"),
        st.lists(inner, max_size=3).map(lambda p: f"[{', '.join(p)}]"),
        st.tuples(inner, inner).map(lambda p: f"[{p[0]} for é in {p[1]} if é]"),
        st.tuples(inner, inner).map(lambda p: f"({p[0]} if {p[1]} else w)"),
        st.tuples(inner, inner).map(lambda p: f"{{{p[0]}: {p[1]}, **k}}"),
        inner.map(lambda p: f"(lambda q={p}: q)"),
        inner.map(lambda p: f"(n := {p})"),
        inner.map(lambda p: f"({p} < 3 < ü)"),
        inner.map(lambda p: f"({p}).m(*{p}, k={p})"),
    ),
    max_leaves=8,
)
TARGETS = st.sampled_from(["a", "self.b", "self.é, *self.r", "(self.x, [y])", "z[0]", "self.u = self.v"])


def indented(lines: list[str]) -> str:
    return "".join(f"    {line}\n" for line in lines)


SIMPLE = st.one_of(
    st.tuples(TARGETS, EXPRESSIONS).map(lambda p: [f"{p[0]} = {p[1]}"]),
    EXPRESSIONS.map(lambda p: [p]),
    EXPRESSIONS.map(lambda p: [f"self.ann: 'T' = {p}"]),
    EXPRESSIONS.map(lambda p: [f"self.aug += {p}; return {p}"]),
    EXPRESSIONS.map(lambda p: [f"del self.a; assert {p}"]),
)
STATEMENTS = st.recursive(
    SIMPLE,
    lambda inner: st.one_of(
        st.tuples(EXPRESSIONS, inner, inner).map(
            lambda p: [f"if {p[0]}:", *("  " + s for s in p[1]), "else:", *("  " + s for s in p[2])]
        ),
        st.tuples(EXPRESSIONS, inner).map(lambda p: [f"for i in {p[0]}:", *("  " + s for s in p[1])]),
        st.tuples(EXPRESSIONS, inner).map(lambda p: [f"with {p[0]} as w:", *("  " + s for s in p[1])]),
        inner.map(lambda p: ["try:", *("  " + s for s in p), "except E as e:", "  pass"]),
        inner.map(lambda p: ["def inner(self, x=1):", *("  " + s for s in p)]),
        st.tuples(EXPRESSIONS, inner).map(
            lambda p: [f"match {p[0]}:", "  case [a, *b]:", *("    " + s for s in p[1])]
        ),
    ),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(st.lists(STATEMENTS, min_size=1, max_size=5), st.sampled_from(["\n", "\r\n"]))
def test_generated_functions(blocks: list[list[str]], newline: str) -> None:
    lines = [line for block in blocks for line in block]
    text = ("# é\nclass A:\n  @d\n  def f(self, y=1):\n" + indented(lines)).replace("\n", newline)
    ast.parse(text)
    lowered = method(text, "A", "f")
    for place in places(lowered):
        ast.parse(f"({at(text, place)})")


@settings(max_examples=50, deadline=None)
@given(st.lists(STATEMENTS, min_size=1, max_size=5), st.sampled_from(["\n", "\r\n"]))
def test_a_tree_at_hand_gives_the_same_function(blocks: list[list[str]], newline: str) -> None:
    lines = [line for block in blocks for line in block]
    text = ("# é\nclass A:\n  @d\n  def __init__(self, y='é'):\n" + indented(lines)).replace("\n", newline)
    indexed = parse("a.py", text, text.encode(), sieve=False)
    (facts,) = indexed.facts.classes["A"].methods["__init__"]
    lowered = lower_definition(split_lines(text), indexed.methods[facts.key], facts.qualname)
    assert lowered == lower_function(split_lines(text), facts.span, facts.qualname)


def test_trees_are_kept_of_a_file_with_a_candidate() -> None:
    text = (
        "import torch\ndef make():\n    return 3\nclass A(torch.nn.Module):\n"
        "    def __init__(self):\n        self.build()\n"
        "    def build(self):\n        self.x = torch.ones(3)\n"
        "    def width(self):\n        return 3\n"
        "class B(A):\n    def __init__(self):\n        self.n = 3\n"
    )
    kept = parse("a.py", text, text.encode()).methods
    assert [name for name, _ in kept] == ["make", "A.__init__", "A.build", "A.width", "B.__init__"]
    harmless = text.replace("torch.ones(3)", "3")
    assert parse("a.py", harmless, harmless.encode()).methods == {}
