// `<button data-copy="id of an element" hidden>` copies that element's text. It stays hidden without JavaScript.
import { say } from "./words.js";

const CONFIRMATION_MS = 2000;

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.value ?? source.textContent);
    button.textContent = say("copied");
  } catch {
    getSelection().selectAllChildren(source);
    button.textContent = say("pressCtrlC");
  }
}

export function bindCopyButtons(root = document) {
  for (const button of root.querySelectorAll("button[data-copy]")) {
    const label = button.textContent;
    let timer = null;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await copy(button);
      clearTimeout(timer);
      timer = setTimeout(() => {
        button.textContent = label;
      }, CONFIRMATION_MS);
    });
  }
}
