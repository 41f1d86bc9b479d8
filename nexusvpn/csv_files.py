"""Tables as files for spreadsheets: streamed row by row, with nothing in them that a spreadsheet would run."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.http import StreamingHttpResponse

# What begins so is a formula to a spreadsheet, also behind blanks, quotes and signs that nobody sees, and in the wide letters of East
# Asia: https://owasp.org/www-community/attacks/CSV_Injection
_SIGNS = ("=", "+", "-", "@")
_FORMULA = (*_SIGNS, "\t", "\r", "\n", "|")
# A spreadsheet that divides cells by one of these begins another there, within quotes too: it has not seen them open its own cell.
_NEXT_CELL = re.compile(r"([;|\t\r\n])")

# Control and format characters.
_UNSEEN = ("Cc", "Cf")


class _Echo:
    def write(self, line: str) -> str:
        return line


def plain(value: Any) -> Any:
    """A number as it is; a text with an apostrophe before whatever in it a spreadsheet would take for the beginning of a formula."""
    if not isinstance(value, str):
        return "" if value is None else value
    first, *further = _NEXT_CELL.split(value)
    marked = first + "".join(_marked(part) for part in further)
    return f"'{marked}" if value.startswith(_FORMULA) or _first_sign(value)[1] in _FORMULA else marked


def _marked(part: str) -> str:
    place, sign = _first_sign(part)
    return f"{part[:place]}'{part[place:]}" if sign in _SIGNS else part


def _first_sign(text: str) -> tuple[int, str]:
    """Where the first is that is seen and no quote, and its plain form: "＝" is "="; an empty one if there is none."""
    for place, sign in enumerate(text):
        if sign != '"' and not sign.isspace() and unicodedata.category(sign) not in _UNSEEN:
            return place, unicodedata.normalize("NFKC", sign)[:1]
    return len(text), ""


def lines(headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield writer.writerow(headings)
    for row in rows:
        yield writer.writerow([plain(value) for value in row])


def csv_response(name: str, headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> StreamingHttpResponse:
    """A download of that name. The rows are read while it is sent, so a table of any size costs no memory."""
    answer = StreamingHttpResponse(lines(headings, rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    answer["Cache-Control"] = "no-store"
    return answer
