"""What models and their columns are called, in the language of whoever looks.

Django derives these names from those in the code, and its admin shows them. Once all models are there, lazy texts stand in their
place: no name is written twice. What migrations know of a model is kept beside (`_verbose_name`, `original_attrs`) and stays as it was.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.apps import AppConfig, apps
from django.utils import translation

# Those with catalogues of their own.
APPS = ("nexusvpn", "accounts", "billing", "referrals", "support", "vpn")
# Names have contexts of their own: a page may say the same word and mean something else.
FIELD, MODEL = "field", "model"

# What each app's catalogue has to say: the context and the name.
named: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)


def translate_names() -> None:
    """Give the names of our apps to translators. Those that the code marks itself stay."""
    with translation.override(None):
        for label in APPS:
            for owner, attribute, context, name in _plain_names(apps.get_app_config(label)):
                named[label].add((context, name))
                setattr(owner, attribute, translation.pgettext_lazy(context, name))


def _plain_names(app: AppConfig) -> Iterator[tuple[Any, str, str, str]]:
    """Whose name it is, the attribute that holds it, its context and itself."""
    for model in app.get_models():
        meta: Any = model._meta
        # The derived plural is lazy already, over the singular.
        plural = meta.verbose_name_plural
        if "verbose_name_plural" not in meta.original_attrs or isinstance(plural, str):
            yield meta, "verbose_name_plural", MODEL, str(plural)
        if isinstance(meta.verbose_name, str):
            yield meta, "verbose_name", MODEL, meta.verbose_name
        for field in (*meta.local_fields, *meta.local_many_to_many):
            if isinstance(field.verbose_name, str):
                yield field, "verbose_name", FIELD, field.verbose_name
