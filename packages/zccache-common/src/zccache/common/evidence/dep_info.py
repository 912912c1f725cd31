"""Knows rustc's dep-info: the files that a crate was made of, and the variables that it asked for."""

from typing import NamedTuple

_VARIABLE = b"# env-dep:"


class DepInfo(NamedTuple):
    """Files as rustc names them (absolute or relative to its folder), and names of variables, set or not."""

    files: tuple[bytes, ...]
    variables: tuple[bytes, ...]


def parse_dep_info(text: bytes) -> DepInfo:
    """Return what a dep-info file tells.

    Every file has a line of its own, a target without prerequisites, where only blanks
    are escaped; so nothing need be split at blanks.
    """
    files = []
    variables = []
    for line in text.splitlines():
        if line.startswith(_VARIABLE):
            variables.append(line[len(_VARIABLE) :].partition(b"=")[0])
        elif line.endswith(b":") and not line.startswith(b"#"):
            files.append(line[:-1].replace(b"\\ ", b" "))
    return DepInfo(tuple(dict.fromkeys(files)), tuple(sorted(set(variables))))
