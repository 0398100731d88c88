"""What cannot become a call of `register_buffer`, and why."""

from __future__ import annotations

import pytest

from tests.rewrite.registering import fix
from tests.rewrite.support import apply_edits, in_method, places
from torchlint.findings import Place
from torchlint.rewrite import BufferStore, BufferStyle, CannotRewrite, Syntax, register_buffers

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
