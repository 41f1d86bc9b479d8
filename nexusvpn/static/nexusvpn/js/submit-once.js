// `<form data-once>` is sent once: a second click while the first one is under way only says so. No browser tells a page that
// loading was stopped, so after a while the form can be sent again.
import { say } from "./words.js";

export const PATIENCE_MS = 10_000;

function release(form) {
  form.removeAttribute("aria-busy");
  form.querySelector("[data-being-sent]")?.remove();
}

function sayThatItIsBeingSent(form) {
  if (form.querySelector("[data-being-sent]")) return;
  const note = document.createElement("p");
  note.className = "small muted";
  note.dataset.beingSent = "";
  note.setAttribute("role", "status");
  form.append(note);
  // Only what changes in a status that is there already is read out.
  setTimeout(() => (note.textContent = say("beingSent")), 0);
}

export function bindSubmitOnce() {
  addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || !form.matches("form[data-once]")) return;
    if (form.hasAttribute("aria-busy")) {
      event.preventDefault();
      sayThatItIsBeingSent(form);
    } else {
      form.setAttribute("aria-busy", "true");
      setTimeout(() => release(form), PATIENCE_MS);
    }
  });
  // Coming back by the browser's back button finds the forms as they were left.
  addEventListener("pageshow", () => document.querySelectorAll("form[data-once]").forEach(release));
}
