"""The texts of the product and their translations: `python -m nexusvpn.local.messages [--compile | --check]`.

Each app has its own catalogues, `<app>/locale/<language>/LC_MESSAGES/django.po`; what is said by templates belongs to the app of their
folder, and what the admin's scripts say is in a `djangojs.po`. Without an argument the catalogues get what the sources say now and lose
what they no longer say; translations stay.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import django
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from nexusvpn.local.places import CHECKOUT
from nexusvpn.names import APPS, named

LANGUAGES = ("de",)
PAGES, SCRIPTS = "django", "djangojs"
# Each catalogue's app and domain.
CATALOGUES = (*((app, PAGES) for app in APPS), ("nexusvpn", SCRIPTS))
SCRIPT_TEXTS = CHECKOUT / "nexusvpn/django_script_texts.py"
# Folders of `templates/` that are not named after their app; and how the names of each app's mails begin.
TEMPLATES_OF = {"status": "vpn"}
MAILS_OF = {
    "billing": ("paid_", "payment_", "payments_", "plan_", "service_", "trial_"),
    "support": ("announcement", "ticket_"),
    "vpn": ("fleet_", "quota_", "server_"),
    "nexusvpn": ("layout.html",),
}
KEYWORDS: dict[str, Any] = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
_WITHOUT = {"migrations", "agent", "wireguard", "sandbox", "locale", "static"}


def catalogue_path(app: str, language: str, domain: str = PAGES) -> Path:
    return CHECKOUT / app / "locale" / language / "LC_MESSAGES" / f"{domain}.po"


def update() -> None:
    for app, domain in CATALOGUES:
        said = said_by(app, domain)
        for language in LANGUAGES:
            path = catalogue_path(app, language, domain)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(as_po(renewed(read(app, language, domain), said)))


def compile_all() -> None:
    """Write the `.mo` files that gettext reads, beside the catalogues."""
    for app, domain in CATALOGUES:
        for language in LANGUAGES:
            path = catalogue_path(app, language, domain).with_suffix(".mo")
            if not path.parent.is_dir():
                continue
            compiled = io.BytesIO()
            write_mo(compiled, read(app, language, domain))
            if not path.is_file() or path.read_bytes() != compiled.getvalue():
                # A process that reads it meanwhile sees the old one or the new one.
                fresh = path.with_suffix(f".{os.getpid()}")
                fresh.write_bytes(compiled.getvalue())
                fresh.replace(path)


def faults() -> list[str]:
    """What keeps the catalogues from being complete, a line each."""
    found = []
    for app, domain in CATALOGUES:
        said = said_by(app, domain)
        for language in LANGUAGES:
            path, catalogue = catalogue_path(app, language, domain), read(app, language, domain)
            name = path.relative_to(CHECKOUT)
            if not path.is_file() or path.read_bytes() != as_po(renewed(catalogue, said)):
                found.append(f"{name} is not what the sources say: make messages")
            found += [f"{name}: {problem}" for problem in problems_of(catalogue)]
    for language in LANGUAGES:
        found += contradictions([read(app, language, domain) for app, domain in CATALOGUES])
    return found


def contradictions(catalogues: Iterable[Catalog]) -> list[str]:
    """Texts that two catalogues translate differently: readers see but one of the two, wherever the text stands."""
    known: dict[tuple[Any, Any], Any] = {}
    found = []
    for message in (message for catalogue in catalogues for message in _messages(catalogue)):
        if known.setdefault((message.context, message.id), message.string) != message.string:
            found.append(f"translated in two ways, where one needs a context: {message.id!r}")
    return found


def problems_of(catalogue: Catalog) -> Iterator[str]:
    for message in _messages(catalogue):
        parts = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
        if message.fuzzy or not all(parts):
            yield f"not translated: {message.id!r}"
        for error in message.check(catalogue):
            yield f"{message.id!r}: {error}"


def said_by(app: str, domain: str = PAGES) -> Catalog:
    """Every text that an app's code and templates mark, and the names of its models and of their columns; or what scripts say."""
    catalogue = Catalog()
    for path in _sources(app) if domain == PAGES else [SCRIPT_TEXTS]:
        source = path.read_text()
        if path.suffix != ".py":
            source = _as_python(source, path)
        code = io.BytesIO(source.encode())
        for _, found, comments, context in extract("python", code, keywords=KEYWORDS, comment_tags=["Translators:"]):
            catalogue.add(found, context=context, auto_comments=comments)
    for context, name in named[app] if domain == PAGES else ():
        catalogue.add(name, context=context)
    return catalogue


def renewed(catalogue: Catalog, said: Catalog) -> Catalog:
    """The catalogue with the texts of `said`, each with the translation that it had."""
    fresh = Catalog(locale=catalogue.locale, header_comment="", charset="utf-8")
    for message in _messages(said):
        known = catalogue.get(message.id, message.context)
        string = known.string if known else ""
        fresh.add(message.id, string, context=message.context, auto_comments=message.auto_comments, flags=message.flags)
    return fresh


def read(app: str, language: str, domain: str = PAGES) -> Catalog:
    path = catalogue_path(app, language, domain)
    if not path.is_file():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def as_po(catalogue: Catalog) -> bytes:
    """Sorted and without lines and dates, so that two people's changes meet only where they say the same."""
    written = io.BytesIO()
    write_po(written, catalogue, width=120, no_location=True, omit_header=True, sort_output=True)
    plural = catalogue.plural_forms
    header = (
        f'msgid ""\nmsgstr ""\n"Language: {catalogue.locale}\\n"\n"MIME-Version: 1.0\\n"\n'
        f'"Content-Type: text/plain; charset=utf-8\\n"\n"Content-Transfer-Encoding: 8bit\\n"\n"Plural-Forms: {plural}\\n"\n\n'
    )
    return header.encode() + written.getvalue()


def _messages(catalogue: Catalog) -> list[Message]:
    return [message for message in catalogue if message.id]


def _sources(app: str) -> Iterator[Path]:
    for path in sorted((CHECKOUT / app).rglob("*.py")):
        if path != SCRIPT_TEXTS and not _WITHOUT.intersection(path.relative_to(CHECKOUT / app).parts):
            yield path
    templates = CHECKOUT / "templates"
    for path in sorted(templates.rglob("*")):
        if path.suffix in {".html", ".txt"} and _app_of(path.relative_to(templates).parts) == app:
            yield path


def _app_of(parts: tuple[str, ...]) -> str:
    """Which app a template belongs to, by its place below `templates/`."""
    folder, second = parts[0], parts[1] if len(parts) > 1 else ""
    if folder == "admin":
        return second if second in APPS else "nexusvpn"
    if folder == "emails":
        return next((app for app, beginnings in MAILS_OF.items() if second.startswith(beginnings)), "accounts")
    return TEMPLATES_OF.get(folder, folder if folder in APPS else "nexusvpn")


def _as_python(source: str, path: Path) -> str:
    """A template as calls of gettext. What is between them has no meaning, and must have no indentation either."""
    from django.utils.translation.template import templatize

    lines = templatize(source, origin=str(path)).splitlines()
    return "\n".join(line.strip() for line in lines)


def main(arguments: list[str]) -> None:
    if arguments == ["--compile"]:
        compile_all()
        return
    _load_models()
    if arguments == ["--check"]:
        if found := faults():
            raise SystemExit("\n".join(found))
        return
    update()
    compile_all()


def _load_models() -> None:
    """Their names are texts too. Nothing is served: what production insists on does not matter."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nexusvpn.settings")
    os.environ.setdefault("DEBUG", "true")
    django.setup()


if __name__ == "__main__":
    main(sys.argv[1:])
