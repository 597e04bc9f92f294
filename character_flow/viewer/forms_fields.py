"""How a form is drawn: each input as the widget that suits it, with its preview and its problem beside it.

What people wrote (a plan's sentences, names of files, problems) is shown as text: escaped, in elements that are not
Markdown. Widgets carry hidden labels for those who listen to the page.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import streamlit as st
from pydantic import JsonValue

from character_flow.config import Settings
from character_flow.errors import ToolError
from character_flow.input_specs import size_problem
from character_flow.inputs import MAX_BYTES
from character_flow.plan import readable
from character_flow.viewer.forms import ADDRESS, DEFAULT, UPLOAD, Field, Form, Upload
from character_flow.viewer.forms_pictures import portrait_address, preview
from character_flow.viewer.forms_uploads import Uploads
from character_flow.viewer.panels.notices import plain

_LOOK_S = 15.0
_MEGABYTE = 1_000_000
_MOST_UPLOADED = 200
_PICTURE_ENDINGS = ("png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff")
_FEW = 4


@dataclass(frozen=True, slots=True)
class _Looked:
    """What stands behind an address: what it is or what is wrong, and a small copy of a picture."""

    address: str
    told: str
    content: bytes | None = None
    is_wrong: bool = False


def wear() -> None:
    """Put on what Streamlit's theme cannot say of forms."""
    st.html(f"<style>{_css()}</style>")


@cache
def _css() -> str:
    return Path(__file__).with_name("forms.css").read_text(encoding="utf-8")


class Drawing:
    """Draws the fields of one form; `problems` are shown beside their fields, `portraits` instead of values."""

    def __init__(
        self,
        form: Form,
        problems: Mapping[str, str],
        *,
        portraits: Mapping[str, Mapping[int | str, Path]],
        uploads: Uploads,
        settings: Settings,
    ) -> None:
        self._form, self._problems, self._portraits = form, problems, portraits
        self._uploads, self._settings = uploads, settings

    def draw(self, asked: Field) -> None:
        """One field: its question, its widget, what is wrong."""
        _settle(asked)
        with st.container(key=f"field_{asked.name}", gap="xsmall"):
            small = f"<small>{plain(asked.aside)}</small>" if asked.aside else ""
            st.html(f'<p class="cf-question">{plain(asked.question)}{small}</p>')
            self._widget(asked)
            problem = self._problems.get(asked.name)
            if problem:
                st.html(f'<p class="cf-wrong" role="alert">{plain(problem)}</p>')

    def _widget(self, asked: Field) -> None:
        label, key = asked.question, asked.key
        match asked.widget:
            case "line":
                st.text_input(label, key=key, label_visibility="collapsed", persist_state="session")
            case "lines":
                rows = max(2, str(asked.first).count("\n") + 1)
                height = min(260, 26 * rows + 44)
                st.text_area(label, key=key, height=height, label_visibility="collapsed", persist_state="session")
            case "switch":
                with st.container(key=f"switch_{asked.name}"):
                    st.toggle("Yes", key=key, persist_state="session")
            case "yes_no":
                _pick(asked, {True: "Yes", False: "No"})
            case "choice":
                _choice(asked)
            case "portraits":
                self._faces(asked)
            case "secret":
                self._secret(asked)
            case _:
                self._file(asked)

    def _faces(self, asked: Field) -> None:
        """A group of radio buttons drawn as pictures: one tab stop, arrow keys, and plain values without styles."""
        pictures = self._portraits[asked.name]
        rules = []
        for position, value in enumerate(asked.values, 1):
            address = portrait_address(pictures[value])
            if address:
                rules.append(
                    f".st-key-portraits_{asked.name} [role=radiogroup] > :nth-child({position})"
                    f"{{--portrait: url({address})}}"
                )
        st.html(f"<style>{''.join(rules)}</style>")
        with st.container(key=f"portraits_{asked.name}"):
            st.radio(
                asked.question, asked.values, key=asked.key, horizontal=True, label_visibility="collapsed",
                persist_state="session", width="stretch",
            )  # fmt: skip

    def _secret(self, asked: Field) -> None:
        variable = plain(str(asked.spec.env))
        if self._form.env.get(str(asked.spec.env)):
            st.html(f'<p class="cf-secret cf-good">Read from <code>{variable}</code>, which is set.</p>')
        else:
            told = f"Read from <code>{variable}</code>, which is not set where the viewer runs."
            what_now = "Set it there and start the viewer again; a secret is never typed in here."
            st.html(f'<p class="cf-secret">{told} {what_now}</p>')

    # Pictures and files.

    def _file(self, asked: Field) -> None:
        if len(asked.sources) > 1:
            st.segmented_control(
                f"{asked.question}: where from", asked.sources, key=asked.part("source"), required=True,
                label_visibility="collapsed", persist_state="session",
            )  # fmt: skip
        source = self._form.source(asked)
        if source == UPLOAD:
            self._upload(asked)
        elif source == ADDRESS:
            self._address(asked)
        if asked.name not in self._problems:
            self._show(asked)

    def _upload(self, asked: Field) -> None:
        most = min(asked.spec.max or MAX_BYTES[asked.spec.type], _MOST_UPLOADED * _MEGABYTE)
        kept = st.session_state.get(asked.part("kept"))
        given = st.file_uploader(
            asked.question,
            type=_PICTURE_ENDINGS if asked.spec.type == "image" else None,
            key=asked.part("upload"),
            max_upload_size=max(1, round(most / _MEGABYTE)),
            label_visibility="collapsed",
            on_change=_uploaded,
            args=(asked, self._uploads),
        )
        if given is None and isinstance(kept, Upload):
            with st.container(key=f"kept_{asked.name}", horizontal=True, vertical_alignment="center", gap="small"):
                st.html(f'<p class="cf-note">{plain(f"Uploaded: {kept.name}")}</p>', width="content")
                st.button("Remove", key=asked.part("remove"), on_click=_forget, args=(asked, self._uploads))

    def _address(self, asked: Field) -> None:
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            typed = st.text_input(
                asked.question,
                key=asked.key,
                placeholder="/path/to/file or https://...",
                label_visibility="collapsed",
                persist_state="session",
            )
            is_remote = self._form.local_file(asked) is None and bool(typed.strip())
            if is_remote and st.button("Look", key=asked.part("look"), help="Fetch it once, to see what it is"):
                with st.spinner("Looking ..."):
                    looked = _look(typed.strip(), asked, allow_private=self._settings.allow_private_urls)
                st.session_state[asked.part("looked")] = looked

    def _show(self, asked: Field) -> None:
        path = self._form.local_file(asked)
        if path is None and self._form.source(asked) == DEFAULT:
            st.html(f'<p class="cf-note">{plain(str(asked.spec.default))}</p>')
        elif path is None:
            self._show_looked(asked)
        elif asked.spec.type == "image":
            try:
                seen = preview(path)
            except ToolError as error:
                st.html(f'<p class="cf-note">{plain(f"{path.name} {error}")}</p>')
                return
            _picture(asked, seen.content, f"{path.name}, {seen.width} x {seen.height}")
        else:
            st.html(f'<p class="cf-note">{plain(path.name)}</p>')

    def _show_looked(self, asked: Field) -> None:
        looked = st.session_state.get(asked.part("looked"))
        if isinstance(looked, _Looked) and looked.address == str(st.session_state.get(asked.key, "")).strip():
            if looked.content is not None:
                _picture(asked, looked.content, looked.told)
            else:
                kind = "wrong" if looked.is_wrong else "note"
                st.html(f'<p class="cf-{kind}" role="status">{plain(looked.told)}</p>')


