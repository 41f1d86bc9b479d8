// On the page of sign-up, while accounts are not to be made by the thousand: solves the challenge as soon as somebody begins to type.
import { solve } from "./proof-of-work.js";

function bind(box) {
  const form = box.closest("form");
  const field = form.elements.namedItem("challenge_answer");
  let solving = null;
  // What came back with a refused form was good for that form alone.
  field.value = "";

  const begin = () => {
    solving ??= solve(box.dataset.signUpChallenge, Number(box.dataset.bits)).then((answer) => {
      field.value = answer;
    });
    return solving;
  };

  form.addEventListener("input", begin, { once: true });
  form.addEventListener(
    "submit",
    (event) => {
      if (field.value) return;
      event.preventDefault();
      // Before `submit-once` hears of it: this is not yet the one time.
      event.stopImmediatePropagation();
      box.querySelector("[role=status]").hidden = false;
      begin().then(() => form.requestSubmit());
    },
    { capture: true },
  );
}

for (const box of document.querySelectorAll("[data-sign-up-challenge]")) bind(box);
