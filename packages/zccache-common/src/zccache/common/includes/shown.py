"""Knows how cl shows what it includes, in the languages of its messages, and reads the names back out of it.

The text is in the code page of the console, so each prefix is known in that of its language
and in UTF-8; blanks in it may be no-break ones. The depth stands as blanks before the name.
"""

import os
import re
from collections.abc import Iterator
from functools import cache
from typing import Final

_PREFIXES: Final = (
    ("Note: including file:", ()),
    ("Hinweis: Einlesen der Datei:", ("cp1252",)),
    ("Remarque : inclusion du fichier :", ("cp1252", "cp850")),
    ("Nota: file incluso", ("cp1252",)),
    ("Nota: inclusión del archivo:", ("cp1252", "cp850")),
    ("Observação: incluindo arquivo:", ("cp1252", "cp850")),
    ("メモ: インクルード ファイル:", ("cp932",)),
    ("注意: 包含文件:", ("cp936",)),
    ("注意: 包含檔案:", ("cp950",)),
    ("참고: 포함 파일:", ("cp949",)),
    ("Примечание: включение файла:", ("cp1251", "cp866")),
    ("Uwaga: w tym pliku:", ("cp1250",)),
    ("Poznámka: Včetně souboru:", ("cp1250", "cp852")),
    ("Not: eklenen dosya:", ("cp1254",)),
)


def _variants() -> Iterator[bytes]:
    """Yield every prefix in every encoding, with blanks that may be no-break ones as a pattern."""
    for text, pages in _PREFIXES:
        for encoding in ("utf-8", *pages):
            parts = [re.escape(part.encode(encoding)) for part in text.split(" ")]
            yield rb"(?:[ ]|\xc2\xa0|\xa0|\xff)".join(parts)


@cache
def _line() -> re.Pattern[bytes]:
    return re.compile(rb"(?:" + b"|".join(_variants()) + rb")[ ]*(?P<name>[^\r\n]+)")


def shown_names(printed: bytes) -> tuple[str, ...]:
    """Return the names of the headers that stand in what the compiler printed, each once, in order."""
    found = (_line().fullmatch(line.rstrip(b"\r")) for line in printed.split(b"\n"))
    return tuple(dict.fromkeys(os.fsdecode(match["name"]) for match in found if match))
