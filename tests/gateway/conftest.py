"""What the tests of the gateway share: a server of it for a folder of the test's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gateway.served import Server, serving


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """The gateway to an empty folder, served for real."""
    with serving(tmp_path) as served:
        yield served
