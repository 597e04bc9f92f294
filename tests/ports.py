"""Ports for servers under test, so that no two of them meet on one."""

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def kept_port(port: int = 0) -> Iterator[int]:
    """A port nobody listens on, any or this one; on Linux nobody is given it but a server that asks for it."""
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", port))
        number: int = holder.getsockname()[1]
        if sys.platform != "linux":  # elsewhere a server could not have it either
            holder.close()
        yield number
