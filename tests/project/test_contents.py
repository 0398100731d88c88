"""Searches through the files of a project: the quick ways find what the plain ones do."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torchlint.project import contents
from torchlint.project.contents import Contents
from torchlint.project.outside_uses import from_spelled, outside_uses, spelled
from torchlint.project.questions import (
    COMPUTED,
    Question,
    answer,
    looks_up,
    matcher,
    owned,
    owns,
    tops,
    tops_with,
    words_in,
)
from torchlint.project.reads import Reads

WORDS = ["Net", "NetX", "Nets", "tiny_net", "MimiConfig", "MimiModel", "MimiMixin", "vars", "Né", "jk9", "x"]
PIECES = st.sampled_from(
    [*WORDS, ".", ",", " ", "\n", "\\\n", ":", "(", ")", "=", "#", "'", "1", "é", "_", "class ", " as ", "self", "cls",
     "def f(", "super()", "getattr(", "setattr(", "a"]
)  # fmt: skip
TEXTS = st.lists(PIECES, max_size=14).map("".join)


def of_texts(texts: list[str]) -> tuple[Contents, dict[str, bytes]]:
    files = {f"/p/{number:02}.py": text.encode() for number, text in enumerate(texts)}
    return Contents(lambda folder: [*files], files, Reads()), files


@given(st.lists(TEXTS, max_size=12), st.lists(st.lists(st.sampled_from(WORDS), min_size=1), max_size=4))
def test_the_files_that_have_a_word(texts: list[str], asked: list[list[str]]) -> None:
    quick, files = of_texts(texts)
    for words in asked:
        expected = [path for path, data in files.items() if any(word.encode() in data for word in words)]
        assert [*quick.having(("/p", True), words)] == expected


def test_files_beyond_the_room_are_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "_MOST_BYTES", 40)
    monkeypatch.setattr(contents, "_MOST_LETTERS", 6)
    paths = [tmp_path / f"{number}.py" for number in range(9)]
    for number, path in enumerate(paths):
        path.write_text(f"class VideoMAE{number % 3}: ...\n")
    (tmp_path / "2.py").unlink()
    quick = Contents(lambda folder: [*map(str, paths)], {}, Reads())
    assert [*quick.having((str(tmp_path), True), ["VideoMAE2"])] == [
        str(tmp_path / f"{one}.py") for one in (5, 8)
    ]
    assert len(quick.having((str(tmp_path), True), ["VideoMAE2", "VideoMAE1"])) == 5


def derives(word: bytes) -> Callable[[bytes], bool]:
    """As one expression: the name stands in the head of a class, before `as`, or behind `=`."""
    whole = rb"(?<!\w)" + re.escape(word) + rb"(?!\w)"
    heading = rb"\bclass\b(?:(?!:\s*[\r\n]).){,5000}?" + whole
    looks = re.compile(heading + rb"|" + whole + rb"[\s\\]+as\b|=[^=\n#]*" + whole, re.DOTALL)
    return lambda data: looks.search(data) is not None


@given(TEXTS, st.sampled_from(WORDS))
def test_who_may_derive_a_class(text: str, word: str) -> None:
    assert matcher("deriving", (word,))(text.encode()) == derives(word.encode())(text.encode())


@pytest.mark.parametrize(("blanks", "found"), [(4990, True), (4999, True), (5000, True), (5001, False)])
def test_the_longest_head_of_a_class(blanks: int, found: bool) -> None:
    text = b"x\nclass" + b" " * blanks + b"Net:\n"
    assert matcher("deriving", ("Net",))(text) is derives(b"Net")(text) is found


@given(TEXTS, st.sampled_from(WORDS))
def test_who_calls_a_method_on_another(text: str, word: str) -> None:
    name = re.escape(word.encode())
    behind = rb"(?<!self." + name + rb")(?<!super\(\)." + name + rb")"
    called = re.search(rb"\." + name + behind + rb"\s*\(", text.encode()) is not None
    assert matcher("calling", (word,))(text.encode()) == called


@given(TEXTS, st.sampled_from(WORDS), st.lists(st.sampled_from(WORDS), min_size=1))
def test_who_names_an_attribute_of_a_class(text: str, name: str, owners: list[str]) -> None:
    data = text.encode()
    found = matcher("owning", (name, *owners))(data)
    assert found == any(owns(owned(data, owner), name) for owner in owners)
    # nothing is missed of what names it, but for the end of a name that is not ASCII
    assert found or not name.isascii() or not answer(Question("looks_up", (name, *owners)), data)
    for owner in owners:
        defined = re.search(rb"\bclass[\s\\]+" + re.escape(owner.encode()), data) is not None
        assert found or not defined


@given(TEXTS, st.sampled_from(["Net", "tiny_net", "x", "self", "a"]))
def test_what_a_text_looks_up(text: str, name: str) -> None:
    pairs = re.findall(r"(\w*)\.(\w+)\b(?!\s*\()", text)
    named = re.findall(r"\bgetattr\([^()]*,\s*['\"](\w+)['\"]", text)
    expected = name in named or any(word == name and on not in ("self", "cls") for on, word in pairs)
    assert looks_up(text, name) == answer(Question("reads", (name,)), text.encode()) == expected


@given(TEXTS, st.sampled_from(WORDS))
def test_which_words_stand_in_a_text(text: str, word: str) -> None:
    words = re.findall(rb"[^\W\d][\w\x80-\xff]*", text.encode())
    found = tops_with(word.encode(), [("f", text.encode())])
    assert bool(found) == (word.encode() in words) == (word.encode() in words_in(text.encode()))


@given(
    st.lists(st.tuples(st.sampled_from(["def", "async def", "class"]), TEXTS), max_size=4),
    st.sampled_from(WORDS),
)
def test_in_which_definitions_a_word_stands(parts: list[tuple[str, str]], word: str) -> None:
    bodies = [text.replace("\n", " ").replace("\\", "") for _, text in parts]
    data = "".join(
        f"{head} f{at}({body}\n" for at, ((head, _), body) in enumerate(zip(parts, bodies, strict=True))
    )
    expected = [f"f{at}" for at, body in enumerate(bodies) if word.encode() in words_in(body.encode())]
    assert [*tops_with(word.encode(), tops(data.encode()))] == expected
    assert answer(Question("tops", (word, *expected)), data.encode())
    assert not answer(Question("tops", (word, *expected, "g")), data.encode())


@pytest.mark.parametrize(
    "text",
    [
        "net.pe = 3\nNet.pe = 4\n",
        "net.pe.add_(1)\nfor net.pe in x: pass\n",
        "vars(net)['pe']\n",
        "net.x = 1\n",
        "(",
    ],
)
def test_what_a_text_does_to_an_attribute(text: str) -> None:
    uses = outside_uses(text).get("pe")
    assert from_spelled(spelled(uses)) == uses
    assert answer(Question("uses", ("pe", *spelled(uses))), text.encode())
    other = "net.pe = 5\n" * 3 + text
    assert answer(Question("uses", ("pe", *spelled(uses))), other.encode()) is (text == "(")


@pytest.mark.parametrize(
    ("text", "past"),
    [
        ("import torchvision.models as models\nmodels.__dict__[arch]()", []),
        ("import nets\nnames = sorted(nets.__dict__)", []),
        ("import net\nnet = net.Net()\nnet.__dict__[arch]", [3]),
        ("import net\nfor net in nets():\n    vars(net)", [3]),
        ("import net\ndef of(net):\n    return vars(net)", [3]),
        ("from nets import net\nnet.__dict__[arch]", [2]),
    ],
)
def test_a_file_of_python_is_no_module_of_torch(text: str, past: list[int]) -> None:
    assert [line for uses in outside_uses(text).values() for line in uses.past] == past


@pytest.mark.parametrize(
    "told", ["", "3", "[]", "[1, 2, 3, 4]", "[[], [], [7], []]", '[[], [], [["x", "y"]], []]']
)
def test_uses_that_are_not_spelled_so(told: str) -> None:
    with pytest.raises(ValueError, match="no uses"):
        from_spelled((told,))


@pytest.mark.parametrize(
    ("text", "name", "stores"),
    [
        ("model.pe = 3", "pe", True),
        ("model.pe == 3", "pe", False),
        (" self.pe = 3", "pe", False),
        ("self.pe = setattr(self, 'pe', 3)", "pe", True),
        ("print(model.pe, end='')", "pe", True),
        ("model.pe[0] = 3", "pe", True),
        ("model.penguin = 3", "pe", False),
        ("setattr(model, name, 3)", COMPUTED, True),
        ("model.__dict__", COMPUTED, True),
        ("model.pe = 3", COMPUTED, False),
    ],
)
def test_who_may_assign_an_attribute(text: str, name: str, stores: bool) -> None:
    assert answer(Question("stores", (name,)), text.encode()) is stores
