// The forms for a new device and for a device's new key: `<form data-device-keys="add">`, `"rotate"`. The key pair is
// made here; the form carries the public key, and the private key goes from this page's memory into the file and the
// QR code and nowhere else. Without this script a new device's form is an ordinary one, and the server makes the pair;
// the form for a new key is hidden then, and one that takes a public key stands beside it.
import { bindProfileButtons } from "./apple-profile.js";
import { configFileName, fillPrivateKey } from "./config-file.js";
import { bindCopyButtons } from "./copy.js";
import { clearErrors, showErrors } from "./form-errors.js";
import { generateKeyPair } from "./keys.js";
import { qrSvg } from "./qr-svg.js";
import { say } from "./words.js";

const FORM_WIDE = "__all__";
// Names of texts: what went wrong with a device that is added, and with a key that is changed.
const WORDS = {
  add: { earlierTry: "addEarlierTry", noAnswer: "addNoAnswer", fault: "addFault" },
  rotate: { earlierTry: "rotateEarlierTry", noAnswer: "rotateNoAnswer", fault: "rotateFault" },
};

function refusal(response, words) {
  if (response.status === 429) {
    const seconds = response.headers.get("Retry-After");
    return seconds ? say("tooManyFor", { n: seconds }) : say("tooMany");
  }
  if (response.status >= 500) return say(words.fault);
  return say("outOfDateSignIn");
}

/** Sends the form; gives `{device}` or `{errors}`. */
async function send(form, data, words) {
  let response;
  try {
    response = await fetch(form.action, {
      method: "POST",
      body: data,
      headers: { Accept: "application/json" },
      credentials: "same-origin",
      redirect: "manual",
    });
    const isJson = response.headers.get("Content-Type")?.startsWith("application/json");
    const answer = isJson ? await response.json() : {};
    if (response.ok && answer.config) return { device: answer };
    return { errors: answer.errors ?? { [FORM_WIDE]: [refusal(response, words)] } };
  } catch {
    return { errors: { [FORM_WIDE]: [say(words.noAnswer)] } };
  }
}

/** The result as the page's `<template>` has it, with what does not apply taken out. */
function resultView(device, privateKey) {
  const view = document.getElementById("device-result").content.cloneNode(true);
  const applies = {
    "new-key": Boolean(privateKey),
    "own-key": !privateKey,
    activating: device.state === "activating",
  };
  for (const element of view.querySelectorAll("[data-if]")) {
    if (!applies[element.dataset.if]) element.remove();
  }
  const config = privateKey ? fillPrivateKey(device.config, privateKey) : device.config;
  const slot = (name) => view.querySelector(`[data-slot="${name}"]`);
  slot("name").textContent = device.name;
  slot("config").textContent = config;
  slot("device").href = device.device_url;
  slot("next")?.setAttribute("href", device.next_url);
  slot("qr")?.append(qrSvg(config, say("qrOfDevice", { name: device.name })));
  const download = slot("download");
  download.href = URL.createObjectURL(new Blob([config], { type: "application/octet-stream" }));
  download.download = configFileName(device.name);
  bindCopyButtons(view);
  bindProfileButtons(view, {
    profileUrl: device.profile_url,
    fileName: configFileName(device.name).replace(/\.conf$/, ".mobileconfig"),
    privateKey,
  });
  return view;
}

function bind(form) {
  const words = WORDS[form.dataset.deviceKeys];
  // Kept over a failed attempt, so that sending again asks for the same device and not for a second one.
  let pair = null;

  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.hasAttribute("aria-busy")) return;
    form.setAttribute("aria-busy", "true");
    clearErrors(form);
    const data = new FormData(form);
    const ownKey = Boolean(data.get("public_key")?.trim());
    if (!ownKey) {
      pair ??= await generateKeyPair();
      data.set("public_key", pair.publicKey);
    }
    const { device, errors } = await send(form, data, words);
    form.removeAttribute("aria-busy");
    if (errors) {
      // Nobody has typed this key: it was accepted in an earlier try, whose answer never came, and has been replaced since or
      // belongs to a device of another name or location.
      if (!ownKey && errors.public_key) {
        pair = null;
        delete errors.public_key;
        errors[FORM_WIDE] = [say(words.earlierTry)];
      }
      showErrors(form, errors);
      return;
    }
    const page = document.querySelector("[data-device-page]");
    page.replaceChildren(resultView(device, ownKey ? null : pair.privateKey));
    // They would come back to this page, and the private key would not be there.
    for (const form of document.querySelectorAll("form[data-returns]")) form.remove();
    page.querySelector("h1").focus();
    scrollTo(0, 0);
  });
}

document.querySelectorAll("form[data-device-keys]").forEach(bind);
