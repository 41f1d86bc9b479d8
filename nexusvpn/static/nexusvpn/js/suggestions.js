// Help articles for what is being typed.
//
// `<div data-suggest-for="id of an input" data-suggest-src="/support/suggestions">` asks that address with the input's name and value once
// the typing has paused; its `data-suggest-into` takes the answer. Without an answer it stays as it is: the form needs none.

const PAUSE_MS = 400;
const SHORTEST = 3;

function bind(box) {
  const input = document.getElementById(box.dataset.suggestFor);
  const into = box.querySelector("[data-suggest-into]");
  let timer = null;
  let asking = new AbortController();

  const ask = async () => {
    const value = input.value.trim();
    asking.abort();
    asking = new AbortController();
    const { signal } = asking;
    if (value.length < SHORTEST) {
      into.replaceChildren();
      return;
    }
    const query = new URLSearchParams({ [input.name]: value });
    const options = { signal, headers: { Accept: "text/html" }, credentials: "same-origin", redirect: "error" };
    const response = await fetch(`${box.dataset.suggestSrc}?${query}`, options);
    if (!response.ok) return;
    const answer = new DOMParser().parseFromString(await response.text(), "text/html");
    if (!signal.aborted) into.replaceChildren(...answer.body.childNodes);
  };

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => ask().catch(() => {}), PAUSE_MS);
  });
}

export function bindSuggestions() {
  document.querySelectorAll("[data-suggest-for]").forEach(bind);
}
