"""A run goes into a zip and comes out of it the same; what is no run does not come out at all."""

import io
import os
import random
import stat
import struct
import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import pytest

from character_flow import events
from character_flow.archive import delete_run, export_run, import_run, is_pinned, pin_run
from character_flow.errors import StreamBusyError, StreamCorruptError, StreamError, UsageError
from character_flow.events import Event
from character_flow.stream.files import TEMP_PREFIX
from character_flow.stream.journal import read_events
from character_flow.stream.journal_line import encode_event
from character_flow.stream.liveness import this_process, write_owner
from character_flow.stream.locks import hold_page, hold_run
from character_flow.stream.reading import folded, observe, read_snapshot
from character_flow.stream.runs import list_runs
from character_flow.stream.stream import RunFolder, Stream, read_output
from tests.unit.kept_runs import PICTURE, VIDEO, Recording, whole_run
from tests.unit.recorded import OTHER_ID, RUN_ID

MEMBERS = [
    "journal.jsonl",
    "snapshot.json",
    "plan.yaml",
    "inputs.json",
    "inputs/product.png",
    "outcomes/film-1.json",
    "artifacts/draw-1/frame.png",
    "artifacts/film-1/take one/ad.mp4",
]


def zipped(run: RunFolder) -> bytes:
    target = io.BytesIO()
    export_run(run, target)
    return target.getvalue()


