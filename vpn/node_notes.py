"""What nodes note of themselves, in words."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

# docs/node-api.md, "notes"; the last is noted by us when a report comes.
NOTES = {
    "foreign_peer_removed": _("Foreign peer removed"),
    "unknown_op": _("Order not understood"),
    "mass_removal_refused": _("Mass removal refused"),
    "held_peer_yielded": _("Kept peer gave up addresses"),
    "apply_failed": _("Change failed"),
    "interface_recreated": _("Interface made anew"),
    "implausible_growth": _("Counters grew implausibly"),
}


def note_in_words(code: str) -> str:
    """A code that came after these is shown with blanks."""
    return str(NOTES.get(code) or code.replace("_", " "))
