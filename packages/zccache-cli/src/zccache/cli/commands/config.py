"""`zccache config`: every setting, its value, and where it comes from."""

import json
import sys

from zccache.cli.options import Options
from zccache.cli.place import Place
from zccache.common.errors import BadSetting
from zccache.common.settings import TABLE, Setting, Value

USAGE = """Show every setting, its value and where it comes from.

Usage:
  zccache config [--json]

Options:
  --json  print one object a setting: value, source, allowed, meaning
"""


def run(options: Options) -> int:
    """Print the table; settings that cannot be used are named on stderr and end in status 78."""
    place = Place.of(options)
    if options["--json"]:
        print(json.dumps(_rows(place), indent=2))
    else:
        _print_table(place)
    sys.stdout.flush()
    for problem in place.loaded.problems:
        print(f"zccache: {problem}", file=sys.stderr)
    return BadSetting.exit_status if place.loaded.problems else 0


def _rows(place: Place) -> dict[str, dict[str, Value]]:
    return {
        setting.key: {
            "value": _value(setting, place),
            "source": place.loaded.provenance[setting.key],
            "environment": setting.name,
            "allowed": setting.allowed,
            "meaning": setting.meaning,
        }
        for setting in TABLE
    }


def _print_table(place: Place) -> None:
    rows = [
        (setting.key, _shown(setting, place), place.loaded.provenance[setting.key], setting.meaning)
        for setting in TABLE
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for key, value, source, meaning in rows:
        print(f"{key:{widths[0]}}  {value:{widths[1]}}  {source:{widths[2]}}  {meaning}")


def _value(setting: Setting, place: Place) -> Value:
    """Return a value as it works: a place that zccache chooses is shown, not left empty."""
    value = place.loaded.values[setting.key]
    if setting.key == "cache_dir":
        return place.root.path
    return str(place.endpoint) if setting.key == "endpoint" else value


def _shown(setting: Setting, place: Place) -> str:
    return setting.show(_value(setting, place)) or "-"
