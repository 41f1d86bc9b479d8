// Lists change in place: links and search forms of an element that `{% in_place %}` has marked bring the list of the page that they
// lead to. The address changes with it, and back and reload ask for the page as a whole.
import "htmx.org";

/** What is sent is sent as a page of its own, with what it has to say above it. */
function leaveForms(event) {
  const { target } = event;
  if (target instanceof HTMLFormElement && target.method === "post") event.preventDefault();
}

const statusOf = (list) => document.querySelector(`[data-found-in="${list?.id}"]`);

function markAsWaiting(event) {
  const { target } = event.detail.ctx;
  target?.setAttribute("aria-busy", "true");
  // So that the same number as before is said again.
  statusOf(target)?.replaceChildren();
}

/** Whoever searches stays in the search, and hears how much was found. */
function sayHowMuch(event) {
  const list = document.getElementById(event.detail.ctx.target.id);
  statusOf(list)?.replaceChildren(list.dataset.found);
}

/** An error, a sign-in, a page without the list: the browser goes there. */
function openAsPage(event) {
  const { ctx } = event.detail;
  const { raw } = ctx.response;
  if (raw.ok && ctx.text.includes(`id="${ctx.target.id}"`)) return;
  event.preventDefault();
  location.assign(raw.redirected ? raw.url : ctx.request.action);
}

/** Whoever went on by keyboard goes on where the list begins. */
function readFromTheTop(event) {
  const list = document.getElementById(event.detail.ctx.target.id);
  if (!list || document.activeElement?.matches("input, select")) return;
  list.tabIndex = -1;
  list.focus({ preventScroll: true });
  list.scrollIntoView({ block: "nearest" });
}

/** Whoever went back while this page still loaded has the address of another one already, and nothing has asked for that. */
function catchUp() {
  const [arrival] = performance.getEntriesByType("navigation");
  if (!arrival) return;
  const { pathname, search } = new URL(arrival.name);
  if (pathname + search !== location.pathname + location.search) location.reload();
}

/** A form that comes back to its page comes back to the list as it is by now. */
function comeBackHere(event) {
  if (event.target.matches("form[data-returns]")) event.target.elements.next.value = location.pathname + location.search;
}

catchUp();
addEventListener("submit", comeBackHere);
addEventListener("htmx:before:init", leaveForms);
addEventListener("htmx:before:request", markAsWaiting);
addEventListener("htmx:after:request", openAsPage);
addEventListener("htmx:after:swap", readFromTheTop);
addEventListener("htmx:after:swap", sayHowMuch);
addEventListener("htmx:error", (event) => event.detail.ctx && location.assign(event.detail.ctx.request.action));
