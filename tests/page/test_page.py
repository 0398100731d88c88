"""`torchlint inspect --html` as a real browser shows it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from torchlint.report.inspection_html import MOST_OPEN, inspection_html
from torchlint.runtime.inspection import Inspection, ObservedAttribute

SOURCE = """
import torch
from torch import nn

class Inner(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(2, 3))
        self.cache = torch.randn(2)

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(2, 2)
        self.same = self.linear
        self.register_buffer("mean", torch.randn(4))
        self.inner = Inner()
        self.layers = [nn.Linear(2, 2)]
"""
CHECKS = ("saved", "trained", "moved", "cast", "survives")
HEAD = ["name", "shape", "dtype", "what", *CHECKS, "max |Δ|"]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    (folder / "net.py").write_text(SOURCE, encoding="utf-8")
    command = [sys.executable, "-m", "torchlint", "inspect", "net.py:Net", "--html", "net.html"]
    done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stderr) == (1, "")
    assert "unregistered: 2 attributes: layers, inner.cache" in done.stdout
    assert sorted(path.name for path in folder.iterdir()) == ["net.html", "net.py"]
    return folder / "net.html"


def attribute(name, **changed):
    values = {
        "name": name,
        "owner": "Net",
        "kind": "tensor",
        "registration": "plain",
        "persistent": None,
        "shape": (2,),
        "dtype": "float32",
        "alias": None,
        "module_class": None,
        "saved": False,
        "trained": False,
        "moved": False,
        "cast": False,
        "survives": True,
        "reload": 0.0,
    }
    return ObservedAttribute(**{**values, **changed})


def submodule(name):
    return attribute(name, kind="module", registration="module", module_class="Layer")


def parameter(name):
    return attribute(name, kind="parameter", registration="parameter", saved=True, trained=True)


def page_of(folder, *attributes, **changed):
    values = {"target": "net:Net", "class_name": "Net", "device": "meta", "failures": (), **changed}
    path = folder / "page.html"
    path.write_text(inspection_html(Inspection(attributes=attributes, **values)), encoding="utf-8")
    return path


def cells_of(row):
    return [cell.inner_text().split("\n")[0].strip() for cell in row.locator("th, td").all()]


def test_the_table_says_what_torch_does(visit, written):
    seen = visit(written)
    assert seen.page.title() == "Net: torchlint inspect"
    assert seen.page.locator("#tree thead").first.locator("th").all_inner_texts() == HEAD
    assert cells_of(seen.row("mean")) == ["mean", "(4,)", "float32", "buffer", *"✓✗✓✓✓", "0"]
    weight = cells_of(seen.row("inner.weight"))
    assert weight == ["weight", "(2, 3)", "float32", "parameter", *"✓✓✓✓✓", "0"]
    cache = cells_of(seen.row("inner.cache"))
    assert cache[:3] == ["cache", "(2,)", "float32"]
    assert cache[3].startswith("plain tensor not registered")
    assert cache[4:9] == list("✗✗✗✗✗")
    assert float(cache[9]) > 0
    assert "second name of linear" in seen.row("same").inner_text()
    assert "meta" in seen.page.locator("header").inner_text()


def test_the_ticks_have_words_for_those_who_do_not_see_them(visit, written):
    seen = visit(written)
    words = [cell.text_content() for cell in seen.row("mean").locator("td").all()][3:8]
    assert words == ["✓yes", "✗no", "✓yes", "✓yes", "✓yes"]
    assert seen.page.locator("html").get_attribute("lang") == "en"
    for heading in seen.page.locator("table th").all():
        assert heading.get_attribute("scope") in ("row", "col")
    assert seen.page.get_by_role("group", name="Attributes of inner").count() == 1
    assert seen.page.get_by_role("searchbox", name="Name contains").count() == 1
    assert seen.page.get_by_role("heading", level=1).count() == 1


def background(row):
    return row.locator("th").evaluate("cell => getComputedStyle(cell).backgroundColor")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_not_registered_stands_out(visit, written, scheme):
    seen = visit(written, color_scheme=scheme)
    lost, kept = seen.row("inner.cache"), seen.row("inner.weight")
    assert lost.is_visible()
    assert lost.locator(".badge").inner_text() == "not registered"
    assert "Make it a buffer (register_buffer) or an nn.Parameter." in lost.inner_text()
    assert "Make it an nn.ModuleList or nn.ModuleDict." in seen.row("layers").inner_text()
    assert background(lost) != background(kept)
    assert lost.locator("th").evaluate("cell => getComputedStyle(cell).fontWeight") == "700"
    listed = seen.page.locator("#lost tbody th").all_inner_texts()
    assert listed == ["layers", "inner.cache"]


def luminance(color):
    parts = [int(part) / 255 for part in color.removeprefix("rgb(").removesuffix(")").split(",")]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_can_be_read_on_its_ground(visit, written, scheme):
    seen = visit(written, color_scheme=scheme)
    pairs = seen.page.evaluate("""() => [...document.querySelectorAll("body *:not(script)")]
        .filter(one => [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim()))
        .map(one => {
            let ground = one;
            while (ground && getComputedStyle(ground).backgroundColor === "rgba(0, 0, 0, 0)")
                ground = ground.parentElement;
            return [getComputedStyle(one).color, getComputedStyle(ground).backgroundColor];
        })""")
    assert len(pairs) > 50
    for pair in {tuple(pair) for pair in pairs}:
        low, high = sorted(map(luminance, pair))
        assert (high + 0.05) / (low + 0.05) >= 4.5, pair  # the AA level of WCAG
    grounds = seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (luminance(grounds) < 0.5) is (scheme == "dark")


def test_modules_fold_by_mouse_and_by_keyboard(visit, written):
    seen = visit(written)
    inside, summary = seen.row("inner.weight"), seen.module("inner").locator("summary")
    assert summary.inner_text() == "inner Inner 2 attributes 1 not registered"
    summary.click()
    assert not inside.is_visible()
    summary.focus()
    seen.page.keyboard.press("Enter")
    assert inside.is_visible()
    seen.page.keyboard.press("Space")
    assert not inside.is_visible()
    seen.page.get_by_role("button", name="Expand all").click()
    assert inside.is_visible()
    seen.page.get_by_role("button", name="Collapse all").click()
    assert not seen.row("mean").is_visible()


def test_everything_to_act_on_is_reached_by_keyboard(visit, written):
    seen = visit(written)
    wanted = seen.page.locator("input, button, summary, a, .scroll").count()
    reached = set()
    for _ in range(wanted + 2):
        seen.page.keyboard.press("Tab")
        reached.add(seen.page.evaluate("[...document.querySelectorAll('*')].indexOf(document.activeElement)"))
    assert len(reached) >= wanted


def test_a_link_leads_to_the_row_even_if_it_is_folded_away(visit, written):
    seen = visit(written)
    seen.page.get_by_role("button", name="Collapse all").click()
    seen.page.get_by_role("link", name="inner.cache").click()
    seen.row("inner.cache").wait_for(state="visible")
    assert seen.row("inner.cache").evaluate("row => row.matches(':target')")
    seen.requests[:] = [seen.address]  # the way to a place in the page is noted as a request


def names_of(seen):
    return seen.page.locator("#tree tr[data-name]").evaluate_all("rows => rows.map(row => row.dataset.name)")


def visible(seen):
    return seen.page.locator("#tree tr[data-name]").evaluate_all(
        "rows => rows.filter(row => row.checkVisibility()).map(row => row.dataset.name)"
    )


def test_rows_can_be_looked_for(visit, written):
    seen = visit(written)
    everything = visible(seen)
    assert len(everything) == 7
    seen.page.get_by_label("only what is not registered").check()
    assert visible(seen) == ["layers", "inner.cache"]
    assert not seen.module("linear").is_visible()
    assert seen.page.locator("#shown").inner_text() == "2 of 7 shown"
    seen.page.get_by_label("Name contains").fill("CACHE")
    assert visible(seen) == ["inner.cache"]
    seen.page.get_by_label("only what is not registered").uncheck()
    seen.page.get_by_label("Name contains").fill("")
    assert visible(seen) == everything


def test_without_its_script_the_page_is_all_there(visit, written):
    seen = visit(written, java_script_enabled=False)
    assert "plain tensor" in seen.row("inner.cache").inner_text()
    assert not seen.page.locator("#controls").is_visible()
    seen.module("inner").locator("summary").click()
    assert not seen.row("inner.cache").is_visible()


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    "</table></details><style>*{display:none}</style>",
    "</script><script>alert(1)</script>",
    "&lt;b&gt;",
    "$style ${script} $$",
    "`code` <b>",
    "<!--",
    "a.b",
    "../../x",
]


def test_hostile_names_are_text(visit, tmp_path):
    rows = [
        attribute(name, owner=name, dtype=name, alias=name if number % 2 else None)
        for number, name in enumerate(HOSTILE)
    ]
    modules = [
        row
        for name in HOSTILE
        for row in (attribute(f"m{name}", registration="module", module_class=name), parameter(f"m{name}.w"))
    ]
    failures = tuple((name, name) for name in HOSTILE)
    seen = visit(
        page_of(tmp_path, *rows, *modules, target=HOSTILE[0], class_name=HOSTILE[1], failures=failures)
    )
    page = seen.page
    assert names_of(seen) == [*HOSTILE, *(f"m{name}.w" for name in HOSTILE)]
    names = [
        one.text_content() for one in page.locator("#tree > details > .body > .scroll th[scope=row]").all()
    ]
    assert names == HOSTILE
    dtypes = [
        one.text_content() for one in page.locator("#tree > details > .body > .scroll td:nth-child(3)").all()
    ]
    assert dtypes == HOSTILE
    classes = [one.text_content() for one in page.locator("#tree details details > summary > code").all()]
    assert classes == HOSTILE
    assert page.locator("#failed li").all_text_contents() == [f"{name}: {name}" for name in HOSTILE]
    assert page.locator("h1 code").text_content() == HOSTILE[1]
    assert page.title() == f"{HOSTILE[1]}: torchlint inspect"
    assert (page.locator("script").count(), page.locator("style").count()) == (1, 1)
    assert page.locator("svg, img, b, #tree style, #tree script").count() == 0
    assert page.evaluate("""() => [...document.querySelectorAll("*")]
        .every(one => [...one.attributes].every(own => !own.name.startsWith("on") && own.name !== "style"))""")


def test_characters_that_would_reorder_or_end_the_text_are_written_out(visit, tmp_path):
    seen = visit(page_of(tmp_path, attribute("evil\u202egnp\x00\x1b")))
    assert "evil\\u202egnp\\x00\\x1b" in seen.page.locator("#lost").inner_text()


def test_the_policy_of_the_page_runs_no_other_script(browser, tmp_path):
    path = page_of(tmp_path, attribute("pe"))
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("<main>", "<main><script>document.title = 'other'</script>"), encoding="utf-8"
    )
    page = browser.new_page()
    page.goto(path.as_uri())
    assert page.title() == "Net: torchlint inspect"
    page.close()


def test_a_large_model(visit, tmp_path):
    rows = []
    for number in range(1000):
        rows += [submodule(f"layer{number}"), *(parameter(f"layer{number}.weight{at}") for at in range(5))]
    rows += [submodule("last"), attribute("last.cache")]
    seen = visit(page_of(tmp_path, *rows))
    assert seen.page.locator("#tree tr[data-name]").count() == 5001 > MOST_OPEN
    assert (
        seen.page.locator("#tree details[open]").count() == 2
    )  # the whole, and the one that has lost something
    assert seen.row("last.cache").is_visible()
    assert not seen.page.locator("tr[data-name='layer7.weight3']").is_visible()
    seen.page.get_by_label("Name contains").fill("layer777.")
    assert visible(seen) == [f"layer777.weight{at}" for at in range(5)]
    assert seen.page.locator("#shown").inner_text() == "5 of 5001 shown"


def test_a_module_in_which_all_is_well(visit, tmp_path):
    seen = visit(page_of(tmp_path, parameter("weight"), device="cuda"))
    assert "All state is registered." in seen.page.locator("main").inner_text()
    assert seen.page.locator("#lost, .badge").count() == 0
    assert "cuda" in seen.page.locator("header").inner_text()
    assert "No accelerator" not in seen.page.locator("main").inner_text()


def test_a_module_without_attributes(visit, tmp_path):
    seen = visit(page_of(tmp_path))
    assert seen.page.locator("#tree summary").inner_text() == "Net 0 attributes"


def test_on_a_small_screen_only_tables_scroll(visit, written):
    seen = visit(written, viewport={"width": 360, "height": 640})
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= 360