def members(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(files: Mapping[str, bytes]) -> bytes:
    """A zip made by somebody else."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


def refused(folder: Path, content: bytes | Path) -> str:
    """Why a zip is not taken in; nothing of it may be left."""
    stream = Stream(folder / "refusing")
    with pytest.raises(UsageError) as caught:
        import_run(stream, content if isinstance(content, Path) else io.BytesIO(content))
    assert (os.listdir(stream.runs), "\n" in str(caught.value)) == ([], False)
    return str(caught.value)


# Into the zip.


def test_a_zip_holds_what_the_run_is_and_nothing_of_who_wrote_it(tmp_path: Path) -> None:
    """S0-50. Locks, owners, commands, logs, marks and half-written files stay behind."""
    run = whole_run(tmp_path)
    pin_run(run, pinned=True)
    for left in (run.lock, run.owner, run.log, run.reserve, run.inbox / "a.json", run.path / "notes.txt"):
        left.write_bytes(b"{}")
    (run.artifacts / "film-1" / f"{TEMP_PREFIX}0123456789abcdef").write_bytes(b"half")
    found = members(zipped(run))
    assert list(found) == MEMBERS
    assert {name: content for name, content in found.items() if name != "snapshot.json"} == {
        name: (run.path / name).read_bytes() for name in MEMBERS if name != "snapshot.json"
    }


def test_media_are_stored_and_texts_are_packed(tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(zipped(whole_run(tmp_path)))) as archive:
        stored = {entry.filename for entry in archive.infolist() if entry.compress_type == zipfile.ZIP_STORED}
    assert stored == {"inputs/product.png", "artifacts/draw-1/frame.png", "artifacts/film-1/take one/ad.mp4"}


def test_a_zip_does_not_tell_where_or_when_it_was_made(tmp_path: Path) -> None:
    run = whole_run(tmp_path)
    before = zipped(run)
    for path in (run.plan, run.journal):
        os.utime(path, (0, 0))
    target = tmp_path / "there.zip"
    export_run(run, target)
    assert before == zipped(run) == target.read_bytes()


def test_a_run_that_goes_on_is_exported_up_to_its_last_whole_line(tmp_path: Path) -> None:
    recording = Recording(tmp_path)
    recording.begin(1)
    whole = recording.run.journal.read_bytes()
    with recording.run.journal.open("ab") as file:
        file.write(b'{"seq":3,"ts":"2026')
    found = members(zipped(recording.run))
    assert found["journal.jsonl"] == whole
    imported = import_run(Stream(tmp_path / "there"), io.BytesIO(zipped(recording.run)))
    assert imported.journal.read_bytes() == whole
    recording.let_go()


def test_a_link_among_the_files_is_not_followed(tmp_path: Path) -> None:
    run = whole_run(tmp_path)
    (tmp_path / "private").write_bytes(b"secret")
    (run.artifacts / "draw-1" / "link").symlink_to(tmp_path / "private")
    (run.artifacts / "away").symlink_to(tmp_path)
    assert list(members(zipped(run))) == MEMBERS


@pytest.mark.parametrize("name", ["plan.yaml", "inputs.json", "journal.jsonl"])
def test_a_run_without_one_of_its_files_is_not_exported(tmp_path: Path, name: str) -> None:
    run = whole_run(tmp_path)
    (run.path / name).unlink()
    target = tmp_path / "old.zip"
    target.write_bytes(b"old")
    with pytest.raises(StreamError, match=rf"^{run.path / name}: it is not there; was its folder removed\?$"):
        export_run(run, target)
    assert (target.read_bytes(), [path.name for path in tmp_path.iterdir() if path.is_file()]) == (b"old", ["old.zip"])


class _Shrinking(io.BytesIO):
    """Cuts a file while it is being read into this zip."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def write(self, content: bytes, /) -> int:  # type: ignore[override]  # Buffer has a name from 3.12 on
        if self._path.name.encode() in content:
            os.truncate(self._path, 10)
        return super().write(content)


def test_a_file_that_shrinks_meanwhile_is_told(tmp_path: Path) -> None:
    path = whole_run(tmp_path).artifacts / "film-1" / "take one" / "ad.mp4"
    with pytest.raises(StreamError, match=r"ad\.mp4: it became shorter while it was read; export the run again"):
        export_run(Stream(tmp_path).run(RUN_ID), _Shrinking(path))


def test_a_damaged_journal_is_told_not_handed_on(tmp_path: Path) -> None:
    run = whole_run(tmp_path)
    run.journal.write_bytes(run.journal.read_bytes().replace(b"Two lines", b"Two limes", 1))
    with pytest.raises(StreamCorruptError, match=r"journal\.jsonl:3: line 3 is damaged"):
        zipped(run)


def test_a_run_without_a_single_event_is_not_exported(tmp_path: Path) -> None:
    run = whole_run(tmp_path)
    run.journal.write_bytes(b"")
    with pytest.raises(StreamError, match="it holds no event, there is nothing to export"):
        zipped(run)


def test_a_name_no_zip_can_carry_is_told(tmp_path: Path) -> None:
    run = whole_run(tmp_path)
    (run.artifacts / "draw-1" / "a\\b").write_bytes(b"x")
    with pytest.raises(StreamError, match="no zip can carry this name to every system; rename the file"):
        zipped(run)


# Out of the zip.


def test_a_run_comes_out_as_it_went_in_and_goes_in_again_byte_for_byte(tmp_path: Path) -> None:
    """S0-50."""
    run = whole_run(tmp_path)
    content = zipped(run)
    imported = import_run(Stream(tmp_path / "there"), io.BytesIO(content))
    assert imported.id == run.id
    assert folded(imported.journal) == folded(run.journal) == read_snapshot(imported.path)
    assert read_output(imported, "outcomes/film-1.json") == read_output(run, "outcomes/film-1.json")
    assert (imported.artifacts / "film-1" / "take one" / "ad.mp4").read_bytes() == VIDEO
    assert sorted(os.listdir(imported.path)) == [
        "artifacts", "inbox", "inputs", "inputs.json", "journal.jsonl", "outcomes", "plan.yaml", "snapshot.json",
    ]  # fmt: skip
    assert zipped(imported) == content


def test_an_unfinished_run_comes_out_as_a_lost_one(tmp_path: Path) -> None:
    recording = Recording(tmp_path)
    recording.begin(1)
    imported = import_run(Stream(tmp_path / "there"), io.BytesIO(zipped(recording.run)))
    recording.let_go()
    shown = observe(read_snapshot(imported.path), imported)
    assert (shown.status, shown.outcome, shown.steps[0].status) == ("error", "lost", "running")
    assert [run.outcome for run in list_runs(Stream(tmp_path / "there"))] == ["lost"]


def test_a_snapshot_in_the_zip_is_not_believed(tmp_path: Path) -> None:
    run = whole_run(tmp_path)
    content = packed({**members(zipped(run)), "snapshot.json": b'{"status": "running", "plan_name": "lies"}'})
    imported = import_run(Stream(tmp_path / "there"), io.BytesIO(content))
    assert read_snapshot(imported.path) == folded(run.journal)


def test_a_run_that_is_here_already_stays_as_it_is(tmp_path: Path) -> None:
    run = whole_run(tmp_path)
    content = zipped(run)
    with pytest.raises(UsageError, match=rf"^run {RUN_ID} is already here, the same to the last event; nothing was"):
        import_run(Stream(tmp_path), io.BytesIO(content))
    other = Recording(tmp_path / "there")
    mine = other.end().journal.read_bytes()
    with pytest.raises(UsageError, match=rf"{RUN_ID}: another run has this id, its journal is a different one"):
        import_run(Stream(tmp_path / "there"), io.BytesIO(content))
    assert other.run.journal.read_bytes() == mine
    assert (os.listdir(tmp_path / "runs"), os.listdir(tmp_path / "there" / "runs")) == ([RUN_ID], [RUN_ID])


@pytest.mark.parametrize(
    "name",
    [
        "../evil", "artifacts/../../evil", "/etc/passwd", "artifacts//x", "artifacts/./x", "artifacts/", "inputs/",
        "C:\\evil", "artifacts\\evil", "lock", "owner.json", "inbox/a.json", "reserve", "run.log", "pinned", "evil.py",
        "runs/x/plan.yaml", "artifacts/a\nb", "artifacts/" + "a/" * 60 + "b", "artifacts/" + "a" * 256, "artifacts",
        "Artifacts/x", "journal.jsonl/x",
    ],
)  # fmt: skip
def test_no_name_leads_out_of_the_run(tmp_path: Path, name: str) -> None:
    whole = members(zipped(whole_run(tmp_path)))
    why = refused(tmp_path, packed({**whole, name: b"evil"}))
    assert why.startswith("the zip: ")
    assert "no file of a run has such a name; nothing was unpacked" in why or "it lies in what is a file" in why
    assert list(tmp_path.rglob("*evil*")) == []


def _changed(content: bytes, change: Callable[[zipfile.ZipInfo], None], name: str = "plan.yaml") -> bytes:
    """A zip whose list of contents says something else of one file."""
    target = io.BytesIO(content)
    with zipfile.ZipFile(target, "a") as archive:
        change(archive.getinfo(name))
        archive.comment = b"changed"  # so that the list is written anew
    return target.getvalue()


def _set(**values: int) -> Callable[[zipfile.ZipInfo], None]:
    def change(entry: zipfile.ZipInfo) -> None:
        for key, value in values.items():
            setattr(entry, key, value)

    return change


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (_set(external_attr=(stat.S_IFLNK | 0o777) << 16), "it is a link or a device; a run holds files only"),
        (_set(external_attr=(stat.S_IFIFO | 0o644) << 16), "it is a link or a device; a run holds files only"),
        (_set(flag_bits=1), "it is encrypted; export the run again"),
        (_set(compress_type=zipfile.ZIP_BZIP2), "it is packed in a way no export uses"),
        (_set(file_size=5 << 30), r"unpacked it would have 5,368,\d{3},\d{3} bytes; a run may have 4,294,967,296"),
        (_set(file_size=300 << 20), r"bytes that would become 314,\d{3},\d{3}: no run is like that"),
        (_set(compress_size=1 << 20), "no run is like that"),
        (_set(CRC=1), "it is not a whole zip: Bad CRC-32 for file 'plan.yaml'; export the run again"),
        (_set(header_offset=7), "it is not a whole zip: Bad magic number for file header"),
    ],
)
def test_a_zip_that_lies_about_a_file_is_refused(
    tmp_path: Path, change: Callable[[zipfile.ZipInfo], None], why: str
) -> None:
    """Links, encryption, and files that would fill the disk."""
    whole = zipped(whole_run(tmp_path))
    with pytest.raises(AssertionError, match=why):
        raise AssertionError(refused(tmp_path, _changed(whole, change)))


