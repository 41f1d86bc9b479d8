// Keeps "12 s ago" true while the page is open. The wording is the same as the `ago` template filter's.
import { say } from "./words.js";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long ago, in words; `null` from a day on, where the page shows the date instead. */
export function agoText(seconds, texts = undefined) {
  if (seconds < 1) return say("justNow", {}, texts);
  if (seconds < MINUTE) return say("secondsAgo", { n: Math.floor(seconds) }, texts);
  if (seconds < HOUR) return say("minutesAgo", { n: Math.floor(seconds / MINUTE) }, texts);
  if (seconds < DAY) return say("hoursAgo", { n: Math.floor(seconds / HOUR) }, texts);
  return null;
}

/** The server's clock less this one's in milliseconds, from the moment the page was written. */
function clockOffset() {
  const written = Date.parse(document.documentElement.dataset.now);
  return Number.isNaN(written) ? 0 : written - performance.timeOrigin;
}

export function keepTimesTrue() {
  const offset = clockOffset();
  const update = () => {
    for (const time of document.querySelectorAll("time[data-ago]")) {
      const text = agoText((Date.now() + offset - Date.parse(time.dateTime)) / 1000);
      if (text && text !== time.textContent) time.textContent = text;
    }
  };
  update();
  setInterval(update, 1000);
}
