"""What waits for staff, asked for all at once: one statement for the home, however many kinds of things wait."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import DateTimeField, ExpressionWrapper, F, IntegerField, QuerySet, Value
from django.http import HttpRequest

from nexusvpn.admin_site import Notice

# No more are counted: whoever reads "100+" knows enough.
MOST = 100


@dataclass(frozen=True, slots=True)
class Waiting:
    """Rows that should not be there: who is told, which they are, since when each is, how it is said, and their list.

    `text` is an `ngettext_lazy` by `n` that also takes `count`, which is a word where not all were counted. `rows` reads by an index:
    it is asked whenever the home is opened. `url` is of a list of these rows and no others. Where `is_deadline`, `since` is until when
    each may wait.
    """

    permission: str
    rows: Callable[[], QuerySet[Any]]
    since: str | Any
    text: Any
    url: Callable[[], str]
    tone: str = "bad"
    is_deadline: bool = False

    def part(self, number: int) -> QuerySet[Any, Any]:
        since = F(self.since) if isinstance(self.since, str) else self.since
        found = self.rows().annotate(
            which=Value(number, output_field=IntegerField()),
            waits_since=ExpressionWrapper(since, output_field=DateTimeField()),
        )
        oldest: QuerySet[Any, Any] = found.order_by(F("waits_since").asc(nulls_last=True))
        return oldest.values_list("which", "waits_since")[:MOST]

    def notice(self, times: Sequence[datetime | None]) -> Notice:
        n = len(times)
        text = str(self.text % {"n": n, "count": f"{n}+" if n == MOST else str(n)})
        first = min((time for time in times if time), default=None)
        if self.is_deadline:
            return Notice(text, self.url(), self.tone, due_at=first, is_one=n == 1)
        return Notice(text, self.url(), self.tone, since=first, is_one=n == 1)


# Each app adds its own.
kinds: list[Waiting] = []


def what_waits(request: HttpRequest) -> Iterable[Notice]:
    asked = [kind for kind in kinds if request.user.has_perm(kind.permission)]  # type: ignore[union-attr]
    if not asked:
        return
    first, *others = (kind.part(number) for number, kind in enumerate(asked))
    times: dict[int, list[datetime | None]] = {}
    for number, since in first.union(*others, all=True) if others else first:
        times.setdefault(number, []).append(since)
    for number in sorted(times):
        yield asked[number].notice(times[number])


admin.site.questions.append(what_waits)  # type: ignore[attr-defined]
