"""`manage.py load_articles`: the help articles of this version, beside those that staff wrote."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from support.services.shipped_articles import load_articles


class Command(BaseCommand):
    help = "Put the product's help articles into the knowledge base, and bring those up to date that nobody has edited."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{load_articles()} articles written.")
