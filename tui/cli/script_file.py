"""The script of -FilePath: a file of this computer as text, whatever its encoding says it is."""

from __future__ import annotations

import codecs
from pathlib import Path

from pstui.backends.errors import CallError

#: byte order marks, the longer ones before those that they begin with
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
#: PowerShell's names of encodings (-Encoding of Get-Content) that Python calls otherwise
_NAMES = {
    "unicode": "utf-16-le",
    "bigendianunicode": "utf-16-be",
    "utf8bom": "utf-8",
    "utf8nobom": "utf-8",
    "utf32": "utf-32-le",
    "bigendianutf32": "utf-32-be",
    "ansi": "cp1252",
    "oem": "cp437",
}


def read_script(path: str, encoding: str | None = None) -> str:
    """Return the text of a script: by its byte order mark, else in ``encoding``, else in UTF-8. Raises CallError."""
    codec = "utf-8" if encoding is None else _codec(encoding)
    try:
        data = Path(path).read_bytes()
        for mark, marked in _MARKS:
            if data.startswith(mark):
                return data[len(mark) :].decode(marked)
        return data.decode(codec)
    except OSError as error:
        raise CallError(f"-FilePath: {path} cannot be read", error.strerror or str(error)) from error
    except UnicodeDecodeError as error:
        name = encoding or "UTF-8"
        hint = "Say what it is with --encoding, such as --encoding cp1252 or --encoding utf-16-le."
        raise CallError(f"-FilePath: {path} cannot be read", f"It is not {name}: byte {error.start}.", hint) from error


def _codec(name: str) -> str:
    wanted = _NAMES.get(name.replace("-", "").casefold(), f"cp{name}" if name.isdigit() else name)
    try:
        codec = codecs.lookup(wanted)
        "".encode(codec.name)
    except (LookupError, TypeError, ValueError):
        hint = "Such as utf-8, utf-16-le, cp1252 or latin-1; PowerShell's names, such as Unicode, are known too."
        raise CallError(f"--encoding does not take {name!r}", "There is no such encoding of text.", hint) from None
    return codec.name