def _settle(asked: Field) -> None:
    """Give a field's widget its first value; what an older form of the same plan left behind is let go."""
    if asked.widget == "secret":
        return
    if asked.key not in st.session_state or not asked.holds(st.session_state[asked.key]):
        st.session_state[asked.key] = asked.first
    if asked.widget == "file" and st.session_state.get(asked.part("source")) not in asked.sources:
        st.session_state[asked.part("source")] = asked.sources[0]


def _choice(asked: Field) -> None:
    """A few plain words as buttons side by side; many, or words with signs in them, as a list that shows them as is."""
    is_plain = all(value.replace(" ", "").replace("_", "").isalnum() for value in map(str, asked.values))
    if is_plain and len(asked.values) <= _FEW:
        _pick(asked, {value: readable(str(value)) for value in asked.values})
        return
    st.selectbox(
        asked.question, asked.values, key=asked.key, label_visibility="collapsed", persist_state="session",
        placeholder="Choose one",
    )  # fmt: skip


def _pick(asked: Field, words: Mapping[JsonValue, str]) -> None:
    st.segmented_control(
        asked.question, list(words), key=asked.key, required=True, format_func=lambda value: words[value],
        label_visibility="collapsed", persist_state="session",
    )  # fmt: skip


def _picture(asked: Field, content: bytes, told: str) -> None:
    with st.container(key=f"preview_{asked.name}", gap="xsmall"):
        st.image(content, width=200, alt=told)
        st.html(f'<p class="cf-note">{plain(told)}</p>')


def _uploaded(asked: Field, uploads: Uploads) -> None:
    _forget(asked, uploads)
    given = st.session_state.get(asked.part("upload"))
    if given is not None:
        st.session_state[asked.part("kept")] = uploads.keep(given.name, given.getvalue())


def _forget(asked: Field, uploads: Uploads) -> None:
    kept = st.session_state.pop(asked.part("kept"), None)
    if isinstance(kept, Upload):
        uploads.drop(kept)


def _look(address: str, asked: Field, *, allow_private: bool) -> _Looked:
    from character_flow.fetching import Limits, fetch  # brings httpx, only when somebody asks to look

    try:
        found = fetch(address, limits=Limits(deadline_s=_LOOK_S, allow_private=allow_private))
        problem = size_problem(asked.spec, len(found.content))
        if problem:
            return _Looked(address, problem, is_wrong=True)
        if asked.spec.type != "image":
            return _Looked(address, f"{found.content_type or 'a file'}, {len(found.content) / _MEGABYTE:.1f} MB")
        seen = preview(found.content)
    except ToolError as error:
        return _Looked(address, str(error), is_wrong=True)
    return _Looked(address, f"{seen.width} x {seen.height}", content=seen.content)
