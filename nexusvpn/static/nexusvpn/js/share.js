// `<button data-share-text="words" data-share-url="address" hidden>` opens the system's own way of sharing. It stays hidden where there is none.

export function bindShareButtons(root = document) {
  if (!navigator.share) return;
  for (const button of root.querySelectorAll("button[data-share-text]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await navigator.share({ text: button.dataset.shareText, url: button.dataset.shareUrl });
      } catch {
        // Closed without sharing, or refused by the system: the link is still there to be copied.
      }
    });
  }
}