def test_a_real_bomb_is_refused_before_it_goes_off(tmp_path: Path) -> None:
    target = io.BytesIO(zipped(whole_run(tmp_path)))
    with (
        zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("artifacts/zeroes", "w") as sink,
    ):
        for _ in range(300):
            sink.write(bytes(1 << 20))
    assert "no run is like that" in refused(tmp_path, target.getvalue())


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    target = io.BytesIO(zipped(whole_run(tmp_path)))
    with zipfile.ZipFile(target, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("plan.yaml", b"name: other")
    assert (
        refused(tmp_path, target.getvalue()) == "the zip: 'plan.yaml' is in it twice; a run's files have one name each"
    )


def test_a_file_in_a_file_is_refused(tmp_path: Path) -> None:
    whole = members(zipped(whole_run(tmp_path)))
    why = refused(tmp_path, packed({**whole, "artifacts/draw-1/frame.png/x": b""}))
    assert why == "the zip: 'artifacts/draw-1/frame.png/x': it lies in what is a file itself"


def test_more_files_than_a_run_can_have_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("character_flow.unpacking.ENTRIES", 1_000)
    assert refused(tmp_path, packed({f"artifacts/a/{n}": b"" for n in range(1_001)})) == (
        "the zip: it holds 1,001 files; a run may have 1,000"
    )


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x05\x06" + bytes(17), b"PK\x03\x04" + bytes(100)])
def test_what_is_no_zip_is_refused(tmp_path: Path, content: bytes) -> None:
    assert refused(tmp_path, content) == "the zip: it is not a whole zip: File is not a zip file; export the run again"


def test_a_zip_of_something_else_is_refused(tmp_path: Path) -> None:
    assert "no file of a run has such a name" in refused(tmp_path, packed({"photo.jpg": b"x"}))
    assert refused(tmp_path, packed({})) == "the zip: it holds no plan.yaml; is this the zip of a run?"


def test_a_zip_with_an_endless_list_of_names_is_not_read(tmp_path: Path) -> None:
    """The list is read whole, and each name of it takes ten times its room in memory."""
    path = tmp_path / "endless.zip"
    path.touch()
    os.truncate(path, 100 << 20)
    with path.open("ab") as file:
        file.write(struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, 100 << 20, 0, 0))
    why = f"{path}: it is not a whole zip: its list of names is longer than 64 MB; export the run again"
    assert refused(tmp_path, path) == why


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_zip_that_was_cut_off_is_refused(tmp_path: Path, share: float) -> None:
    content = zipped(whole_run(tmp_path))
    assert "it is not a whole zip" in refused(tmp_path, content[: int(len(content) * share)])


