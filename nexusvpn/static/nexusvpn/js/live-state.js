// Keeps the parts of a page that change by themselves true while the page is visible.
//
// `<div data-live-src="/devices/…/state" data-live-every="1.5">` asks that address every 1.5 seconds; each element
// with `data-live-part` and an id takes the content of the element of the same id in the answer. The address may be
// the page itself, whose answer then says anew how often to ask. A part that holds the focus is left as it is, so that an
// exchange takes nothing out of a hand; parts within it are exchanged all the same. An answer with `data-live-done` in it is
// the last one: nothing changes by itself any more.

const SLOWEST_MS = 60_000;

/** Milliseconds until the next question after `failures` failed ones, and never sooner than the server asked for. */
export function nextDelay(everyMs, failures, retryAfterSeconds = 0) {
  const backedOff = Math.min(everyMs * 2 ** failures, Math.max(SLOWEST_MS, everyMs));
  return Math.max(backedOff, retryAfterSeconds * 1000);
}

/** What was scrolled in the part stays where it is. */
function exchange(part, fresh) {
  const scrolled = [...part.querySelectorAll(".scroll")].map(({ scrollTop }) => scrollTop);
  part.replaceChildren(...fresh.childNodes);
  for (const [at, region] of part.querySelectorAll(".scroll").entries()) region.scrollTop = scrolled[at] ?? 0;
}

function exchangeParts(answer) {
  for (const part of document.querySelectorAll("[data-live-part][id]")) {
    // A part within another one has gone with it.
    const isLeft = !part.isConnected || part.contains(document.activeElement);
    const fresh = isLeft ? null : answer.getElementById(part.id);
    if (fresh && fresh.innerHTML !== part.innerHTML) exchange(part, fresh);
  }
}

/** What was waited for has come, or something else has begun: the page itself knows. */
function followPace(element, answer) {
  const pace = answer.querySelector("[data-live-every]")?.dataset.liveEvery;
  if (pace) element.dataset.liveEvery = pace;
}

/** Asks for a part of a page and gives it to `take`; says whether that was the last answer, and how long to wait for another. */
export async function ask(url, take) {
  const response = await fetch(url, {
    headers: { Accept: "text/html" },
    credentials: "same-origin",
    cache: "no-store",
    redirect: "manual",
  });
  if (response.ok) {
    const answer = new DOMParser().parseFromString(await response.text(), "text/html");
    take(answer);
    return { ok: true, final: answer.querySelector("[data-live-done]") !== null };
  }
  // Signed out, or the device is gone: asking again gives no other answer.
  const final = response.type === "opaqueredirect" || [401, 403, 404].includes(response.status);
  return { ok: false, final, retryAfter: Number(response.headers.get("Retry-After")) || 0 };
}

/**
 * Asks `url()` every `everyMs()` while the page is visible. `element` says by `data-stale` when it could not, and by `data-ended`
 * when there is no use in asking again.
 */
export function keepAsking(element, everyMs, url, take) {
  let failures = 0;
  let timer = null;
  let ended = false;

  const schedule = (delay) => {
    clearTimeout(timer);
    if (!ended && !document.hidden) timer = setTimeout(refresh, delay);
  };
  const refresh = async () => {
    const asked = url();
    // A list that went on to another part meanwhile has no use for the answer about the former one.
    const takeIfStillAsked = (answer) => asked === url() && take(answer);
    const result = await ask(asked, takeIfStillAsked).catch(() => ({ ok: false }));
    failures = result.ok ? 0 : failures + 1;
    ended = Boolean(result.final);
    element.toggleAttribute("data-stale", !result.ok);
    element.toggleAttribute("data-ended", ended && !result.ok);
    schedule(nextDelay(everyMs(), failures, result.retryAfter));
  };

  document.addEventListener("visibilitychange", () => schedule(0));
  schedule(everyMs());
}

export function bindLiveState() {
  for (const element of document.querySelectorAll("[data-live-src]")) {
    const { liveSrc } = element.dataset;
    // Of a page whose list changes in place the address changes too.
    const isPage = new URL(liveSrc, location.href).href === location.href.split("#")[0];
    const url = () => (isPage ? location.pathname + location.search : liveSrc);
    const take = (answer) => {
      exchangeParts(answer);
      followPace(element, answer);
    };
    keepAsking(element, () => Number(element.dataset.liveEvery) * 1000, url, take);
  }
}
