"""The viewer's pages without a browser: executed as Streamlit does, and what they show in plain words."""

import html
import json
import re
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue
from streamlit.testing.v1 import AppTest

from character_flow.viewer import shell
from character_flow.viewer.component import Showing

APP = Path(shell.__file__).with_name("app.py")
DEADLINE_S = 60.0


@dataclass(frozen=True)
class Shown:
    """A visit of the viewer."""

    app: AppTest

    def open(self, page: str, **params: str) -> "Shown":
        """Go to a page by the name of its file, with these query parameters."""
        self.app.switch_page(f"../pages/{page}.py")
        self.app.query_params.clear()
        self.app.query_params.update(params)
        return self.run()

    def run(self) -> "Shown":
        """Execute the page once more; no page ever shows a traceback."""
        self.app.run()
        assert not self.app.exception, self.app.exception
        return self

    def press(self, key: str) -> "Shown":
        """Press a button."""
        self.app.button(key=key).click()
        return self.run()

    @property
    def html(self) -> str:
        """What the page draws as HTML, but for its style."""
        return "\n".join(part.value for part in self.app.html if not part.value.startswith("<style>"))

    @property
    def text(self) -> str:
        """The same as a person reads it."""
        return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", " ", self.html))).strip()

    @property
    def board(self) -> Showing:
        """What the board is told."""
        return Showing.model_validate(self.component("character_flow_board"))

    @property
    def runs(self) -> list[str]:
        """The ids in the list of runs, from the top."""
        told = self.component("character_flow_runs")
        assert isinstance(told, dict)
        return [row["id"] for row in json.loads(str(told["rows"]))]

    def component(self, name: str) -> JsonValue:
        """What a component of the page is told."""
        for element in (*self.app.main.get("bidi_component"), *self.app.sidebar.get("bidi_component")):
            proto = element.proto
            if proto.component_name == name:
                told: JsonValue = json.loads(proto.json)
                return told
        raise AssertionError(f"there is no {name} on this page")


def viewer(**params: str) -> Shown:
    """Open the viewer at its first page. The folder is CHARACTER_FLOW_DIR."""
    app = AppTest.from_file(APP, default_timeout=DEADLINE_S)
    app.query_params.update(params)
    return Shown(app).run()
