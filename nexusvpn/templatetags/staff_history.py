"""What the history of an object says."""

from __future__ import annotations

from django import template

from nexusvpn.staff_history import said

register = template.Library()
register.filter("said", said)
