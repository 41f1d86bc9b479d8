// `<button data-copy="id of an element" hidden>` copies that element's text. It stays hidden without JavaScript.
import { say } from "./words.js";

const CONFIRMATION_MS = 2000;

async function copy(button) {
  const label = button.textContent;
  const source = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.value ?? source.textContent);
    button.textContent = say("copied");
  } catch {
    getSelection().selectAllChildren(source);
    button.textContent = say("pressCtrlC");
  }
  setTimeout(() => {
    button.textContent = label;
  }, CONFIRMATION_MS);
}

export function bindCopyButtons(root = document) {
  for (const button of root.querySelectorAll("button[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", () => copy(button));
  }
}
