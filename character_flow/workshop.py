"""Where a run's tools work: each attempt's own folder, files made durable, and who answers for models."""

import shutil
from contextlib import suppress
from hashlib import file_digest
from pathlib import Path

from pydantic import JsonValue

from character_flow.errors import ProviderError, ToolError
from character_flow.events import ArtifactRef
from character_flow.file_book import FileBook
from character_flow.stream.files import keep_bytes, keep_link, make_folder, refusals, sync, sync_folder
from character_flow.stream.stream import RunFolder, read_output
from character_flow.tools.providers.base import Prediction, Provider
from character_flow.tools.providers.offline import OfflineProvider


class RunWorkshop:
    """The workshop of one run folder."""

    def __init__(self, run: RunFolder, book: FileBook, *, durable: bool, paid: Provider | None = None) -> None:
        self._run, self._book, self._durable = run, book, durable
        self._scratch = run.path / ".tmp-offline"
        self._provider: Provider = paid if paid is not None else OfflineProvider(self._scratch)

    def folder(self, step: str, attempt: int) -> Path:
        """`artifacts/<step>-<attempt>/`, made if missing."""
        path = self._run.artifacts / f"{step}-{attempt}"
        make_folder(path, durable=self._durable)
        return path

    def keep(self, folder: Path, path: Path, kind: str) -> ArtifactRef:
        """Make a file of this folder durable and known; the reference holds its live path."""
        inside = path.resolve()
        if not inside.is_relative_to(folder.resolve()):
            raise ToolError(f"{path}: an artifact must lie in the attempt's own folder {folder}")
        if not inside.is_file():
            raise ToolError(f"{path}: there is no such file to keep")
        with refusals(inside), inside.open("rb") as file:
            if self._durable:
                sync(file.fileno())
            digest = file_digest(file, "sha256").hexdigest()
            size = file.tell()
        if self._durable:
            for parent in inside.relative_to(folder.resolve()).parents:  # folders the tool made are names too
                sync_folder(folder / parent)
        relative = str(inside.relative_to(self._run.path.resolve()))
        return self._book.ref(ArtifactRef(path=relative, kind=kind, sha256=digest, bytes=size))

    def bring(self, source: Path, reference: ArtifactRef) -> None:
        """Link or copy another run's file to where the reference says it is in this one."""
        target = self._run.path / reference.path
        make_folder(target.parent, durable=self._durable)
        keep_link(target, source, durable=self._durable)
        self._book.ref(reference)

    def on_disk(self, reference: ArtifactRef) -> ArtifactRef:
        """The reference as the journal keeps it: relative to the run folder."""
        return reference.model_copy(update={"path": str(self._book.disk(reference.path))})

    def written(self, output: JsonValue) -> JsonValue:
        """An output as it may be written: paths relative, secrets by their names."""
        return self._book.disk(output)

    def taken_up(self, output: JsonValue, ref: str | None) -> JsonValue:
        """An output as tools see it, from what was written: itself, or the file that holds it."""
        return self._book.live(output if ref is None else read_output(self._run, ref))

    def put_aside(self, step: str, attempt: int, result: object) -> str:
        """Keep what is no JSON value in `outcomes/`: bytes as they are, anything else as Python shows it."""
        if isinstance(result, bytes | bytearray | memoryview):
            suffix, text = ".bin", bytes(result).decode("latin-1")
        else:
            suffix, text = ".txt", _shown(result).encode(errors="backslashreplace").decode("latin-1")
        make_folder(self._run.outcomes, durable=self._durable)
        ref = f"outcomes/{step}-{attempt}{suffix}"
        keep_bytes(self._run.path / ref, self._book.shown(text).encode("latin-1"), durable=self._durable)
        return ref

    def provider(self, kind: str) -> Provider:
        """Who answers for models of this kind."""
        return self._provider

    def cancel(self, provider: str, prediction_id: str) -> Prediction | None:
        """Stop a prediction at its provider: how it stands then, None where it could not be asked. Never raises."""
        with suppress(ProviderError):
            if provider == self._provider.name:
                self._provider.cancel(prediction_id)
                return self._provider.poll(prediction_id)
        return None

    def close(self) -> None:
        """Hang up on the provider, and remove what nobody fetched."""
        self._provider.close()
        shutil.rmtree(self._scratch, ignore_errors=True)


def _shown(result: object) -> str:
    try:
        return repr(result)
    except Exception:  # noqa: BLE001  # somebody else's __repr__
        return f"<{type(result).__name__}, which Python cannot show>"
