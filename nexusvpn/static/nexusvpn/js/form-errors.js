// Shows what a server says about a form that was sent by fetch, in the markup that `components/_field.html` writes.

function errorList(messages, id) {
  const list = document.createElement("ul");
  list.className = "errorlist";
  if (id) list.id = id;
  list.append(
    ...messages.map((message) => {
      const item = document.createElement("li");
      item.textContent = message;
      return item;
    }),
  );
  return list;
}

function describedBy(input, id, present) {
  const ids = new Set((input.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean));
  if (present) ids.add(id);
  else ids.delete(id);
  if (ids.size) input.setAttribute("aria-describedby", [...ids].join(" "));
  else input.removeAttribute("aria-describedby");
}

export function clearErrors(form) {
  for (const list of form.querySelectorAll(".errorlist")) list.remove();
  for (const input of form.querySelectorAll("[aria-invalid]")) {
    input.removeAttribute("aria-invalid");
    describedBy(input, `${input.id}_error`, false);
  }
  form.querySelector("[data-form-errors]").hidden = true;
}

/** `errors` maps a field's name to its messages; what belongs to no visible field is said above the form. */
export function showErrors(form, errors) {
  clearErrors(form);
  const general = [];
  for (const [name, messages] of Object.entries(errors)) {
    const input = form.elements.namedItem(name);
    const field = input?.closest(".field");
    if (!field) {
      general.push(...messages);
      continue;
    }
    const id = `${input.id}_error`;
    input.setAttribute("aria-invalid", "true");
    describedBy(input, id, true);
    field.closest("details")?.setAttribute("open", "");
    field.append(errorList(messages, id));
  }
  if (general.length) {
    const box = form.querySelector("[data-form-errors]");
    box.replaceChildren(errorList(general));
    box.hidden = false;
  }
  (form.querySelector("[aria-invalid]") ?? form).scrollIntoView({ block: "center" });
  form.querySelector("[aria-invalid]")?.focus();
}
