"""Reading and decoding: what CPython accepts is accepted, and the way back gives the same bytes."""

from __future__ import annotations

import ast
import io
import os
import pickle
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torchlint.files import SourceError, SourceFile, decode, encode, read_bytes, split_lines

NEWLINES = ("\n", "\r\n", "\r")
BOM = b"\xef\xbb\xbf"


def fails(data: bytes) -> str:
    with pytest.raises(SourceError) as info:
        decode("a.py", data)
    assert info.value.path == "a.py"
    return info.value.message


@pytest.mark.parametrize("newline", NEWLINES)
def test_newlines_are_kept(newline: str) -> None:
    source = decode("a.py", f"x = 1{newline}y = 2{newline}".encode())
    assert source == SourceFile("a.py", f"x = 1{newline}y = 2{newline}", "utf-8", newline, False)


@pytest.mark.parametrize(
    ("text", "newline"),
    [
        ("", "\n"),
        ("x", "\n"),
        ("a\r\nb\n", "\r\n"),
        ("a\nb\r\n", "\n"),
        ("a\nb\r\nc\r\n", "\r\n"),
        ("a\rb\n", "\r"),
        ("a\r\nb\r", "\r\n"),
        ("a\rb\r\n", "\r"),
        ("a\nb\rc\r", "\r"),
    ],
)
def test_newline_is_the_majority_then_the_first(text: str, newline: str) -> None:
    assert decode("a.py", text.encode()).newline == newline


def test_bom_is_stripped_and_remembered() -> None:
    source = decode("a.py", BOM + "é = 1\n".encode())
    assert (source.text, source.bom, source.encoding) == ("é = 1\n", True, "utf-8")
    assert encode(source) == BOM + "é = 1\n".encode()


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        (b"# -*- coding: latin-1 -*-\n", "iso-8859-1"),
        (b"#!/usr/bin/python\n# vim: set fileencoding=latin-1 :\n", "iso-8859-1"),
        (b"\n# coding: latin-1\n", "iso-8859-1"),
        (b" \t\x0c# coding=iso-8859-15\n", "iso8859-15"),
        (b"# coding: cp1252\r\n", "cp1252"),
        (b"#\r# coding: cp1252\r", "cp1252"),
        (b"# coding: latin-1-unix\n", "iso-8859-1"),
        (b"# \xe9 coding: latin-1\n", "iso-8859-1"),
    ],
)
def test_cookies(head: bytes, encoding: str) -> None:
    data = head + b"x = '\xe9'\n"
    compile(data, "a.py", "exec")  # CPython reads it, too
    source = decode("a.py", data)
    assert source.encoding == encoding
    assert "x = 'é'" in source.text
    assert encode(source) == data


@pytest.mark.parametrize(
    "data",
    [
        b"x = 1\n# coding: latin-1\ny = 'a'\n",  # after code
        b"\n\n# coding: latin-1\n",  # in the third line
        b"'coding: nonsense'\n",  # not a comment
        b"# coding: utf8\nx = '\xc3\xa9'\n",
        b"# coding: UTF_8-unix\nx = '\xc3\xa9'\n",
        BOM + b"# coding: utf-8\nx = '\xc3\xa9'\n",
    ],
)
def test_still_utf8(data: bytes) -> None:
    compile(data, "a.py", "exec")
    assert decode("a.py", data).encoding == "utf-8"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"# coding: klingon\nx = 1\n", ["unknown encoding", "'klingon'"]),
        (b"# coding: ascii\n\nx = '\xc3\xa9'\n", ["'ascii'", "not valid", "0xc3", "line 3"]),
        (b"# coding: utf-8\nx = '\xe9'\n", ["'utf-8'", "not valid", "0xe9", "line 2"]),
        (b"x = 1\r\ny = '\xe9'\r\n", ["not valid UTF-8", "declares no other", "line 2"]),
        (b"\x7fELF\x00\x01", ["binary", "null bytes"]),
        ("x = 1\n".encode("utf-16"), ["UTF-16"]),
        (BOM + b"# coding: latin-1\n", ["byte order mark", "'latin-1'"]),
        (b"# coding: hex\n78\n", ["'hex'", "not a text encoding"]),
        (b"# coding: undefined\n", ["'undefined'"]),
    ],
)
def test_bad_data_is_a_clear_error(data: bytes, words: list[str]) -> None:
    with pytest.raises((SyntaxError, ValueError)):  # CPython refuses it as well
        compile(data, "a.py", "exec")
    message = fails(data)
    assert all(word in message for word in words), message


