"""Knows how to put one CONTROL question to a daemon and wait for its answer."""

import json
import socket
from collections.abc import Mapping

from zccache.common.errors import DaemonSilent, DaemonUnreachable, WireBroken
from zccache.common.wire.endpoint import Endpoint, connect
from zccache.common.wire.frames import HEADER, Kind, pack_frame, parse_header


def ask(endpoint: Endpoint, request: Mapping[str, object], *, timeout_s: float) -> dict[str, object]:
    """Return the daemon's answer to a request such as {"command": "ping"}.

    timeout_s is the longest silence; a daemon that is still working says so more often.
    Raises DaemonSilent when somebody is there and does not answer in time, DaemonUnreachable when
    nobody is, WireBroken for a foreign answer.
    """
    with connect(endpoint, timeout_s) as connection:
        try:
            connection.sendall(pack_frame(Kind.CONTROL, json.dumps(request).encode()))
            kind, body = _answer(connection)
        except TimeoutError as error:
            raise DaemonSilent(str(endpoint)) from error
        except OSError as error:
            raise DaemonUnreachable(str(endpoint), error.strerror or str(error)) from error
    if kind != Kind.CONTROLLED:
        raise DaemonUnreachable(str(endpoint), f"answered with a frame of kind {kind:#x}")
    try:
        answer = json.loads(body)
    except ValueError as error:
        raise WireBroken(f"the daemon's answer is not JSON: {error}") from error
    if not isinstance(answer, dict):
        raise WireBroken("the daemon's answer is not a JSON object")
    return answer


def _answer(connection: socket.socket) -> tuple[int, bytes]:
    while True:
        header = parse_header(_receive(connection, HEADER.size))
        body = _receive(connection, header.body_bytes)
        if header.kind != Kind.BUSY:
            return header.kind, body


def _receive(connection: socket.socket, size_bytes: int) -> bytes:
    data = bytearray()
    while len(data) < size_bytes:
        piece = connection.recv(size_bytes - len(data))
        if not piece:
            raise ConnectionResetError("the daemon closed the connection")
        data += piece
    return bytes(data)