def test_a_bit_that_flipped_on_the_way_is_found(tmp_path: Path) -> None:
    content = bytearray(zipped(whole_run(tmp_path)))
    content[content.index(VIDEO) + 1_000] ^= 1
    why = "the zip: it is not a whole zip: Bad CRC-32 for file 'artifacts/film-1/take one/ad.mp4'; export the run again"
    assert refused(tmp_path, bytes(content)) == why


def test_whatever_was_damaged_on_the_way_it_is_one_line(tmp_path: Path) -> None:
    """Bytes anywhere in the zip: names that are no UTF-8, places before its beginning, times that never were."""
    whole = zipped(whole_run(tmp_path))
    rng = random.Random(3)
    told: list[str] = []
    for number in range(30):
        damaged = bytearray(whole)
        for _ in range(rng.randrange(1, 4)):
            damaged[rng.randrange(len(whole) - 1_200, len(whole))] = rng.randrange(256)  # the list of names, mostly
        here = Stream(tmp_path / str(number))
        with suppress(UsageError):
            import_run(here, io.BytesIO(damaged))
            continue
        told.append(refused(tmp_path / f"again{number}", bytes(damaged)))
    assert len(told) > 15


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    assert refused(tmp_path, tmp_path / "none.zip") == (
        f"{tmp_path / 'none.zip'}: cannot be read: No such file or directory"
    )
    assert refused(tmp_path, tmp_path) == f"{tmp_path}: cannot be read: Is a directory"


