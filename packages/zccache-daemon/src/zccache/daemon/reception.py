"""Knows who may come in: accepts connections, turns other users away, pauses when out of descriptors."""

import socket
from collections.abc import Iterator
from typing import Final

from zccache.common.wire.loopback import Token
from zccache.daemon.log import Log
from zccache.daemon.peers import peer_uid

BACKLOG: Final = 1024
_MOST_AT_ONCE: Final = 64


class Reception:
    """The listening socket of one uid; on a TCP port, which tells no uid, that of whoever knows the token."""

    def __init__(self, listener: socket.socket, uid: int, log: Log, token: Token | None = None) -> None:
        listener.setblocking(False)
        self.listener = listener
        self.token = token
        self._uid = uid
        self._log = log
        self.is_out_of_descriptors = False

    def arrivals(self) -> Iterator[socket.socket]:
        """Yield the connections that are there, at most 64; set is_out_of_descriptors when there are none."""
        self.is_out_of_descriptors = False
        for _ in range(_MOST_AT_ONCE):
            try:
                connection, _address = self.listener.accept()
            except BlockingIOError:
                return
            except ConnectionAbortedError:
                continue
            except OSError as error:
                # The listener stays readable: a loop that simply went on would spin.
                self._log.error(f"cannot accept: {error}; pausing")
                self.is_out_of_descriptors = True
                return
            if self._is_welcome(connection):
                yield connection

    def _is_welcome(self, connection: socket.socket) -> bool:
        if self.token is not None:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return True
        try:
            uid = peer_uid(connection)
        except OSError:
            uid = -1
        if uid == self._uid:
            return True
        self._log.warning(f"refused a connection of uid {uid}")
        connection.close()
        return False
