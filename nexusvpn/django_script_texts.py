"""What the scripts of Django's admin say in German in words that are not ours, or have no German for at all.

As `django_texts`, in a catalogue of its own: scripts get theirs from `/admin/jsi18n/`, which reads `djangojs`.
"""

from __future__ import annotations

from django.utils.translation import gettext_noop as _
from django.utils.translation import ngettext_lazy

TEXTS = (
    # The two lists of which one has what is chosen; Django's catalogue still has the sentences of an older one.
    _('Choose %s by selecting them and then select the "Choose" arrow button.'),
    _('Remove %s by selecting them and then select the "Remove" arrow button.'),
    _("Choose all %s"),
    _("Choose selected %s"),
    _("Remove all %s"),
    _("Remove selected %s"),
    _("(click to clear)"),
    # An action that is run while rows of a list are changed.
    _(
        "You have unsaved changes on individual editable fields. If you run an action, your unsaved changes will be lost."
    ),
    _(
        "You have selected an action, but you haven’t saved your changes to individual fields yet. Please click OK to save. You’ll need "
        "to re-run the action."
    ),
    _(
        "You have selected an action, and you haven’t made any changes on individual fields. You’re probably looking for the Go button "
        "rather than the Save button."
    ),
    # Beside a moment, for whose clock is another one than the server's.
    ngettext_lazy("Note: You are %s hour ahead of server time.", "Note: You are %s hours ahead of server time."),
    ngettext_lazy("Note: You are %s hour behind server time.", "Note: You are %s hours behind server time."),
    _("Choose a time"),
)
