"""Rows of another model on a row's page."""

from __future__ import annotations

import json

from django.contrib.admin.helpers import InlineAdminFormSet
from django.utils.text import capfirst


def adding_in_a_sentence(inline: InlineAdminFormSet) -> str:
    """What the page's script is told of the inline; Django's words for one more have a capital in their middle."""
    told = json.loads(inline.inline_formset_data())
    name, options = str(inline.opts.verbose_name), told["options"]
    options["addText"] = capfirst(options["addText"].replace(capfirst(name), name))
    return json.dumps(told)