@given(
    st.binary(max_size=60),
    st.sampled_from(["", "# coding: latin-1\n", "# coding: shift_jis\n", "# coding: utf-7\n"]),
)
def test_any_bytes_decode_exactly_or_fail_clearly(data: bytes, head: str) -> None:
    data = head.encode() + data
    try:
        source = decode("a.py", data)
    except SourceError:
        return
    if source.exact:
        assert encode(source) == data
    else:
        with pytest.raises(SourceError, match="cannot be rewritten"):
            encode(source)


@given(
    st.sampled_from(["utf-8", "latin-1", "cp1252", "iso-8859-15", "shift_jis", "gb18030", "koi8-r", "ascii"]),
    st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]))),
    st.sampled_from(NEWLINES),
    st.booleans(),
)
def test_round_trip(encoding: str, lines: list[str], newline: str, bom: bool) -> None:
    text = newline.join([f"# coding: {encoding}", *lines, ""])
    data = text.encode(encoding, "ignore")
    if bom and encoding == "utf-8":
        data = BOM + data
    source = decode("a.py", data)
    assert source.newline == newline
    assert source.text == data.decode(encoding).removeprefix("\ufeff")
    if source.exact:
        assert encode(source) == data
    else:
        assert encoding == "shift_jis"  # has two sequences for some characters
    found = tokenize.detect_encoding(io.BytesIO(data.replace(newline.encode(), b"\n")).readline)[0]
    assert found.removesuffix("-sig") in (source.encoding, encoding)


def test_encode_says_what_does_not_fit() -> None:
    source = decode("a.py", b"# coding: ascii\n")
    with pytest.raises(SourceError, match="cannot be written as 'ascii'"):
        encode(SourceFile("a.py", source.text + "é", source.encoding, "\n", False))


def test_inexact_encoding_is_read_but_not_rewritten() -> None:
    data = b"# coding: cp932\nx = '\xfa\x54'\n"  # IBM's second place for U+FFE2
    source = decode("a.py", data)
    assert not source.exact
    with pytest.raises(SourceError, match="cp932"):
        encode(source)


@given(
    st.lists(st.sampled_from(["a", "\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "é"])).map(
        "".join
    )
)
def test_split_lines_loses_nothing_and_splits_only_at_newlines(text: str) -> None:
    lines = split_lines(text)
    assert "".join(lines) == text
    assert len(lines) == text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n").count("\n") + bool(
        text
    )
    assert all(line for line in lines)


@given(
    st.lists(st.sampled_from(["\n", "\r", "\r\n", "#\x0c\u2028\x85\n", "'''\u2028\r\n\x0c'''\r"])).map(
        "".join
    )
)
def test_split_lines_agrees_with_ast(text: str) -> None:
    tree = ast.parse(text + "marker")
    assert tree.body[-1].lineno == len(split_lines(text + "marker"))


def test_read_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"x = 1\r\n\xff")
    assert read_bytes(path) == b"x = 1\r\n\xff"
    path.write_bytes(b"")
    assert read_bytes(path) == b""


def test_unreadable_paths(tmp_path: Path) -> None:
    (tmp_path / "x.py").mkdir()
    (tmp_path / "broken.py").symlink_to(tmp_path / "nowhere")
    (tmp_path / "loop.py").symlink_to(tmp_path / "loop.py")
    for name, word in [
        ("gone.py", "no such file"),
        ("x.py", "is a directory"),
        ("broken.py", "no such file"),
        ("loop.py", "symbolic links"),
        ("x.py\0", "null"),
        ("n" * 5000, "too long"),
    ]:
        with pytest.raises(SourceError) as info:
            read_bytes(tmp_path / name)
        assert word in info.value.message
        assert info.value.path == str(tmp_path / name)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.py")
    with pytest.raises(SourceError, match="not a regular file"):
        read_bytes(tmp_path / "x.py")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="permissions do not stop root")
def test_permission_denied(tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    path.write_text("")
    path.chmod(0)
    with pytest.raises(SourceError, match="permission denied"):
        read_bytes(path)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc is Linux's")
def test_a_read_that_fails() -> None:
    with pytest.raises(SourceError, match="cannot be read"):
        read_bytes(Path("/proc/self/mem"))  # opens, and then fails to read at offset 0


def test_errors_survive_pickling() -> None:
    error = pickle.loads(pickle.dumps(SourceError("a.py", "is bad")))
    assert (error.path, error.message, str(error)) == ("a.py", "is bad", "a.py: is bad")


def test_imports_little() -> None:
    code = "import sys, torchlint.files, torchlint.config; print([m for m in "
    code += "('tokenize', 'pathspec', 'tomllib', 'tomli', 'difflib', 'libcst', 'torch') if m in sys.modules])"
    # dataclasses brings tokenize, through inspect.
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() in ("[]", "['tokenize']")
