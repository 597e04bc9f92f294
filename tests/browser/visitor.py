"""Who looks at the viewer: pages in a fresh browser profile, and all they complained of or asked of other machines."""

from collections.abc import Mapping, Sequence
from typing import Literal
from urllib.parse import urlencode, urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, WebSocket

from tests.browser.server import DEADLINE_S

DESK = (1280, 800)
PHONE = (360, 740)
# Streamlit looks for its own server below a page's address first, /runs/_stcore/..., and then where it is.
_STREAMLITS_OWN = "/_stcore/"


class Visitor:
    """One browser profile. `complaints` are errors of its consoles, `asked_outside` addresses beyond this machine."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.complaints: list[str] = []
        self.asked_outside: list[str] = []
        self.forgiven: tuple[str, ...] = ()
        """Parts of console errors that a test provokes on purpose."""
        self._browser, self._url = browser, url
        self._contexts: list[BrowserContext] = []

    def profile(
        self,
        size: tuple[int, int] = DESK,
        *,
        scheme: Literal["light", "dark"] = "light",
        motion: Literal["reduce", "no-preference"] = "no-preference",
        scripts: Sequence[str] = (),
    ) -> BrowserContext:
        """A fresh profile with a screen of this size. `scripts` run in every page before its own."""
        context = self._browser.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, reduced_motion=motion,
            device_scale_factor=1, locale="en-GB", timezone_id="Europe/Berlin", accept_downloads=True,
        )  # fmt: skip
        context.set_default_timeout(DEADLINE_S * 1000)
        for script in scripts:
            context.add_init_script(script)
        context.on("request", self._asks)
        context.on("console", self._says)
        context.on("weberror", lambda error: self.complaints.append(f"uncaught: {error.error}"))
        self._contexts.append(context)
        return context

    def open(
        self, path: str = "/", query: Mapping[str, str] | None = None, *, context: BrowserContext | None = None
    ) -> Page:
        """A new tab on a page of the viewer."""
        page = (context or self.profile()).new_page()
        page.on("websocket", self._connects)
        page.goto(self.address(path, query), wait_until="domcontentloaded")
        return page

    def address(self, path: str = "/", query: Mapping[str, str] | None = None) -> str:
        """Where a page of the viewer is."""
        return self._url + path + (f"?{urlencode(query)}" if query else "")

    def leave(self) -> None:
        """Close every page."""
        for context in self._contexts:
            context.close()
        self._contexts.clear()

    def _says(self, message: ConsoleMessage) -> None:
        text = f"{message.text} ({message.location.get('url', '')})"
        if message.type == "error" and not any(part in text for part in (*self.forgiven, _STREAMLITS_OWN)):
            self.complaints.append(text)

    def _asks(self, request: Request) -> None:
        self._goes_to(request.url)

    def _connects(self, socket: WebSocket) -> None:
        self._goes_to(socket.url)

    def _goes_to(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("data", "blob", "about", "file") and parts.hostname != "127.0.0.1":
            self.asked_outside.append(url)
