"""What holds for every test: no network but loopback, no settings from outside, and nothing skipped in CI."""

import os
import sys
from collections.abc import Generator, Iterator
from ipaddress import ip_address

import hypothesis
import pytest

hypothesis.settings.register_profile("house", deadline=None, database=None, derandomize=bool(os.environ.get("CI")))
hypothesis.settings.load_profile("house")

_reached_outside: list[str] = []


class _OutsideLoopbackError(OSError):
    """A test tried to leave this machine."""


def _is_loopback(host: object) -> bool:
    if host in (None, "", b"", "localhost", b"localhost"):
        return True
    try:
        return ip_address(str(host).partition("%")[0]).is_loopback
    except ValueError:
        return False


def _is_address(host: object) -> bool:
    try:
        ip_address(str(host).partition("%")[0])
    except ValueError:
        return False
    return True


def _watch_sockets(event: str, args: tuple[object, ...]) -> None:
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        target = args[1]
        outside = isinstance(target, tuple) and not _is_loopback(target[0])
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        target = args[0]
        outside = not (_is_loopback(target) or _is_address(target))  # an address asks no name server
    else:
        return
    if outside:
        _reached_outside.append(f"{event} {target!r}")
        raise _OutsideLoopbackError(f"tests stay on this machine, but one asked for {event} {target!r}")


# Sees every socket of the process, whoever opened it. An audit hook cannot be taken off, nor need it be.
sys.addaudithook(_watch_sockets)


@pytest.fixture(autouse=True)
def _only_loopback() -> Iterator[None]:
    """Fails the test even where the code under test swallowed the refusal."""
    _reached_outside.clear()
    yield
    assert not _reached_outside, f"left this machine: {', '.join(_reached_outside)}"


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in tuple(os.environ):
        if name == "REPLICATE_API_TOKEN" or name.startswith("CHARACTER_FLOW_"):
            monkeypatch.delenv(name)


def _skip_is_failure(report: pytest.TestReport | pytest.CollectReport) -> None:
    if report.outcome == "skipped" and os.environ.get("CI"):
        report.outcome = "failed"
        report.longrepr = f"nothing is skipped in CI: {report.longrepr}"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Under CI a skipped (or expectedly failing) test is a failed test."""
    report = yield
    _skip_is_failure(report)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Under CI a skipped test file is a failed one."""
    report = yield
    _skip_is_failure(report)
    return report


def pytest_xdist_auto_num_workers() -> int:
    """One worker more than there are processors, for many tests wait for other processes; four are enough."""
    return min(4, (os.cpu_count() or 1) + 1)
