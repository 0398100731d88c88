"""A real browser. Where there is none, the tests are skipped; `.ci/run` installs one."""

from __future__ import annotations

import shutil

import pytest

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome")


@pytest.fixture(
    scope="module"
)  # while it is there an event loop runs, which other modules' tests would trip over
def browser():
    api = pytest.importorskip("playwright.sync_api")
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"there is no browser on PATH ({', '.join(BROWSERS)})")
    with api.sync_playwright() as playwright:
        # root may not use the sandbox
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


class Visit:
    """A page that was loaded, and what it asked for and complained of."""

    def __init__(self, browser, path, **settings):
        self.context = browser.new_context(**settings)
        self.page = self.context.new_page()
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.complaints.append(dialog.message), dialog.dismiss()))
        self.address = path.as_uri()
        self.page.goto(self.address)

    def row(self, name):
        """The row of an attribute, by its full name."""
        rows = self.page.locator("#tree tr[data-name]")
        names = rows.evaluate_all("rows => rows.map(row => row.dataset.name)")
        assert names.count(name) == 1
        return rows.nth(names.index(name))

    def module(self, name):
        """The element of a module, by its full name."""
        return self.page.locator(f"details[data-module='{name}']")


@pytest.fixture
def visit(browser):
    """Load a file; at the end nothing else may have been loaded, and the page may not have complained."""
    visits = []

    def load(path, **settings):
        visits.append(Visit(browser, path, **settings))
        return visits[-1]

    yield load
    for one in visits:
        one.context.close()
        assert [url for url in one.requests if not url.startswith("data:")] == [one.address]
        assert one.complaints == []
