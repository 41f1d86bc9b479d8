"""A person who has no mouse: they go by Tab, and see where they are."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Page

MOST_STEPS = 120
# What a screen reader would say of the control that has the focus, and whether an eye would find it.
FOCUSED = """() => {
  const e = document.activeElement, style = getComputedStyle(e), box = e.getBoundingClientRect();
  const label = e.labels?.length ? e.labels[0].innerText : "";
  const name = (e.ariaLabel || label || e.innerText || e.value || e.title || "").trim().split("\\n")[0];
  const x = box.left + Math.min(box.width / 2, 40), y = box.top + box.height / 2;
  const top = document.elementFromPoint(x, y);
  const seen = !!top && (e.contains(top) || top.contains(e) || !!e.labels?.[0]?.contains(top));
  const marked = parseFloat(style.outlineWidth) > 0 && style.outlineStyle !== "none";
  return { tag: e.tagName, name, seen, marked, html: e.outerHTML.slice(0, 160) };
}"""


@dataclass
class Keyboard:
    page: Page

    def go_to(self, name: str) -> None:
        """By Tab to the control of this name. On the way nothing has the focus that cannot be seen or shows no sign of it."""
        passed: list[str] = []
        for _ in range(MOST_STEPS):
            self.page.keyboard.press("Tab")
            found = self.page.evaluate(FOCUSED)
            if found["tag"] == "BODY":
                continue
            assert found["seen"], f"has the focus and is hidden: {found['html']}"
            assert found["marked"], f"shows no focus: {found['html']}"
            if found["name"] == name:
                return
            passed.append(found["name"])
        raise AssertionError(f"Tab does not reach {name!r}; it passed {passed}")

    def press(self, name: str) -> None:
        self.go_to(name)
        self.page.keyboard.press("Enter")

    def follow(self, name: str) -> None:
        """To the page that a link or a form leads to."""
        self.go_to(name)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def fill(self, name: str, text: str) -> None:
        self.go_to(name)
        self.page.keyboard.type(text)

    def choose(self, name: str, beginning: str) -> None:
        """In a list of choices, by the beginning of what stands there."""
        self.go_to(name)
        self.page.keyboard.type(beginning)
