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
from django.utils.text import capfirst

# Those with catalogues of their own.
APPS = ("nexusvpn", "accounts", "billing", "referrals", "support", "vpn")
# Apps of others that have no catalogues, and which of ours has their names.
GUESTS = {"procrastinate": "nexusvpn"}
# Names have contexts of their own: a page may say the same word and mean something else.
FIELD, MODEL, CHOICE = "field", "model", "choice"

# Words of the code that are written otherwise in a sentence.
_SPELT = {
    "api": "API",
    "canceled": "cancelled",
    "cpu": "CPU",
    "finalized": "finalised",
    "id": "ID",
    "ip": "IP",
    "ipv4": "IPv4",
    "ipv6": "IPv6",
    "pdf": "PDF",
    "sha256": "SHA-256",
    "stripe": "Stripe",
    "totp": "TOTP",
    "url": "URL",
}

# What people read for columns that the code calls by a unit, by Stripe's word or, if of traffic, from the node's side.
_COLUMNS = {
    "bytes down": "downloaded",
    "bytes up": "uploaded",
    "card exp month": "card's last month",
    "card exp year": "card's last year",
    "card last4": "card ends in",
    "counted rx": "from devices, before it last grew",
    "counted tx": "to devices, before it last grew",
    "customers rx": "from devices, by their counters",
    "customers tx": "to devices, by their counters",
    "node rx": "from devices, by the node",
    "node tx": "to devices, by the node",
    "look at": "next look at it",
    "pause behavior": "how it is paused",
    "object id": "object ID",
    "quota bytes": "data of the plan",
    "rx": "from devices",
    "rx bytes": "from devices",
    # One word for where a row stands, whatever its table calls it.
    "status": "state",
    "tx": "to devices",
    "tx bytes": "to devices",
    "used bytes": "data used",
}

# One and several of what staff know by another word than the code's: as `admin_menu` calls their list.
CALLED = {
    "accounts.RegistrationPolicy": ("registration", "registration"),
    "accounts.User": ("person", "people"),
    "auth.Group": ("role", "roles"),
    "billing.GiftBatch": ("batch of gift codes", "batches of gift codes"),
    "billing.PlanGrant": ("plan given by staff", "plans given by staff"),
    "billing.PlanPrice": ("price", "prices"),
    "referrals.RewardAmount": ("amount of rewards", "amounts of rewards"),
    "support.Article": ("help article", "help articles"),
    "support.ArticleCategory": ("category of articles", "categories of articles"),
    "support.CannedReply": ("prepared answer", "prepared answers"),
    "support.LegalPage": ("legal text", "legal texts"),
    "vpn.LocationCost": ("cost of a location", "costs of locations"),
}

# What each app's catalogue has to say: the context and the name.
named: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)


def translate_names() -> None:
    """Give the names of our apps to translators. Those that the code marks itself stay."""
    with translation.override(None):
        for label, (one, several) in CALLED.items():
            meta: Any = apps.get_model(label)._meta
            meta.verbose_name = translation.pgettext_lazy(MODEL, one)
            meta.verbose_name_plural = translation.pgettext_lazy(MODEL, several)
            # Those of Django's own models are said by the kernel's catalogue.
            named[meta.app_label if meta.app_label in APPS else "nexusvpn"].update(((MODEL, one), (MODEL, several)))
        for label in (*APPS, *GUESTS):
            texts = named[GUESTS.get(label, label)]
            for owner, attribute, context, plain in _plain_names(apps.get_app_config(label)):
                name = _COLUMNS.get(plain) or " ".join(_SPELT.get(word, word) for word in plain.split(" "))
                texts.add((context, name))
                setattr(owner, attribute, translation.pgettext_lazy(context, name))
        for label in GUESTS:
            _translate_choices(apps.get_app_config(label), named[GUESTS[label]])


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
                # That a sum is kept in minor units is the code's affair: people are shown it with its currency.
                yield field, "verbose_name", FIELD, field.verbose_name.removesuffix(" minor")


def _translate_choices(app: AppConfig, texts: set[tuple[str, str]]) -> None:
    """What a guest's columns may say; ours say it in the code."""
    for model in app.get_models():
        for field in model._meta.local_fields:
            if field.choices:
                known = [(value, capfirst(str(label).replace("_", " "))) for value, label in field.flatchoices]
                texts.update((CHOICE, label) for _value, label in known)
                field.choices = [(value, translation.pgettext_lazy(CHOICE, label)) for value, label in known]
