"""A page of the admin that was opened before somebody changed its row takes nothing of that back unseen.

What every field of a form held is sent with it, as digests, and the language that its numbers are written in. What nobody typed over
stays as the row has it now. What somebody types over a value that they have not seen is refused, with what holds now; the page that
refuses it shows that, so that saving again is meant.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import copy
from datetime import date
from decimal import Decimal
from hashlib import sha256
from itertools import chain
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import BooleanField
from django.forms.utils import pretty_name
from django.http import HttpRequest
from django.utils.formats import localize
from django.utils.text import Truncator, capfirst
from django.utils.translation import get_language, gettext, override

from nexusvpn.languages import known_language
from nexusvpn.languages import lazy as _
from nexusvpn.locks import lock_row

# Of a long text its beginning says whose it is.
MOST_QUOTED = 300
CHANGED_MEANWHILE = _(
    "This was changed after you had opened the page. Below is what holds now: whoever saves again writes over it."
)


def _untouched(form: Any, name: str) -> dict[str, list[str]]:
    """What a browser sends of a field into which nobody types anything, by the names of its inputs."""
    field = form.fields[name]
    # A choice of other rows is in a frame of Django's.
    widget: Any = getattr(field.widget, "widget", field.widget)
    value, sent_as = field.prepare_value(form.get_initial_for_field(field, name)), form.add_prefix(name)
    if hasattr(widget, "decompress"):
        parts = zip(widget.widgets_names, widget.widgets, widget.decompress(value), strict=True)
        return {sent_as + suffix: _texts(part.format_value(each)) for suffix, part, each in parts}
    if isinstance(widget, forms.CheckboxInput):
        return {sent_as: ["on"] if widget.check_test(value) else []}
    return {sent_as: _texts(widget.format_value(value))}


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, (list, tuple)) else [value]
    return [str(each) for each in values if each is not None and each != ""]


def digest(sent: dict[str, list[str]]) -> str:
    """What is chosen of many has no order of its own, and browsers end lines in their own way."""
    lines = {name: sorted(each.replace("\r\n", "\n") for each in values) for name, values in sent.items() if values}
    return sha256(repr(sorted(lines.items())).encode()).hexdigest()[:16]


def _held(form: Any) -> dict[str, dict[str, list[str]]]:
    """By name, what every field of a form began with, which is what its row holds."""
    return {name: _untouched(form, name) for name, field in form.fields.items() if not field.disabled}


def digests_of(form: Any) -> dict[str, str]:
    return {name: digest(sent) for name, sent in _held(form).items()}


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
    """Refuses what is typed over a value that its sender has not seen, or into a field that is none any more. What is not typed over is
    not written, and need not be seen.
    """

    # By name, what the fields of the page held that is sent here.
    shown: dict[str, str]
    # What that page wrote is read as it was written, whatever language was chosen since.
    shown_in: str
    label_of: Callable[[str], str]
    is_stale = False

    def full_clean(self) -> None:
        for field in self.fields.values():
            # Django's own way to know what a page began with would call what is kept now a change.
            field.show_hidden_initial = False
        with override(self.shown_in):
            unseen = {name: sent for name, sent in _held(self).items() if self.shown.get(name) != digest(sent)}
            self._renew({name: sent for name, sent in unseen.items() if self._is_as_shown(name, list(sent))})
            changed = set(self.changed_data)
        now = {name: _in_words(self, name) for name in unseen if name in changed}
        gone = self._typed_in_vain()
        with override(self.shown_in):
            super().full_clean()
        self.is_stale = bool(now or gone)
        if now:
            self.add_error(None, ValidationError(CHANGED_MEANWHILE, code="stale"))
        for text in gone:
            self.add_error(None, ValidationError(text, code="stale"))
        for name, value in now.items():
            self.add_error(name, ValidationError(gettext("Now: %(value)s") % {"value": value}, code="stale"))

    def _posted(self, inputs: list[str]) -> dict[str, list[str]]:
        return {name: _texts(self.data.getlist(name)) for name in inputs}  # type: ignore[attr-defined]

    def _is_as_shown(self, name: str, inputs: list[str]) -> bool:
        return self.shown.get(name) == digest(self._posted(inputs))

    def _renew(self, fields: dict[str, dict[str, list[str]]]) -> None:
        """Also the page that refuses something else shows of them what the row holds now, so that saving again takes nothing back."""
        data: Any = copy(self.data)
        for sent in fields.values():
            for name, values in sent.items():
                data.setlist(name, values)
        self.data = data

    def _typed_in_vain(self) -> list[str]:
        """What is said of fields that the page had, and whose row admits no change of them any more."""
        said = []
        for name in sorted(set(self.shown) - set(self.fields)):
            of_field = re.compile(rf"{re.escape(self.add_prefix(name))}(_[0-9]+)?")
            inputs = sorted(key for key in self.data if of_field.fullmatch(key))
            if not self._is_as_shown(name, inputs):
                said.append(self._lost(name, " ".join(chain(*self._posted(inputs).values()))))
        return said

    def _lost(self, name: str, typed: str) -> str:
        """With what was typed, which is nowhere else; codes of choices say nothing to people."""
        column: Any = next((each for each in self.instance._meta.fields if each.name == name), None)
        is_code = column is None or column.is_relation or column.choices or isinstance(column, BooleanField)
        values = {"field": self.label_of(name), "value": typed}
        if typed and not is_code:
            return gettext("This cannot be changed any more: %(field)s. You had written: %(value)s") % values
        return gettext("This cannot be changed any more: %(field)s.") % values


class StaleFormsAdmin(admin.ModelAdmin):
    """The page of a row, whose form is saved under the row's lock and only over what it has shown; under it the row is deleted too."""

    def _is_done(self, request: HttpRequest, what: str) -> bool:
        match, name = request.resolver_match, f"{self.opts.app_label}_{self.opts.model_name}_{what}"
        return request.method == "POST" and match is not None and match.url_name == name

    def _is_saving(self, request: HttpRequest) -> bool:
        """Other pages make this form too, with a way of their own to tell an older one."""
        return self._is_done(request, "change")

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        # The lock closes the race of two forms that were opened at once, and of a deletion with what makes the row one that stays: it is
        # read after the first is done.
        if from_field is None and (self._is_saving(request) or self._is_done(request, "delete")):
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
        shown_in = known_language(request.POST.get("shown_in", "")) or get_language()
        own = {"shown": shown, "shown_in": shown_in, "label_of": self.label_of}
        return type(form)(form.__name__, (FormAsShown, form), own)

    def label_of(self, name: str) -> str:
        """How people know a field that the form does not have any more."""
        columns = (field for field in self.opts.get_fields() if field.name == name)
        return capfirst(str(getattr(next(columns, None), "verbose_name", pretty_name(name))))

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        form = context["adminform"].form
        if kwargs.get("obj") is not None:
            # A page that refuses something shows what was typed, as it was typed.
            context["shown_in"] = getattr(form, "shown_in", get_language())
            with override(context["shown_in"]):
                context["shown"] = " ".join(f"{name}:{digest}" for name, digest in digests_of(form).items())
        answer: Any = super().render_change_form(request, context, *args, **kwargs)
        if getattr(form, "is_stale", False):
            answer.status_code = 409
        return answer