def _journal_of(happened: list[Event]) -> bytes:
    return b"".join(map(encode_event, happened))


def _head(**changed: object) -> Event:
    steps = (events.StepHead(name="write", task="Write", tool="function"),)
    fact = events.PlanStarted(run_id=RUN_ID, plan_id="ad", plan_name="An ad", steps=steps)
    return Event(1, "2026-11-20T21:05:30+00:00", 0.0, 1, None, None, fact.model_copy(update=changed))


def _made(path: str, sha256: str = "0" * 64) -> Event:
    fact = events.ArtifactMade(path=path, kind="image", sha256=sha256, bytes=1)
    return Event(2, "2026-11-20T21:05:31+00:00", 1.0, 1, 1, 1, fact)


def _reused(path: str) -> Event:
    refs = (events.ArtifactRef(path=path, kind="image", sha256="0" * 64, bytes=1),)
    fact = events.StepReused(from_run=OTHER_ID, with_key="k", artifacts=refs)
    return Event(2, "2026-11-20T21:05:31+00:00", 1.0, 1, 1, None, fact)


def _step(number: int) -> Event:
    return Event(2, "2026-11-20T21:05:31+00:00", 1.0, 1, number, 1, events.Chunk(text="x"))


@pytest.mark.parametrize(
    ("journal", "why"),
    [
        (b"", "its journal is cut off after 0 bytes; export the run again"),
        (_journal_of([_head()])[:-1], "its journal is cut off after 0 bytes; export the run again"),
        (_journal_of([_head(), _step(1)])[:-9], r"its journal is cut off after \d+ bytes; export the run again"),
        (_journal_of([_head()]).replace(b"An ad", b"An ox"), "line 1 of its journal is damaged; export the run again"),
        (_journal_of([_head(), _head()]), "line 2 of its journal is damaged; export the run again"),
        (_journal_of([_step(1)]), "line 1 of its journal is damaged; export the run again"),
        (_journal_of([_head(run_id="../../evil")]), "its journal does not begin as that of a run"),
        (_journal_of([_head(run_id="20261120T210530Z-a/b-3f9a1c")]), "its journal does not begin as that of a run"),
        (_journal_of([_head(steps=())]), "its journal does not begin as that of a run; export the run again"),
        (_journal_of([_head(), _step(2)]), "line 2 of its journal is about step 2 of 1"),
        (_journal_of([_head(), _made("../../../etc/passwd")]), "its journal names a file outside of the run: '../../"),
        (_journal_of([_head(), _made("/etc/passwd")]), "its journal names a file outside of the run: '/etc/passwd'"),
        (_journal_of([_head(), _reused("../x.png")]), "its journal names a file outside of the run: '../x.png'"),
        (_journal_of([_head(), _made("plan.yaml")]), "its journal names a file outside of the run: 'plan.yaml'"),
        (
            _journal_of([_head(), _made("artifacts/draw-1/frame.png")]),
            "'artifacts/draw-1/frame.png' is not the file that its journal recorded; export the run again",
        ),
    ],
)
def test_a_journal_that_does_not_hold_is_refused(tmp_path: Path, journal: bytes, why: str) -> None:
    whole = members(zipped(whole_run(tmp_path)))
    with pytest.raises(AssertionError, match=f"^the zip: {why}"):
        raise AssertionError(refused(tmp_path, packed({**whole, "journal.jsonl": journal})))


