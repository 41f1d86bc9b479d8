// Brings what is new into an open thread, and leaves what is there as it is.
//
// `<section data-thread-src="/support/…/news" data-thread-every="5">` asks that address with `?after=` the last message on the page. The
// answer holds the messages after it (`data-message`), and each `data-thread-part` with an id and a `data-version`: a part is
// exchanged when its version is another, unless somebody is in it.
import { keepAsking } from "./live-state.js";

const lastKnown = (thread) => [...thread.querySelectorAll("[data-message]")].at(-1)?.dataset.message;

function take(thread, answer) {
  const known = new Set([...thread.querySelectorAll("[data-message]")].map((message) => message.dataset.message));
  const list = thread.querySelector(".thread");
  for (const message of answer.querySelectorAll("[data-message]")) {
    if (!known.has(message.dataset.message)) list.append(message);
  }
  for (const part of document.querySelectorAll("[data-thread-part][id]")) {
    const fresh = answer.getElementById(part.id);
    const changed = fresh && fresh.dataset.version !== part.dataset.version;
    if (changed && !part.contains(document.activeElement)) part.replaceWith(fresh);
  }
}

/** What somebody writes in stays where it is on the screen while the page grows above it. */
function holdingStill(change) {
  const writing = document.activeElement?.closest("form");
  const before = writing?.getBoundingClientRect().top;
  change();
  if (writing) scrollBy(0, writing.getBoundingClientRect().top - before);
}

export function bindThreads() {
  for (const thread of document.querySelectorAll("[data-thread-src]")) {
    const { threadSrc, threadEvery } = thread.dataset;
    const address = () => `${threadSrc}?after=${encodeURIComponent(lastKnown(thread))}`;
    keepAsking(thread, () => Number(threadEvery) * 1000, address, (answer) => holdingStill(() => take(thread, answer)));
  }
}
