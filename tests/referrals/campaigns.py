"""Campaigns, and browsers that come by their links."""

from __future__ import annotations

from typing import Any

from django.db.models import Sum
from django.test import Client

from referrals.models import Campaign, CampaignDay

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"


def make_campaign(slug: str = "letter", **fields: Any) -> Campaign:
    return Campaign.objects.create(slug=slug, name=fields.pop("name", slug.title()), **fields)


def browser(agent: str = FIREFOX) -> Client:
    """One that has been nowhere yet."""
    return Client(headers={"user-agent": agent})


def visits(slug: str = "letter") -> int:
    return CampaignDay.objects.filter(campaign__slug=slug).aggregate(sum=Sum("visits"))["sum"] or 0
