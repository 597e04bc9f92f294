"""What readers ask of the writer: obeyed once, refused with a reason, never a crash."""

import os
from pathlib import Path

import pytest

from character_flow.errors import UsageError
from character_flow.stream.inbox import COMMAND_BYTES, Command, Inbox, Refused, new_command, send
from character_flow.stream.stream import RunFolder
from tests.unit.recorded import NOON, make_run

ID = "0b77de11-0000-4000-8000-000000000000"


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    run, journal = make_run(tmp_path)
    journal.close()
    return run


def _send(run: RunFolder, kind: str = "cancel", *, epoch: int = 1, at: int | None = None) -> Command:
    command = new_command(kind, epoch=epoch, by="me", now=lambda: NOON)
    send(run, command)
    if at is not None:
        os.utime(run.inbox / f"{command.id}.json", (at, at))
    return command


def test_a_command_is_one_whole_file(run: RunFolder) -> None:
    command = new_command("answer", epoch=1, by="me", request_id="ask:1", value="yes", now=lambda: NOON, command_id=ID)
    send(run, command)
    assert os.listdir(run.inbox) == [f"{ID}.json"]
    assert (run.inbox / f"{ID}.json").read_text() == (
        f'{{"id":"{ID}","kind":"answer","epoch":1,"by":"me","at":"2026-11-20T12:00:00.000+00:00",'
        '"request_id":"ask:1","value":"yes"}\n'
    )
    assert Inbox(run).pending() == (command,)


def test_the_oldest_command_comes_first(run: RunFolder) -> None:
    second, first, third = (_send(run, at=at) for at in (200, 100, 300))
    assert Inbox(run).pending() == (first, second, third)


def test_a_command_is_seen_until_it_is_obeyed_and_never_again(run: RunFolder) -> None:
    """DESIGN 3.7: exactly once, also when the writer died between the journal and the deletion."""
    command = _send(run)
    inbox = Inbox(run, epoch=1)
    assert (inbox.pending(), inbox.pending()) == ((command,), (command,))
    inbox.delete(command.id)
    assert (inbox.pending(), os.listdir(run.inbox)) == ((), [])
    send(run, command)  # a repeat
    assert (inbox.pending(), os.listdir(run.inbox)) == ((), [])
    send(run, command)  # the next holder, who knows the journal
    assert (Inbox(run, epoch=2, obeyed=[command.id]).pending(), os.listdir(run.inbox)) == ((), [])
    inbox.delete(command.id)


def test_commands_of_an_older_epoch_are_deleted_but_answers_are_not(run: RunFolder) -> None:
    _send(run, "cancel", epoch=1)
    answer, cancel = _send(run, "answer", epoch=1, at=100), _send(run, "cancel", epoch=2, at=200)
    inbox = Inbox(run, epoch=2)
    assert (inbox.pending(), inbox.refused(), len(os.listdir(run.inbox))) == ((answer, cancel), (), 2)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        (f"{ID}.json", b"", "it is not a command"),
        (f"{ID}.json", b'{"id": ', "it is not a command"),
        (f"{ID}.json", b'{"id": "0b77de11", "kind": "cancel"}', "it is not a command"),
        (f"{ID}.json", b"x" * (COMMAND_BYTES + 1), f"it has more than {COMMAND_BYTES} bytes"),
        (
            f"{ID}.json",
            b'{"id": "0b77de11-1", "kind": "cancel", "epoch": 1, "by": "me", "at": ""}',
            "its id is not the name of its file",
        ),
    ],
)
def test_what_is_no_command_is_removed_and_told_once(run: RunFolder, name: str, content: bytes, reason: str) -> None:
    (run.inbox / name).write_bytes(content)
    good = _send(run)
    inbox = Inbox(run)
    assert (inbox.pending(), inbox.refused(), inbox.refused()) == ((good,), (Refused(ID, reason),), ())
    assert os.listdir(run.inbox) == [f"{good.id}.json"]


def test_files_that_are_on_their_way_or_not_ours_are_left_alone(run: RunFolder) -> None:
    for name in (".tmp-cf-0123456789abcdef", "notes.txt", "README.json"):
        (run.inbox / name).write_bytes(b"")
    inbox = Inbox(run)
    assert (inbox.pending(), inbox.refused(), len(os.listdir(run.inbox))) == ((), (), 3)


def test_a_folder_in_the_inbox_is_refused_once_and_hurts_nothing(run: RunFolder) -> None:
    (run.inbox / f"{ID}.json").mkdir()
    inbox = Inbox(run)
    assert (inbox.pending(), inbox.pending()) == ((), ())
    assert [refused.command_id for refused in inbox.refused()] == [ID]


def test_an_inbox_that_is_missing_is_empty_and_made_when_needed(run: RunFolder) -> None:
    run.inbox.rmdir()
    assert Inbox(run).pending() == ()
    command = _send(run)
    assert Inbox(run).pending() == (command,)


def test_a_command_for_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no such run"):
        send(RunFolder(tmp_path / "none"), new_command("cancel", epoch=1, by="me"))


def test_an_id_cannot_lead_out_of_the_inbox() -> None:
    with pytest.raises(ValueError, match="pattern"):
        new_command("cancel", epoch=1, by="me", command_id="../../etc/passwd")
