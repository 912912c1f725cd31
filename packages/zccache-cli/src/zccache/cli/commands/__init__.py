"""The commands around the cache: one file each; here only their names."""

# Every word that is a command, and the file that carries it out.
COMMANDS = {
    "start": "start",
    "stop": "stop",
    "kill": "stop",
    "status": "status",
    "clear": "clear",
    "trim": "trim",
    "verify": "verify",
    "doctor": "doctor",
    "cache-root": "cache_root",
    "crashes": "crashes",
    "config": "config",
    "session-start": "session_start",
    "session-stats": "session_stats",
    "session-end": "session_end",
    "why": "why",
    "inspect": "inspect",
    "analyze": "analyze",
    "replay": "replay",
    "help": "help",
}


def is_command(words: list[str]) -> bool:
    """Tell whether the words after `zccache` are for us and no compiler call."""
    return not words or words[0].startswith("-") or words[0] in COMMANDS
