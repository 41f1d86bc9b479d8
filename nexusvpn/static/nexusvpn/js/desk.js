// Puts a prepared answer where the cursor is. Without this the button sends the form, and the page comes back with the answer in it.

function putAt(field, text) {
  const { selectionStart: from, selectionEnd: until } = field;
  field.setRangeText(text, from, until, "end");
  field.focus();
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

async function insert(button) {
  const chosen = button.form.elements.reply.selectedOptions[0];
  const response = await fetch(chosen.dataset.cannedSrc, { credentials: "same-origin", redirect: "error" });
  if (!response.ok) throw new Error(`status ${response.status}`);
  putAt(button.form.querySelector("[data-canned-into]"), await response.text());
}

for (const button of document.querySelectorAll("[data-canned-insert]")) {
  button.addEventListener("click", (event) => {
    event.preventDefault();
    // Whatever goes wrong here, the server can do it.
    insert(button).catch(() => button.form.requestSubmit(button));
  });
}
