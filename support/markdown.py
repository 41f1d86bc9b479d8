"""Markdown of which a safe part is used: what staff write for customers (articles, announcements, legal texts) can be no more than text.

HTML and images are shown as they were written. A link leads to the web, to a mail address or to a path of ours. No token keeps an
attribute that is not named here: what a later version of the parser may add has no way to the page, and no inline style breaks
the content policy.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

# What is longer is shown as it is; the longest text that anybody may store is a legal one.
MAX_CHARACTERS = 100_000
# Deeper lists and quotes are text.
MAX_NESTING = 12
# A name and password before the host would show one address and lead to another.
_LINK = re.compile(r"https?://[^/?#@\s\\]+(?:[/?#]|$)|mailto:[^/\s]|/(?![/\\])", re.IGNORECASE)
_ATTRIBUTES = {"link_open": {"href"}, "ordered_list_open": {"start"}}
_REL = "nofollow noopener noreferrer"


@lru_cache(maxsize=256)
def render(text: str) -> SafeString:
    """The HTML of a text; its highest heading is an `h2`, below the title of its page."""
    if len(text) > MAX_CHARACTERS:
        return mark_safe(f"<p>{escape(text)}</p>")  # noqa: S308  (escaped)
    return mark_safe(str(_PARSER.render(text)))  # noqa: S308  (made of escaped text and the tags of this module)


def _is_allowed(address: str) -> bool:
    return _LINK.match(address) is not None


def _clean(state: StateCore) -> None:
    # The levels that a text uses, without gaps: whoever begins with `##` skips none on the page.
    levels = sorted({token.tag for token in state.tokens if token.type == "heading_open"})
    for token in _every(state.tokens):
        kept = _ATTRIBUTES.get(token.type, set())
        if token.type == "image":
            continue
        token.attrs = {name: value for name, value in token.attrs.items() if name in kept}
        if token.type == "link_open" and str(token.attrs.get("href")).lower().startswith("http"):
            token.attrs["rel"] = _REL
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(levels.index(token.tag) + 2, 6)}"


def _every(tokens: Iterable[Token]) -> Iterable[Token]:
    for token in tokens:
        yield token
        yield from token.children or ()


def _image(tokens: Sequence[Token], index: int, options: object, env: object) -> str:
    token = tokens[index]
    return escape(f"![{token.content}]({token.attrs.get('src', '')})")


def _code_block(tokens: Sequence[Token], index: int, options: object, env: object) -> str:
    return f"<pre><code>{escape(tokens[index].content)}</code></pre>\n"


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": MAX_NESTING}).enable("table")
    parser.validateLink = _is_allowed  # type: ignore[method-assign, assignment]
    parser.core.ruler.push("clean", _clean)
    parser.renderer.rules.update({"image": _image, "fence": _code_block, "code_block": _code_block})  # type: ignore[attr-defined]
    return parser


_PARSER = _parser()
