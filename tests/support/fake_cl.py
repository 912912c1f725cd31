"""A script that behaves as Microsoft's cl does, as far as a cache can see: what it reads, writes and says."""

import stat
import sys
from pathlib import Path

NOTES = {
    "english": ("Note: including file:", "ascii"),
    "german": ("Hinweis: Einlesen der Datei:", "cp1252"),
    "french": ("Remarque\u00a0: inclusion du fichier\u00a0:", "cp1252"),
    "japanese": ("メモ: インクルード ファイル:", "cp932"),
    "chinese": ("注意: 包含文件:", "cp936"),
    "chinese in utf-8": ("注意: 包含文件:", "utf-8"),
}
"""How each language shows a header, and the code page in which it does."""

_SCRIPT = """#!{python} -IS
import json, os, re, sys

note, page = {note!r}
words = sys.argv[1:]
source = next(word for word in words if word.endswith(".c"))
folders = [word[2:] for word in words if word[:2] == "/I"] + os.environ.get("INCLUDE", "").split(";")
seen, text = [], []

def read(path, around):
    with open(path) as file:
        lines = file.read().splitlines()
    for line in lines:
        named = re.match('#include "(.*)"', line)
        if not named:
            text.append(line)
            continue
        for folder in (*reversed(around), *filter(None, folders)):
            found = os.path.join(folder, named[1])
            if os.path.isfile(found):
                seen.append((len(around), os.path.abspath(found)))
                read(found, (*around, os.path.dirname(found)))
                break
        else:
            sys.exit(2)

read(source, (os.path.dirname(source),))
out = sys.stdout.buffer
out.write(source.encode() + b"\\r\\n")
if "/showIncludes" in words:
    for depth, path in seen:
        out.write((note + " " * depth).encode(page) + path.encode() + b"\\r\\n")
if "/sourceDependencies" in words:
    data = {{"Source": os.path.abspath(source), "ProvidedModule": "", "Includes": [path for _, path in seen]}}
    with open(words[words.index("/sourceDependencies") + 1], "w") as file:
        json.dump({{"Version": "1.2", "Data": {{**data, **{more!r}}}}}, file)
with open(os.path.splitext(os.path.basename(source))[0] + ".obj", "w") as file:
    file.write("\\n".join(text))
"""


def write_fake_cl(folder: Path, language: str = "english", more: dict[str, object] | None = None) -> str:
    """Write the script, and a library beside it, into folder and return its path; more goes into its JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "cl"
    text = _SCRIPT.format(python=sys.executable, note=NOTES[language], more=more or {})
    program.write_text(text, encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    (folder / "c1.dll").write_bytes(b"front end")
    return str(program)
