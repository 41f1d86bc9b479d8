"""What Django's own pages, forms and buttons say in German in words that are not ours.

Django's German says "Sie" and "Sichern", ours "du" and "Speichern". Of a text that ours has too, ours is shown, for our apps stand
before Django's. These are here because the catalogues keep what the sources say, and no other source of ours says them.
"""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

TEXTS = (
    # The buttons below a form.
    _("Save as new"),
    _("Save and add another"),
    _("Save and continue editing"),
    _("Save and view"),
    # In forms.
    _("Hold down “Control”, or “Command” on a Mac, to select more than one."),
    _("No file was submitted. Check the encoding type on the form."),
    _("Please either submit a file or check the clear checkbox, not both."),
    _(
        "ManagementForm data is missing or has been tampered with. Missing fields: %(field_names)s. You may need to file a bug report "
        "if the issue persists."
    ),
    # On the page of somebody's password.
    _("Enter a new password for the user <strong>%(username)s</strong>."),
    _("Enter the same password as before, for verification."),
    _("Set password: %s"),
    # Before something is deleted.
    _("Cannot delete %(name)s"),
    _(
        "Deleting the %(object_name)s '%(escaped_object)s' would result in deleting related objects, but your account doesn't have "
        "permission to delete the following types of objects:"
    ),
    _(
        'Are you sure you want to delete the %(object_name)s "%(escaped_object)s"? All of the following related items will be deleted:'
    ),
    _(
        "Deleting the selected %(objects_name)s would result in deleting related objects, but your account doesn't have permission to "
        "delete the following types of objects:"
    ),
    _(
        "Are you sure you want to delete the selected %(objects_name)s? All of the following objects and their related items will be "
        "deleted:"
    ),
    # Of what staff did.
    _("action flag"),
    _("content type"),
    _("object repr"),
    # Around the page.
    _("Breadcrumbs"),
    _("Change history: %s"),
    _("Clear selection"),
    _("Start typing to filter…"),
    _("Added “%(object)s”."),
    _("Thanks for spending some quality time with the web site today."),
)
