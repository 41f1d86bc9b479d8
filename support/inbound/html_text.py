"""HTML of a mail as text: its blocks as lines, what it quotes behind `>`. Nothing is fetched, and nothing of it is ever shown as HTML."""

from __future__ import annotations

import re

from support.inbound.html_scan import pieces_of

_BLOCK = re.compile(
    "address|article|aside|blockquote|center|dd|div|dl|dt|fieldset|figure|footer|form|h[1-6]|header|hr|li|main|nav|ol|p|pre|section|"
    "table|tr|ul"
)
# Between these a blank line stands.
_PARAGRAPHS = frozenset(["p", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "table", "ul", "ol"])
_UNSEEN = frozenset(["head", "script", "style", "template", "title", "noscript", "object"])
_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)
# What mail programs put around the mail that is answered: Gmail, Yahoo, Outlook on the web, Outlook's apps, Thunderbird, Proton.
_QUOTES = re.compile(
    r"\b(?:gmail_quote|gmail_attr|yahoo_quoted|divRplyFwdMsg|appendonsend|moz-cite-prefix|protonmail_quote|"
    r"ms-outlook-mobile-reference-message|mail-editor-reference-message-container)\b"
)
_QUOTES_ALL_THAT_FOLLOWS = re.compile(r"\b(?:divRplyFwdMsg|appendonsend)\b")
# Of a mail that was made to be deep; what lies deeper is read as if it lay here.
_DEPTH = 200


def text_of_html(html: str) -> str:
    reader = _Reader()
    for piece in pieces_of(html):
        if piece.kind == "words":
            reader.take_words(piece.value)
        elif piece.kind == "start":
            reader.take_start(piece.value, piece.named)
        else:
            reader.take_end(piece.value)
    return reader.text()


class _Reader:
    def __init__(self) -> None:
        self._lines: list[str] = []
        # The line that is being read, in pieces that are not empty.
        self._line: list[str] = []
        # The open elements, each with whether it quotes and whether it is seen.
        self._open: list[tuple[str, bool, bool]] = []
        self._quotes = 0
        self._unseen = 0
        self._preformatted = 0
        self._rest_is_quoted = False

    def text(self) -> str:
        self._end_line()
        return re.sub(r"\n{3,}", "\n\n", "\n".join(self._lines)).strip("\n")

    def take_start(self, tag: str, named: str) -> None:
        if tag == "body":
            # A head that was never closed ends here.
            self._open, self._unseen = [], 0
            return
        self._break(tag)
        if _QUOTES_ALL_THAT_FOLLOWS.search(named):
            self._rest_is_quoted = True
        if tag in _VOID:
            if tag == "br":
                self._end_line()
            return
        if len(self._open) < _DEPTH:
            quotes, unseen = tag == "blockquote" or bool(_QUOTES.search(named)), tag in _UNSEEN
            self._open.append((tag, quotes, unseen))
            self._quotes += quotes
            self._unseen += unseen
            self._preformatted += tag == "pre"
        if tag == "li":
            self._line.append("- ")

    def take_end(self, tag: str) -> None:
        self._break(tag)
        if not any(name == tag for name, _, _ in self._open):
            return
        # Whatever was left open inside ends with it.
        while self._open:
            name, quotes, unseen = self._open.pop()
            self._quotes -= quotes
            self._unseen -= unseen
            self._preformatted -= name == "pre"
            if name == tag:
                return

    def take_words(self, words: str) -> None:
        if self._unseen:
            return
        if self._preformatted:
            *whole, rest = words.split("\n")
            for line in whole:
                self._line.append(line)
                self._end_line()
            self._line += [rest] if rest else []
            return
        words = re.sub(r"[ \t\r\n\f\u00a0]+", " ", words)
        if not self._line or self._line[-1].endswith(" "):
            words = words.lstrip(" ")
        self._line += [words] if words else []

    def _break(self, tag: str) -> None:
        if self._unseen or not _BLOCK.fullmatch(tag):
            if tag in ("td", "th") and self._line and not self._unseen:
                self._line.append(" ")
            return
        if any(piece.strip() for piece in self._line):
            self._end_line()
        self._line = []
        if tag in _PARAGRAPHS and self._lines and self._lines[-1].strip("> "):
            self._end_line()

    def _end_line(self) -> None:
        line = "".join(self._line)
        line = line.rstrip() if line != "-- " else line
        self._lines.append("> " + line if self._quotes or self._rest_is_quoted else line)
        self._line = []
