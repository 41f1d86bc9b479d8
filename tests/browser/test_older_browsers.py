"""What a browser without light-dark() shows: its part of the style sheet is put in force here, and looks as the other does."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, Route

from tests.live.stack import Stack

pytestmark = pytest.mark.live
CONDITION = "@supports not (color: light-dark(#000,#fff))"
COLOURS = """() => {
    const names = [...document.styleSheets].filter((sheet) => sheet.href?.includes("dist/app"))
        .flatMap((sheet) => [...sheet.cssRules].flatMap((rule) => [...(rule.style ?? [])]))
        .filter((name) => name.startsWith("--"));
    const probe = document.body.appendChild(document.createElement("p"));
    return Object.fromEntries([...new Set(names)].map((name) => {
        probe.style.color = probe.style.boxShadow = "";
        probe.style.setProperty(name === "--shadow" ? "box-shadow" : "color", `var(${name})`);
        const style = getComputedStyle(probe);
        return [name, name === "--shadow" ? style.boxShadow : style.color];
    }));
}"""


def as_if_older(route: Route) -> None:
    """The same page with the condition turned round, and nothing left of what such a browser does not know."""
    answer = route.fetch()
    css = answer.text()
    assert CONDITION in css
    before, _, after = css.partition(CONDITION)
    route.fulfill(response=answer, body=before.replace("light-dark(", "unknown(") + "@supports (color: red)" + after)


def colours(page: Page, url: str) -> dict[str, str]:
    page.goto(url)
    found: dict[str, str] = page.evaluate(COLOURS)
    return found


@pytest.mark.parametrize("system", ["light", "dark"])
@pytest.mark.parametrize("chosen", ["system", "light", "dark"])
def test_every_colour_is_the_same_as_with_the_newer_way(
    stack: Stack, open_context: Callable[..., BrowserContext], system: str, chosen: str
) -> None:
    found = []
    for older in (False, True):
        context = open_context(color_scheme=system)
        if chosen != "system":
            context.add_cookies([{"name": "theme", "value": chosen, "url": stack.url}])
        page = context.new_page()
        if older:
            page.route("**/dist/app*.css", as_if_older)
        found.append(colours(page, f"{stack.url}/login"))
    newer, older_colours = found
    assert len(newer) > 20
    assert older_colours == newer
    assert (newer["--paper"] == "rgb(247, 247, 245)") is ((system if chosen == "system" else chosen) == "light")
