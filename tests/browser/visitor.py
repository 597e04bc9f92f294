"""Who looks at the viewer: a browser that knows it from earlier tests, and all its pages complained of or asked for.

A browser keeps the code it was sent, and is quicker for it. What else a page may keep, cookies and storage, is
forgotten after each test.
"""

from collections.abc import Mapping, Sequence
from typing import Literal
from urllib.parse import urlencode, urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    ViewportSize,
    WebError,
    WebSocket,
)

from tests.browser.server import DEADLINE_S

DESK: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 360, "height": 740}
PLAYS_ON = """(() => {
  const play = HTMLMediaElement.prototype.play;
  HTMLMediaElement.prototype.play = function () { this.loop = true; return play.call(this); };
})()"""
"""A script with which no film ends by itself: who looks late still sees it play."""
# Streamlit looks for its own server below a page's address first, /runs/_stcore/..., and then where it is.
_STREAMLITS_OWN = "/_stcore/"
_KEPT_BY_PAGES = "cookies,local_storage,indexeddb,cache_storage,service_workers"


def new_profile(browser: Browser) -> BrowserContext:
    """A browser that knows nothing yet."""
    profile = browser.new_context(
        viewport=DESK, color_scheme="light", device_scale_factor=1, locale="en-GB", timezone_id="Europe/Berlin",
        accept_downloads=True,
    )  # fmt: skip
    profile.set_default_timeout(DEADLINE_S * 1000)
    return profile


class Visitor:
    """A person at a browser. `complaints` are errors of its consoles, `asked_outside` addresses beyond this machine."""

    def __init__(self, home: BrowserContext, url: str) -> None:
        self.complaints: list[str] = []
        self.asked_outside: list[str] = []
        self.forgiven: tuple[str, ...] = ()
        """Parts of console errors that a test provokes on purpose."""
        self.home, self._url = home, url
        self._others: list[BrowserContext] = []
        self._listen(home)

    def second_browser(self) -> BrowserContext:
        """One more, that knows nothing yet."""
        assert self.home.browser is not None
        other = new_profile(self.home.browser)
        self._others.append(other)
        self._listen(other)
        return other

    def open(
        self,
        path: str = "/",
        query: Mapping[str, str] | None = None,
        *,
        size: ViewportSize = DESK,
        scheme: Literal["light", "dark"] = "light",
        motion: Literal["reduce", "no-preference"] = "no-preference",
        scripts: Sequence[str] = (),
        browser: BrowserContext | None = None,
    ) -> Page:
        """A new tab on a page of the viewer, on a screen of this size. `scripts` run in it before its own."""
        page = (browser or self.home).new_page()
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme, reduced_motion=motion)
        for script in scripts:
            page.add_init_script(script)
        page.on("websocket", self._connects)
        page.goto(self.address(path, query), wait_until="domcontentloaded")
        return page

    def address(self, path: str = "/", query: Mapping[str, str] | None = None) -> str:
        """Where a page of the viewer is."""
        return self._url + path + (f"?{urlencode(query)}" if query else "")

    def leave(self) -> None:
        """Close every page, and have the browser forget what they kept."""
        for other in self._others:
            other.close()
        self._others.clear()
        pages = self.home.pages
        if pages:
            told = {"origin": self._url, "storageTypes": _KEPT_BY_PAGES}
            self.home.new_cdp_session(pages[0]).send("Storage.clearDataForOrigin", told)
        for page in pages:
            page.close()
        self.home.clear_permissions()
        self.home.remove_listener("request", self._asks)
        self.home.remove_listener("console", self._says)
        self.home.remove_listener("weberror", self._fails)

    def _listen(self, profile: BrowserContext) -> None:
        profile.on("request", self._asks)
        profile.on("console", self._says)
        profile.on("weberror", self._fails)

    def _says(self, message: ConsoleMessage) -> None:
        text = f"{message.text} ({message.location.get('url', '')})"
        if message.type == "error" and not any(part in text for part in (*self.forgiven, _STREAMLITS_OWN)):
            self.complaints.append(text)

    def _fails(self, error: WebError) -> None:
        self.complaints.append(f"uncaught: {error.error}")

    def _asks(self, request: Request) -> None:
        self._goes_to(request.url)

    def _connects(self, socket: WebSocket) -> None:
        self._goes_to(socket.url)

    def _goes_to(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("data", "blob", "about", "file") and parts.hostname != "127.0.0.1":
            self.asked_outside.append(url)
