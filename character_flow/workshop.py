"""Where a run's tools work: each attempt's own folder, files made durable, and who answers for models."""

import os
import shutil
from hashlib import file_digest
from pathlib import Path

from character_flow.errors import ToolError
from character_flow.events import ArtifactRef
from character_flow.file_book import FileBook
from character_flow.stream.files import keep_copy, make_folder, refusals, sync, sync_folder
from character_flow.stream.stream import RunFolder
from character_flow.tools.providers.base import Provider
from character_flow.tools.providers.offline import OfflineProvider


class RunWorkshop:
    """The workshop of one run folder."""

    def __init__(self, run: RunFolder, book: FileBook, *, durable: bool) -> None:
        self._run, self._book, self._durable = run, book, durable
        self._scratch = run.path / ".tmp-offline"
        self._offline = OfflineProvider(self._scratch)

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
        with refusals(target):
            target.unlink(missing_ok=True)
            try:
                os.link(source, target)
            except OSError:  # another file system, or one without links
                keep_copy(target, source, durable=self._durable)
        if self._durable:
            sync_folder(target.parent)
        self._book.ref(reference)

    def on_disk(self, reference: ArtifactRef) -> ArtifactRef:
        """The reference as the journal keeps it: relative to the run folder."""
        return reference.model_copy(update={"path": str(self._book.disk(reference.path))})

    def provider(self, kind: str) -> Provider:
        """Who answers for models of this kind."""
        return self._offline

    def close(self) -> None:
        """Remove what nobody fetched."""
        shutil.rmtree(self._scratch, ignore_errors=True)
