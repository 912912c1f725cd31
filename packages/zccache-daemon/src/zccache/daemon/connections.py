"""Knows one connection: bytes in until a frame is whole, bytes out until it is gone, what it waits for."""

import socket
from enum import Enum

from zccache.common.errors import WireBroken
from zccache.common.wire.frames import HEADER, Header, Kind, parse_header
from zccache.common.wire.loopback import GREETING_BYTES, Token, are_equal

_KIND_AT = HEADER.size - 1
# Large enough for a usual request in one piece; reused by all connections, since one thread reads.
_INCOMING = memoryview(bytearray(256 * 1024))


class Step(Enum):
    """What a connection waits for."""

    REQUEST = "its front's first frame"
    ANSWER = "our answer"
    RUN = "the end of the command that its front runs"
    END = "the last bytes of its last answer to go out"


class Connection:
    """A front's connection. Reads and writes never block, whatever the socket's own mode.

    With a token, nothing is heard of a peer that does not know it.
    """

    __slots__ = ("_token", "deadline", "id", "incoming", "outgoing", "socket", "step", "watched")

    def __init__(
        self, connection: socket.socket, connection_id: int, deadline: float, token: Token | None = None
    ) -> None:
        self.socket = connection
        self._token = token
        self.id = connection_id
        self.step = Step.REQUEST
        self.deadline: float | None = deadline
        self.incoming = bytearray()
        self.outgoing = memoryview(b"")
        self.watched = 0

    def is_open(self) -> bool:
        """Tell whether the peer has not closed its end; what it may have sent stays to be received."""
        try:
            return bool(self.socket.recv(1, socket.MSG_DONTWAIT | socket.MSG_PEEK))
        except BlockingIOError:
            return True
        except OSError:
            return False

    def receive(self) -> tuple[Header, bytes] | None:
        """Return a frame when it is whole, None while it is not.

        Raises WireBroken for what is no frame of ours and for more than one frame at a time,
        OSError or EOFError when the peer is gone.
        """
        try:
            size = self.socket.recv_into(_INCOMING, 0, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return None
        if not size:
            raise EOFError
        data = _INCOMING[:size]
        if self._token is not None:
            self.incoming += data
            return self._hear_greeting(self._token)
        if self.incoming:
            self.incoming += data
            data = memoryview(self.incoming)
        whole = _whole_frame(data)
        if whole is None and not self.incoming:
            self.incoming += data
        elif whole is not None and self.incoming:
            # A new buffer: the view above still pins the old one.
            self.incoming = bytearray()
        return whole

    def _hear_greeting(self, token: Token) -> tuple[Header, bytes] | None:
        """Prove ourselves to a peer that has; what it says next is its first frame, if it is there."""
        if len(self.incoming) < GREETING_BYTES:
            return None
        if not are_equal(bytes(self.incoming[:GREETING_BYTES]), token.hello):
            raise WireBroken("a caller does not know the token")
        self._token = None
        # So little always fits into the buffer of a new connection.
        self.socket.send(token.welcome, socket.MSG_DONTWAIT)
        rest, self.incoming = self.incoming[GREETING_BYTES:], bytearray()
        whole = _whole_frame(memoryview(rest))
        if whole is None:
            self.incoming = rest
        return whole

    def send(self, frame: bytes) -> bool:
        """Start to send a frame and tell whether all of it went out; raise OSError when the peer is gone."""
        self.outgoing = memoryview(frame)
        return self.send_more()

    def send_more(self) -> bool:
        """Go on sending and tell whether all of it went out."""
        try:
            sent = self.socket.send(self.outgoing, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return not self.outgoing
        self.outgoing = self.outgoing[sent:]
        return not self.outgoing


def is_run(frame: bytes) -> bool:
    """Tell whether an answer keeps its connection open for a FINISH."""
    return frame[_KIND_AT] in {Kind.RUN, Kind.SPREAD}


def _whole_frame(data: memoryview) -> tuple[Header, bytes] | None:
    if len(data) < HEADER.size:
        return None
    header = parse_header(data)
    missing = HEADER.size + header.body_bytes - len(data)
    if missing < 0:
        raise WireBroken(f"{-missing} bytes follow a frame that has no answer yet")
    return None if missing else (header, bytes(data[HEADER.size :]))