def test_inputs_that_are_not_those_of_the_run_are_refused(tmp_path: Path) -> None:
    whole = members(zipped(whole_run(tmp_path)))
    assert refused(tmp_path, packed({**whole, "inputs/product.png": PICTURE[:-1]})) == (
        "the zip: 'inputs/product.png' is not the file that input 'product' was given"
    )
    for text in (b"", b"[]", b'{"inputs": {}}', b"[" * 100_000):
        why = refused(tmp_path, packed({**whole, "inputs.json": text}))
        assert why == "the zip: its inputs.json is damaged; export the run again"
    outside = whole["inputs.json"].replace(b'"product.png"', b'"../../../x"')
    assert "is not the file that input 'product' was given" in refused(
        tmp_path, packed({**whole, "inputs.json": outside})
    )


def test_a_file_the_run_had_lost_already_is_no_hindrance(tmp_path: Path) -> None:
    run = whole_run(tmp_path)
    (run.artifacts / "draw-1" / "frame.png").unlink()
    imported = import_run(Stream(tmp_path / "there"), io.BytesIO(zipped(run)))
    assert list(read_events(imported.journal)) == list(read_events(run.journal))


# Thrown away, and kept in sight.


def test_a_deleted_run_is_gone_and_the_others_are_not(tmp_path: Path) -> None:
    run, other = whole_run(tmp_path), whole_run(tmp_path, OTHER_ID)
    delete_run(run)
    assert (os.listdir(tmp_path / "runs"), other.journal.exists()) == ([OTHER_ID], True)
    with pytest.raises(UsageError, match="there is no such run"):
        delete_run(run)


def test_a_run_at_work_is_not_deleted(tmp_path: Path) -> None:
    recording = Recording(tmp_path)
    with (
        hold_run(recording.run, owner=this_process(RUN_ID, 1)),
        pytest.raises(StreamBusyError, match=rf"in use by pid {os.getpid()} on .*, run {RUN_ID}, since .*; cancel it"),
    ):
        delete_run(recording.run)
    assert recording.let_go().journal.exists()
    delete_run(recording.run)
    assert os.listdir(tmp_path / "runs") == []


def test_a_run_at_work_on_another_machine_is_not_deleted(tmp_path: Path) -> None:
    """Its lock may not be seen here."""
    run = whole_run(tmp_path)
    write_owner(run.owner, this_process(RUN_ID, 1).model_copy(update={"host": "far"}))
    with pytest.raises(StreamBusyError, match=r"in use by pid \d+ on far"):
        delete_run(run)
    os.utime(run.owner, (0, 0))
    delete_run(run)
    assert not run.path.exists()


def test_the_page_does_not_go_on_showing_a_deleted_run(tmp_path: Path) -> None:
    run, other = whole_run(tmp_path), whole_run(tmp_path, OTHER_ID)
    page = Stream(tmp_path).page
    page.write_bytes(zipped_snapshot(run))
    delete_run(other)
    assert read_snapshot(page).run_id == RUN_ID
    delete_run(run)
    assert not page.exists()


def test_a_page_on_which_another_run_publishes_is_left_to_it(tmp_path: Path) -> None:
    run = whole_run(tmp_path)
    page = Stream(tmp_path).page
    page.write_bytes(zipped_snapshot(run))
    with hold_page(Stream(tmp_path)):
        delete_run(run)
    assert (page.exists(), run.path.exists()) == (True, False)


def zipped_snapshot(run: RunFolder) -> bytes:
    return members(zipped(run))["snapshot.json"]


def test_a_pin_is_there_until_it_is_taken_off(tmp_path: Path) -> None:
    run = whole_run(tmp_path)
    seen = [is_pinned(run)]
    for pinned in (True, True, False, False):
        pin_run(run, pinned=pinned)
        seen.append(is_pinned(run))
    assert seen == [False, True, True, False, False]
    with pytest.raises(UsageError, match="there is no such run"):
        pin_run(Stream(tmp_path).run(OTHER_ID), pinned=True)
