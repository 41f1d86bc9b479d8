"""Legal texts as people read them, and as staff publish and take them back."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from nexusvpn.audit import record_act
from nexusvpn.db import is_lost_database
from nexusvpn.errors import Conflict, NotFound
from nexusvpn.kept import Kept
from support.models import LegalPage

# The links to them are in the footer of every page.
KEPT_S = 15.0


@dataclass(frozen=True, slots=True)
class LegalLink:
    kind: str
    title: str


def find_legal_page(kind: str, language: str, reader: User | None = None) -> LegalPage:
    """The text in the reader's language, else in the site's own, in English or in any; drafts for staff who may see them.

    Raises NotFound.
    """
    rows = LegalPage.objects.filter(kind=kind)
    if not _may_see_drafts(reader):
        rows = rows.exclude(published_at=None)
    preferred = [language, settings.LANGUAGE_CODE, "en"]
    found = sorted(rows, key=lambda page: preferred.index(page.language) if page.language in preferred else 3)
    if not found:
        raise NotFound
    return found[0]


def _may_see_drafts(reader: User | None) -> bool:
    return reader is not None and reader.acts_as_staff and reader.has_perm("support.view_legalpage")


def legal_links() -> list[LegalLink]:
    """What is published in any language, in the reader's words. A page must not fail for them: without a database there are none."""
    try:
        published = _published.get()
    except Exception as error:
        if not is_lost_database(error):
            raise
        return []
    return [LegalLink(kind.value, str(kind.label)) for kind in LegalPage.Kind if kind.value in published]


def forget_links() -> None:
    """Let this process look again: what it keeps was changed here."""
    global _published
    _published = Kept(_read_published, KEPT_S)


def _read_published() -> frozenset[str]:
    return frozenset(LegalPage.objects.exclude(published_at=None).values_list("kind", flat=True))


_published = Kept(_read_published, KEPT_S)


def publish_legal_page(*, page_id: int, staff: User) -> None:
    """Show it to everybody and link it in the footer. Raises Conflict if it is shown already."""
    # Of two at once the second finds nothing to do: the update is conditional, and one act is audited.
    with transaction.atomic(durable=True):
        drafts = LegalPage.objects.filter(pk=page_id, published_at=None)
        _changed(drafts.update(published_at=timezone.now()))
        record_act("legal_page_published", actor=staff, target=LegalPage(pk=page_id))
    forget_links()


def unpublish_legal_page(*, page_id: int, staff: User) -> None:
    """Make it a draft again, which staff alone can read. Raises Conflict if it is one."""
    # As above.
    with transaction.atomic(durable=True):
        _changed(LegalPage.objects.filter(pk=page_id).exclude(published_at=None).update(published_at=None))
        record_act("legal_page_unpublished", actor=staff, target=LegalPage(pk=page_id))
    forget_links()


def _changed(rows: int) -> None:
    if not rows:
        raise Conflict(_("Somebody else was quicker: it is so already."))
