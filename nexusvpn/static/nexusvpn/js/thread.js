// Brings what is new into an open thread, and leaves what is there as it is.
//
// `<section data-thread-src="/support/…/news" data-thread-every="5">` asks that address with `?after=` the last message on the page. The
// answer holds the messages after it (`data-message`), and each `data-thread-part` with an id and a `data-version`: a part is
// exchanged when its version is another, unless somebody is in it. What came is said in `data-thread-said`, and nothing else of the
// thread is read out: the times in it change each second.
import { keepAsking } from "./live-state.js";
import { say } from "./words.js";

const lastKnown = (thread) => [...thread.querySelectorAll("[data-message]")].at(-1)?.dataset.message;

function inWords(message) {
  const [author, body] = ["header strong", ".message-body"].map((part) => message.querySelector(part).textContent);
  return say("newMessage", { text: `${author}: ${body}` });
}

function take(thread, answer) {
  const known = new Set([...thread.querySelectorAll("[data-message]")].map((message) => message.dataset.message));
  const news = [...answer.querySelectorAll("[data-message]")].filter(({ dataset }) => !known.has(dataset.message));
  thread.querySelector(".thread").append(...news);
  if (news.length) thread.querySelector("[data-thread-said]").textContent = news.map(inWords).join("\n");
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
