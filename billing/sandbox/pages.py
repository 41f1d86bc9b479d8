"""The look of the hosted pages. They are plain forms: a person clicks through them, and so does a test."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;margin:0;background:#f3f4f6;color:#111827}
main{max-width:30rem;margin:2rem auto;padding:1.5rem;background:#fff;border-radius:.5rem;box-shadow:0 1px 3px #0003}
h1{font-size:1.25rem}h2{font-size:1.05rem}table{width:100%;border-collapse:collapse}td{padding:.35rem 0}td:last-child{text-align:right}
label{display:block;margin:.75rem 0}input{display:block;width:100%;padding:.5rem;box-sizing:border-box;font:inherit}
button{padding:.6rem 1rem;font:inherit;cursor:pointer;margin:.25rem .25rem .25rem 0}
[role=alert]{padding:.75rem;background:#fee2e2;border-radius:.25rem}small{color:#4b5563}
@media (prefers-color-scheme:dark){body{background:#111827;color:#f3f4f6}main{background:#1f2937}
[role=alert]{background:#7f1d1d}small{color:#9ca3af}a{color:#93c5fd}}
"""


@dataclass(frozen=True)
class Answer:
    """What the server writes for a page: a body, or a redirect."""

    body: bytes = b""
    status: int = 200
    location: str = ""
    type: str = "text/html; charset=utf-8"


def page(title: str, *parts: str, status: int = 200) -> Answer:
    """The parts are HTML already."""
    body = f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head>
<body><main><h1>{escape(title)}</h1>{"".join(parts)}<p><small>Sandbox: no money moves here.</small></p></main></body></html>"""
    return Answer(body.encode(), status)


def redirect(location: str) -> Answer:
    return Answer(status=303, location=location)


def alert(message: str) -> str:
    return f'<p role="alert">{escape(message)}</p>' if message else ""


def form(action: str, button: str, *fields: str, hidden: Iterable[tuple[str, str]] = ()) -> str:
    known = "".join(f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in hidden)
    return (
        f'<form method="post" action="{escape(action)}">{known}{"".join(fields)}'
        f'<button type="submit">{escape(button)}</button></form>'
    )


def text_field(name: str, label: str, value: str = "", type: str = "text") -> str:
    return f'<label>{escape(label)}<input name="{name}" type="{type}" value="{escape(value)}"></label>'


def card_fields() -> str:
    return "".join(
        f'<label>{label}<input name="{name}" inputmode="numeric" autocomplete="off" placeholder="{hint}"></label>'
        for name, label, hint in (
            ("number", "Card number", "4242 4242 4242 4242"),
            ("expiry", "Expiry (MM/YY)", "12/34"),
            ("cvc", "CVC", "123"),
        )
    )


def table(rows: Iterable[tuple[str, str]]) -> str:
    return "<table>" + "".join(f"<tr><td>{escape(name)}</td><td>{value}</td></tr>" for name, value in rows) + "</table>"


def link(url: str, text: str) -> str:
    return f'<a href="{escape(url)}">{escape(text)}</a>'
