"""`zccache trim`: make room now, by size or by age, through the daemon or without one."""

from zccache.cli.amounts import count, parse_age, size
from zccache.cli.control import control, find_daemon
from zccache.cli.options import Options
from zccache.cli.place import Place
from zccache.common.errors import BadSetting
from zccache.common.settings import BY_KEY

USAGE = """Remove the results that were not used for longest. Outputs that were delivered stay.

Usage:
  zccache trim --to-size SIZE [--older-than AGE] [--endpoint E]
  zccache trim --older-than AGE [--endpoint E]

Options:
  --to-size SIZE    until the cache is no larger: 500M, 5G, 0
  --older-than AGE  those that were last used so long ago: 90m, 12h, 30d, 2w
  --endpoint E      where the daemon listens: unix:PATH or an absolute path
"""


def run(options: Options) -> int:
    """Remove, and say what went."""
    to_bytes, unused_s = _to_bytes(options), _unused_s(options)
    place = Place.of(options).refuse_bad_settings()
    daemon = find_daemon(place)
    # A daemon writes down first what was used lately.
    before = control(place, daemon, "status").snapshot
    after = control(place, daemon, "trim", to_bytes=to_bytes, unused_s=unused_s).snapshot
    gone = count(max(0, before.entries - after.entries), "result")
    freed = size(max(0, before.size_bytes - after.size_bytes))
    print(f"Removed {gone}, {freed}; {count(after.entries, 'result')}, {size(after.size_bytes)} left.")
    return 0


def _to_bytes(options: Options) -> int:
    text = options["--to-size"]
    if not isinstance(text, str):
        return -1
    try:
        return int(BY_KEY["max_size"].parse(text))
    except ValueError:
        raise BadSetting("--to-size", text, "a size such as 500M, 5G or 0") from None


def _unused_s(options: Options) -> float:
    text = options["--older-than"]
    if not isinstance(text, str):
        return -1.0
    try:
        return parse_age(text)
    except ValueError:
        raise BadSetting("--older-than", text, "an age such as 90m, 12h, 30d or 2w") from None
