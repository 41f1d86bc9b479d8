// `<div data-qr="text" data-qr-label="what it is" hidden>` shows that text as a QR code.
import { qrSvg } from "./qr-svg.js";

for (const place of document.querySelectorAll("[data-qr]")) {
  place.append(qrSvg(place.dataset.qr, place.dataset.qrLabel));
  place.hidden = false;
}
