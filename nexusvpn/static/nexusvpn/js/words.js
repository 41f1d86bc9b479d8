// What the scripts say, in the page's language: `<script type="application/json" data-texts>` holds the texts.

let ofPage;

function pageTexts() {
  ofPage ??= JSON.parse(document.querySelector("script[data-texts]")?.textContent ?? "{}");
  return ofPage;
}

/** The text of this name, with the values in the places of the names in braces. */
export function say(name, values = {}, texts = pageTexts()) {
  const text = texts[name] ?? name;
  return text.replace(/\{(\w+)\}/g, (place, key) => values[key] ?? place);
}
