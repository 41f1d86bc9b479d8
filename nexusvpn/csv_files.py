"""Tables as files for spreadsheets: streamed row by row, with nothing in them that a spreadsheet would run."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.http import StreamingHttpResponse

# What begins so is a formula to a spreadsheet, also behind blanks and signs that nobody sees, and in the wide letters of East Asia:
# https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|")

# Control and format characters.
_UNSEEN = ("Cc", "Cf")


class _Echo:
    def write(self, line: str) -> str:
        return line


def plain(value: Any) -> Any:
    """A number as it is; a text that a spreadsheet would take for a formula with an apostrophe before it."""
    if not isinstance(value, str):
        return "" if value is None else value
    return f"'{value}" if value.startswith(_FORMULA) or _first_sign(value) in _FORMULA else value


def _first_sign(text: str) -> str:
    """The first that is seen, in its plain form: "＝" is "="."""
    seen = (sign for sign in text if not sign.isspace() and unicodedata.category(sign) not in _UNSEEN)
    return unicodedata.normalize("NFKC", next(seen, ""))[:1]


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
