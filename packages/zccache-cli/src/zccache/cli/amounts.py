"""Numbers as people read and write them: sizes, spans of time, counts of things."""

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


def size(size_bytes: int) -> str:
    """Return a size in the largest unit of which there is one: 512 B, 37.6 KiB, 10.0 GiB."""
    if size_bytes < 1024:
        return f"{size_bytes} B"
    amount = float(size_bytes)
    for unit in ("KiB", "MiB", "GiB"):
        amount /= 1024
        if amount < 1024:
            return f"{amount:.1f} {unit}"
    return f"{amount / 1024:.1f} TiB"


def span(seconds: float) -> str:
    """Return a span of time in its two largest units: 39 ms, 2.4 s, 3 min 5 s, 2 h 0 min, 4 d 1 h."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    whole = int(seconds)
    for unit_s, unit, part_s, part in ((86400, "d", 3600, "h"), (3600, "h", 60, "min")):
        if whole >= unit_s:
            return f"{whole // unit_s} {unit} {whole % unit_s // part_s} {part}"
    return f"{whole // 60} min {whole % 60} s"


def count(number: int, what: str) -> str:
    """Return a number of things: 1 result, 2 results."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def share(part: int, whole: int) -> str:
    """Return a share in percent: 66.7 %; a dash where there is nothing to share."""
    return f"{100 * part / whole:.1f} %" if whole else "-"


def parse_age(text: str) -> float:
    """Return the seconds of an age such as 90m, 12h, 30d or 2w; raise ValueError."""
    number, unit = text[:-1], text[-1:].lower()
    seconds = float(number) * _SECONDS[unit] if unit in _SECONDS else -1.0
    if not 0 <= seconds < float("inf"):
        raise ValueError(text)
    return seconds
