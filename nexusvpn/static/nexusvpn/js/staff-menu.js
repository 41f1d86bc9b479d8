// The side menu of staff's pages scrolls by itself: it opens where the entry of the present page is, and the page stays where it is.

const menu = document.getElementById("nav-sidebar");
const entry = menu?.querySelector("[aria-current]");
if (entry) {
  const { top, bottom } = menu.getBoundingClientRect();
  const seen = Math.min(bottom, window.innerHeight);
  const place = entry.getBoundingClientRect();
  if (place.top < top || place.bottom > seen) menu.scrollTop += (place.top + place.bottom - top - seen) / 2;
}
