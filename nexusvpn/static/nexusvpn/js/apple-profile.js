// The profile for Apple's systems of a device that was just made: the server gives it with a mark where the private
// key goes, which only this page has.
import { fillMark } from "./config-file.js";
import { say } from "./words.js";

const TYPE = "application/x-apple-aspen-config";

async function fetchProfile(url) {
  const response = await fetch(url, { headers: { Accept: TYPE }, credentials: "same-origin", redirect: "manual" });
  if (!response.ok || !response.headers.get("Content-Type")?.startsWith(TYPE)) throw new Error("no profile");
  return response.text();
}

function save(text, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: TYPE }));
  link.download = name;
  link.click();
}

/** Each `<button data-profile="ios">` within `view` saves the profile for that platform, the private key filled in. */
export function bindProfileButtons(view, { profileUrl, fileName, privateKey }) {
  const state = view.querySelector('[data-slot="profile-state"]');
  for (const button of view.querySelectorAll("button[data-profile]")) {
    button.addEventListener("click", async () => {
      button.disabled = true;
      state.hidden = true;
      try {
        const profile = await fetchProfile(`${profileUrl}?platform=${button.dataset.profile}`);
        save(fillMark(profile, privateKey), fileName);
      } catch {
        state.textContent = say("profileFailed");
        state.hidden = false;
      }
      button.disabled = false;
    });
  }
}
