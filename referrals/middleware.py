"""Who comes by a campaign's link (`/?c=<slug>`) is counted once a browser, here and by nobody else."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.db import DatabaseError
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from accounts.arrivals import remember_campaigns, remembered_campaigns
from nexusvpn.logs import logger
from referrals.models.campaigns import SLUG
from referrals.services.campaigns import record_visit

PARAMETER = "c"
log = logger(__name__)
_SLUG = re.compile(SLUG)
_NO_PAGES = ("/api/", "/admin/", "/webhooks/")
# Words of programs that fetch pages for nobody's eyes: crawlers, previews of links in messages, monitors, libraries.
_PROGRAM = re.compile(
    r"(?<!cu)bot\b|(?<!cu)bot[/;_-]|crawl|spider|slurp|preview|embed|externalhit|whatsapp|telegram|viber|snapchat|skypeuripreview|archiver"
    r"|headless|phantom|lighthouse|monitor|uptime|pingdom|statuscake|scan|check|fetch|feed|validator|facebookcatalog|mediapartners"
    r"|google-|apis-google|adsbot|yandex(?!search|browser)|baidu(?!boxapp|browser)|curl|wget|python|java/|go-http|okhttp|axios|node"
    r"|ruby|perl|php|libwww|httpclient|postman|http_",
    re.IGNORECASE,
)


class CampaignMiddleware:
    """Costs a look at the query string where no campaign is named, and one statement where one is."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        slug = _named(request)
        response = self.get_response(request)
        if not slug:
            return response
        # A copy that stood between would be shown to the next one, who would not be counted, or get this one's cookie.
        response.headers["Cache-Control"] = "private, no-store"
        if response.status_code < 400 and _is_somebody(request):
            _count(request, response, slug)
        return response


def _named(request: HttpRequest) -> str:
    """The campaign that the address of a page names; whether there is such a one is not known here."""
    if f"{PARAMETER}=" not in request.META.get("QUERY_STRING", "") or request.path_info.startswith(_NO_PAGES):
        return ""
    slug = request.GET.get(PARAMETER, "").lower()
    return slug if _SLUG.fullmatch(slug) else ""


def _is_somebody(request: HttpRequest) -> bool:
    """Whether a browser shows the page to a person: not in advance, not inside another page, not to a program."""
    purpose = request.headers.get("Sec-Purpose") or request.headers.get("Purpose") or request.headers.get("X-Moz") or ""
    agent = request.headers.get("User-Agent", "")
    return (
        request.method == "GET"
        and "prefetch" not in purpose
        and "preview" not in purpose
        and request.headers.get("Sec-Fetch-Dest", "document") == "document"
        and agent.startswith(("Mozilla/", "Opera/"))
        and not _PROGRAM.search(agent)
    )


def _count(request: HttpRequest, response: HttpResponseBase, slug: str) -> None:
    seen = remembered_campaigns(request)
    if slug in seen[:1]:
        return
    try:
        # A browser that comes back to an earlier campaign is not counted again, but a sign-up is then that one's.
        known = slug in seen or record_visit(slug)
    except DatabaseError:
        # The page is there, and is worth more than a number; without the cookie the next page counts.
        log.exception("visit_not_counted", campaign=slug)
        return
    if known:
        remember_campaigns(response, [slug, *(other for other in seen if other != slug)])
