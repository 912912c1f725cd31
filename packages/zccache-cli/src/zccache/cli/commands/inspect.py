"""`zccache inspect`: what the cache holds of a file, or under a key."""

import json
import os
import sys
import time
from typing import NamedTuple

from zccache.cli.amounts import count, size, span
from zccache.cli.found_index import found_index
from zccache.cli.options import Options
from zccache.cli.place import Place
from zccache.common.blobs import Blob
from zccache.common.command.crate import Crate
from zccache.common.errors import BadBytes
from zccache.common.evidence.heeded import keys_of
from zccache.common.explanation import contexts_of
from zccache.common.includes.places import Places
from zccache.common.index.commands import Command
from zccache.common.index.database import Index
from zccache.common.index.entries import Entry, Record
from zccache.common.journal import without_secrets
from zccache.common.keys import Key

USAGE = """Show what the cache holds of a source or an output, or under a key.

A key is that of a command or of a result; its first digits will do.

Usage:
  zccache inspect [--json] [--all] FILE_OR_KEY [--endpoint E]

Options:
  --json        print one JSON object
  --all         name every input, not only the first ones
  --endpoint E  where the daemon listens: unix:PATH, an absolute path or tcp://127.0.0.1:PORT
"""

_MOST_COMMANDS = 20
_SHOWN = 10


class _Held(NamedTuple):
    """A command, as far as it is known, and its results, the newest first."""

    context: Key
    command: Command | None
    results: tuple[tuple[Record, Entry], ...]


def run(options: Options) -> int:
    """Print what is held; 1 where nothing is."""
    place, named = Place.of(options), str(options["FILE_OR_KEY"])
    with found_index(place) as index:
        held = [] if index is None else _held(named, place, index)
    if not held:
        print(f"zccache inspect: nothing is stored for '{named}'", file=sys.stderr)
        return 1
    if options["--json"]:
        print(json.dumps({"commands": [_plain(item) for item in held]}, indent=2))
    else:
        print("\n".join(line for item in held for line in _lines(item, is_whole=bool(options["--all"]))))
    return 0


def _held(named: str, place: Place, index: Index) -> list[_Held]:
    path = os.path.normpath(os.path.join(place.cwd, named))
    contexts = [] if os.path.exists(path) else contexts_of(named, index, _MOST_COMMANDS)
    if not contexts:
        paths = {path, os.path.realpath(path)}
        contexts = [
            command.context
            for command in index.commands_like(path, _MOST_COMMANDS)
            if command.source in paths
        ]
        # An output is known by the command that made it last and was not in the cache before.
        made = (miss.context for miss in index.misses() if miss.context and paths.intersection(miss.names))
        contexts = list(dict.fromkeys([*contexts, *made]))[:_MOST_COMMANDS]
    found = (_Held(context, index.command(context), _results(context, index)) for context in contexts)
    return [item for item in found if item.results]


def _results(context: Key, index: Index) -> tuple[tuple[Record, Entry], ...]:
    records = (record for key in (context, *keys_of(context, index)) for record in index.records(key))
    found = ((record, index.entry(record.result)) for record in records)
    return tuple((record, entry) for record, entry in found if entry is not None)


def _lines(held: _Held, *, is_whole: bool) -> list[str]:
    lines = [f"command {held.context.hex()}"]
    if held.command is not None:
        parts = held.command.parts
        lines += [
            f"  program   {held.command.program}",
            f"  words     {' '.join(without_secrets(parts.words))}",
            f"  folder    {parts.cwd}",
            f"  source    {held.command.source}",
        ]
        lines += [f"  variable  {name}={value}" for name, value in sorted(parts.env.items())]
        lines += [f"  reads     {path}" for path in parts.read_files]
    for record, entry in held.results:
        lines += _result_lines(record, entry, is_whole=is_whole)
    return lines


def _result_lines(record: Record, entry: Entry, *, is_whole: bool) -> list[str]:
    ago, took = (span(max(0, ns) / 1e9) for ns in (time.time_ns() - entry.created_ns, entry.duration_ns))
    shown = record.inputs if is_whole else record.inputs[:_SHOWN]
    return [
        f"  result {record.result.hex()}",
        f"    made      {ago} ago by {entry.tool} in {took}, status {entry.exit_status}",
        *_crate_lines(entry),
        *(f"    output    {output.role} ({size(output.blob.size_bytes)})" for output in entry.outputs),
        *(
            f"    {name}    {size(_stream_bytes(stream))}"
            for name, stream in (("stdout", entry.stdout), ("stderr", entry.stderr))
            if stream
        ),
        *(f"    input     {item.path} ({size(item.signature.size)})" for item in shown),
        *(
            [f"    and {len(record.inputs) - len(shown)} more inputs"]
            if len(shown) < len(record.inputs)
            else []
        ),
        f"    rests on  {count(len(record.inputs), 'input')}, {count(_empty_places(record), 'empty place')}",
    ]


def _crate_lines(entry: Entry) -> list[str]:
    crate = entry.crate
    if crate is None:
        return []
    known = (crate.name, crate.version, crate.profile, crate.triple, ",".join(crate.emits))
    return [f"    crate     {' '.join(word for word in known if word)}"]


def _plain_crate(crate: Crate | None) -> dict[str, object] | None:
    return crate and {
        "name": crate.name,
        "version": crate.version,
        "profile": crate.profile,
        "triple": crate.triple,
        "emits": list(crate.emits),
        "folder": crate.folder,
    }


def _plain(held: _Held) -> dict[str, object]:
    command = held.command
    return {
        "context_key": held.context.hex(),
        "program": command and command.program,
        "words": command and without_secrets(command.parts.words),
        "cwd": command and command.parts.cwd,
        "source": command and command.source,
        "env": command and dict(command.parts.env),
        "results": [
            {
                "result_key": record.result.hex(),
                "created_ns": entry.created_ns,
                "duration_ns": entry.duration_ns,
                "exit_status": entry.exit_status,
                "tool": entry.tool,
                "crate": _plain_crate(entry.crate),
                "outputs": [
                    {
                        "name": output.role,
                        "digest": output.blob.digest.hex(),
                        "size_bytes": output.blob.size_bytes,
                        "mode": f"{output.mode_bits:04o}",
                        "place": entry.crate.place_of(output.role) if entry.crate else "",
                    }
                    for output in entry.outputs
                ],
                "stdout_bytes": _stream_bytes(entry.stdout),
                "stderr_bytes": _stream_bytes(entry.stderr),
                "inputs": [{"path": item.path, "digest": item.digest.hex()} for item in record.inputs],
                "empty_places": _empty_places(record),
            }
            for record, entry in held.results
        ],
    }


def _stream_bytes(stream: bytes | Blob) -> int:
    return stream.size_bytes if isinstance(stream, Blob) else len(stream)


def _empty_places(record: Record) -> int:
    try:
        return sum(map(len, Places.decode(record.places).empty.values()))
    except BadBytes:
        return 0
