// `<form data-once>` is sent once: a second click while the first one is under way does nothing.

export function bindSubmitOnce() {
  for (const form of document.querySelectorAll("form[data-once]")) {
    form.addEventListener("submit", (event) => {
      if (form.hasAttribute("aria-busy")) event.preventDefault();
      form.setAttribute("aria-busy", "true");
    });
    // Coming back by the browser's back button finds the form as it was left.
    addEventListener("pageshow", () => form.removeAttribute("aria-busy"));
  }
}
