"""What a file may be called: a plain name that means the same on every system, with the extension of what it holds."""

from __future__ import annotations

import unicodedata

LONGEST = 100
LONGEST_EXTENSION = 10
# The first is given, the others are left as they are.
EXTENSIONS = {
    "png": ("png",),
    "jpeg": ("jpg", "jpeg"),
    "webp": ("webp",),
    "txt": ("txt",),
    "log": ("log",),
    "pdf": ("pdf",),
}
_KNOWN = {extension for extensions in EXTENSIONS.values() for extension in extensions}
# Control, format (among them those that turn the direction of writing around), surrogate, private and unassigned characters; separators.
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
# What a system or a shell takes for something else than a part of a name.
_SPECIAL = str.maketrans(dict.fromkeys("<>:\"|?*%&$`;'", "_"))
# Windows opens a device, whatever follows the first dot.
_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in "0123456789¹²³")}


def clean_name(name: str, kind: str | None = None) -> str:
    """The name without folders and without what is not seen or means something, 100 characters at most, never empty.

    With a kind it ends as files of this kind do: a known extension of another kind is replaced, anything else stays before it.
    """
    stem, extension = _parts(_plain(name))
    if kind is not None:
        own = EXTENSIONS[kind]
        if extension.lower() not in own:
            if extension.lower() not in _KNOWN:
                stem = f"{stem}.{extension}" if extension else stem
            extension = own[0]
    stem = stem.strip(". ") or "file"
    if stem.split(".")[0].strip().lower() in _RESERVED:
        stem = f"_{stem}"
    if not extension:
        return stem[:LONGEST]
    return f"{stem[: LONGEST - len(extension) - 1].rstrip('. ')}.{extension}"


def _plain(name: str) -> str:
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    # Composed before anything is looked for: what looks like a dot or a slash and is none stays what it is.
    composed = unicodedata.normalize("NFC", last)
    seen = "".join(" " if sign.isspace() else sign for sign in composed if _is_seen(sign))
    return " ".join(seen.translate(_SPECIAL).split()).strip(". ")


def _is_seen(sign: str) -> bool:
    return sign in "\t\n\r" or unicodedata.category(sign) not in _UNSEEN


def _parts(name: str) -> tuple[str, str]:
    """The name's stem and extension; what is long or not of letters and digits is no extension."""
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension) > LONGEST_EXTENSION or not (extension.isascii() and extension.isalnum()):
        return name, ""
    return stem, extension
