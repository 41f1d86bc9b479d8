"""A page of the admin that was opened before somebody changed its row takes nothing of that back unseen.

What every field of a form held is sent with it, as digests. What somebody types over a value that they have not seen is refused, with what
holds now; the page that refuses it shows that, so that saving again is meant.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import HttpRequest
from django.utils.formats import localize
from django.utils.text import Truncator
from django.utils.translation import gettext

from nexusvpn.languages import lazy as _
from nexusvpn.locks import lock_row

# Of a long text its beginning says whose it is.
MOST_QUOTED = 300
CHANGED_MEANWHILE = _(
    "This was changed after you had opened the page. Below is what holds now: whoever saves again writes over it."
)


def _digest(value: Any) -> str:
    """Rows that are linked have no order of their own."""
    if isinstance(value, (list, tuple)) and any(isinstance(each, Model) for each in value):
        value = sorted(str(each.pk) for each in value)
    return sha256(repr(value).encode()).hexdigest()[:16]


def digests_of(form: Any) -> dict[str, str]:
    """Of what every field of a form began with, which is what its row holds."""
    fields = {name: field for name, field in form.fields.items() if not field.disabled}
    return {name: _digest(form.get_initial_for_field(field, name)) for name, field in fields.items()}


def _in_words(form: Any, name: str) -> str:
    """What a field's row holds, before anything of what was typed is written into it."""
    field: Any = form.fields[name]
    value = form.get_initial_for_field(field, name)
    if isinstance(field, forms.ModelChoiceField):
        value = sorted(map(str, value)) if isinstance(value, (list, tuple)) else getattr(form.instance, name)
    elif isinstance(field, forms.ChoiceField):
        choices: Any = field.choices
        names = {str(code): word for code, word in choices}
        value = [names.get(str(each), each) for each in (value if isinstance(value, (list, tuple)) else [value])]
    if isinstance(value, (list, tuple)):
        value = ", ".join(map(str, value))
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if value is None or value == "":
        return gettext("nothing")
    value = field.prepare_value(value)
    return Truncator(str(localize(value) if isinstance(value, (date, Decimal)) else value)).chars(MOST_QUOTED)


class FormAsShown(forms.BaseModelForm):
    """Refuses what is typed over a value that its sender has not seen. What is not typed over is not written, and need not be seen."""

    # By name, what the fields of the page held that is sent here.
    shown: dict[str, str]
    is_stale = False

    def full_clean(self) -> None:
        unseen = [name for name, digest in digests_of(self).items() if self.shown.get(name) != digest]
        changed = set(self.changed_data)
        now = {name: _in_words(self, name) for name in unseen if name in changed}
        super().full_clean()
        self.is_stale = bool(now)
        if now:
            self.add_error(None, ValidationError(CHANGED_MEANWHILE, code="stale"))
        for name, value in now.items():
            self.add_error(name, ValidationError(gettext("Now: %(value)s") % {"value": value}, code="stale"))


class StaleFormsAdmin(admin.ModelAdmin):
    """The page of a row, whose form is saved under the row's lock and only over what it has shown."""

    def _is_saving(self, request: HttpRequest) -> bool:
        """Other pages make this form too, with a way of their own to tell an older one."""
        match, name = request.resolver_match, f"{self.opts.app_label}_{self.opts.model_name}_change"
        return request.method == "POST" and match is not None and match.url_name == name

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        # The lock closes the race of two forms that were opened at once: the row is read after the first is saved.
        if self._is_saving(request) and from_field is None:
            try:
                lock_row(self.model, self.opts.pk.to_python(object_id))  # type: ignore[union-attr]
            except (ValidationError, ValueError):
                return None
        return super().get_object(request, object_id, from_field)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        if obj is None or not self._is_saving(request):
            return form
        shown = dict(part.split(":", 1) for part in request.POST.get("shown", "").split() if ":" in part)
        return type(form)(form.__name__, (FormAsShown, form), {"shown": shown})

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        form = context["adminform"].form
        if kwargs.get("obj") is not None:
            context["shown"] = " ".join(f"{name}:{digest}" for name, digest in digests_of(form).items())
        answer: Any = super().render_change_form(request, context, *args, **kwargs)
        if getattr(form, "is_stale", False):
            answer.status_code = 409
        return answer
