"""Knows how to ask the kernel who is at the other end of a unix socket; the one room with platforms in it."""

import socket
import struct
from typing import Final

_UCRED: Final = struct.Struct("3i")


def _by_peercred(connection: socket.socket) -> int:
    data = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
    return int(_UCRED.unpack(data)[1])


def _by_getpeereid(connection: socket.socket) -> int:
    import ctypes
    import os

    uid, gid = ctypes.c_uint32(), ctypes.c_uint32()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.getpeereid(connection.fileno(), ctypes.byref(uid), ctypes.byref(gid)) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return uid.value


peer_uid: Final = _by_peercred if hasattr(socket, "SO_PEERCRED") else _by_getpeereid
"""Return the uid of the process that connected; raise OSError when the kernel does not say."""
