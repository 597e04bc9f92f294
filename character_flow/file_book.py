"""Which texts are files of this run, and which are secrets: how values look live, on disk, hashed and shown.

On disk a path is relative to the run folder, so a run can be moved or zipped; live it is absolute, so a tool can open
it; hashed it is the file's sha256, so equal pictures give equal keys wherever they lie. A secret's value is never kept.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from pydantic import JsonValue

from character_flow.events import ArtifactRef


class FileBook:
    """The input files and artifacts of one run, by relative path, and the secrets to hide."""

    def __init__(self, folder: Path, *, secrets: Mapping[str, str] | None = None) -> None:
        self._folder = folder
        self._live: dict[str, str] = {}
        self._disk: dict[str, str] = {}
        self._sha256: dict[str, str] = {}
        longest_first = sorted((secrets or {}).items(), key=lambda item: -len(item[1]))
        self._secrets = {value: name for name, value in longest_first if value}
        self._longest = max(map(len, self._secrets), default=0)

    def add(self, path: str, sha256: str) -> None:
        """Know a file by its path relative to the run folder."""
        live = str(self._folder / path)
        self._live[path] = live
        self._disk[live] = path
        self._sha256[live] = sha256

    def ref(self, reference: ArtifactRef) -> ArtifactRef:
        """An artifact as it is on disk, known from now on; returns it with its live path."""
        self.add(reference.path, reference.sha256)
        return reference.model_copy(update={"path": self._live[reference.path]})

    def path_of(self, text: str) -> str | None:
        """The path, relative to the run folder, of a file this run knows; None for any other text."""
        return text if text in self._live else self._disk.get(text)

    def live(self, value: JsonValue) -> JsonValue:
        """A value from disk, its paths absolute."""
        return _mapped(value, self._live.get) if self._live else value

    def disk(self, value: JsonValue) -> JsonValue:
        """A live value as it may be written: paths relative, secrets replaced by their names."""
        return _mapped(value, self._on_disk, self._key_of) if self._disk or self._secrets else value

    def hashed(self, value: JsonValue) -> JsonValue:
        """A live value for a key: files by their hash, secrets by their names."""
        return _mapped(value, self._in_key, self._key_of) if self._disk or self._secrets else value

    def shown(self, text: str) -> str:
        """A text for people: secrets replaced by their names."""
        for secret, name in self._secrets.items():
            if secret in text:
                text = text.replace(secret, f"[secret {name}]")
        return text

    def shown_part(self, text: str, *, is_last: bool = False) -> tuple[str, str]:
        """A piece of a longer text for people, and its end that may begin a secret: it goes before the next piece."""
        if not self._secrets:
            return text, ""
        text = self.shown(text)
        for length in () if is_last else range(min(self._longest - 1, len(text)), 0, -1):
            if any(secret.startswith(text[-length:]) for secret in self._secrets):
                return text[:-length], text[-length:]
        return text, ""

    @property
    def _key_of(self) -> Callable[[str], str] | None:
        """How the key of a mapping is written; None: as it is."""
        return self.shown if self._secrets else None

    def _on_disk(self, text: str) -> str | None:
        return self._disk.get(text) or (self.shown(text) if self._secrets else None)

    def _in_key(self, text: str) -> str | None:
        sha256 = self._sha256.get(text)
        return f"sha256:{sha256}" if sha256 else self.shown(text) if self._secrets else None


def _mapped(
    value: JsonValue, text_of: Callable[[str], str | None], key_of: Callable[[str], str] | None = None
) -> JsonValue:
    if isinstance(value, str):
        return text_of(value) or value
    if isinstance(value, list):
        return [_mapped(item, text_of, key_of) for item in value]
    if isinstance(value, dict):
        return {key_of(key) if key_of else key: _mapped(item, text_of, key_of) for key, item in value.items()}
    return value


def renamed(value: JsonValue, names: Mapping[str, str]) -> JsonValue:
    """A value with every text that is a key of `names` replaced."""
    return _mapped(value, names.get) if names else value


def texts_in(value: JsonValue) -> Iterator[str]:
    """Every text of a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from texts_in(item)
