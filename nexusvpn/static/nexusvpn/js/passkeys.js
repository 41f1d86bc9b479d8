// `<form data-passkey="create|get" data-passkey-options="address">`: before it is sent, the browser makes or shows a passkey, for
// options that the server gives, and the form carries what came of it in its field `answer`. It stays hidden where there are none.
import { clearErrors, showErrors } from "./form-errors.js";
import { say } from "./words.js";

const FORM_WIDE = "__all__";
// Names of texts.
const WORDS = { create: { refused: "passkeyNotMade", known: "passkeyKnown" }, get: { refused: "passkeyNotShown", known: "" } };

function bytes(text) {
  return Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
}

export function base64url(buffer) {
  const text = btoa(String.fromCharCode(...new Uint8Array(buffer)));
  return text.replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/** The server's JSON with bytes where WebAuthn wants them. */
export function readOptions(options) {
  const known = (list) => list?.map((each) => ({ ...each, id: bytes(each.id) }));
  return {
    ...options,
    challenge: bytes(options.challenge),
    ...(options.user && { user: { ...options.user, id: bytes(options.user.id) } }),
    ...(options.excludeCredentials && { excludeCredentials: known(options.excludeCredentials) }),
    ...(options.allowCredentials && { allowCredentials: known(options.allowCredentials) }),
  };
}

/** A credential as JSON, bytes in base64url. */
export function writeCredential(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = base64url(credential.response[name]);
  }
  return JSON.stringify({ id: credential.id, rawId: base64url(credential.rawId), type: credential.type, response });
}

async function fetchOptions(form) {
  const response = await fetch(form.dataset.passkeyOptions, {
    method: "POST",
    body: new FormData(form),
    headers: { Accept: "application/json" },
    credentials: "same-origin",
    redirect: "manual",
  });
  const isJson = response.headers.get("Content-Type")?.startsWith("application/json");
  const answer = isJson ? await response.json() : {};
  if (response.ok && isJson) return { options: answer };
  return { errors: answer.errors ?? { [FORM_WIDE]: [say("outOfDate")] } };
}

async function ask(form, words) {
  let fetched;
  try {
    fetched = await fetchOptions(form);
  } catch {
    return { errors: { [FORM_WIDE]: [say("noAnswer")] } };
  }
  if (fetched.errors) return fetched;
  try {
    const publicKey = readOptions(fetched.options);
    return { credential: await navigator.credentials[form.dataset.passkey]({ publicKey }) };
  } catch (error) {
    const isKnown = error.name === "InvalidStateError" && words.known;
    return { errors: { [FORM_WIDE]: [say(isKnown ? words.known : words.refused)] } };
  }
}

function bind(form) {
  const words = WORDS[form.dataset.passkey];
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.hasAttribute("aria-busy")) return;
    form.setAttribute("aria-busy", "true");
    clearErrors(form);
    const { credential, errors } = await ask(form, words);
    if (errors) {
      form.removeAttribute("aria-busy");
      showErrors(form, errors);
      return;
    }
    form.elements.namedItem("answer").value = writeCredential(credential);
    form.submit();
  });
  addEventListener("pageshow", () => form.removeAttribute("aria-busy"));
}

if (globalThis.PublicKeyCredential) {
  document.querySelectorAll("form[data-passkey]").forEach(bind);
  document.querySelectorAll("[data-passkey-missing]").forEach((said) => {
    said.hidden = true;
  });
}
