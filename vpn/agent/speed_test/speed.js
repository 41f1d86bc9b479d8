// Measures latency, jitter, download and upload between this browser and the node that served the page.

const PINGS = 20;
const STREAMS = 3;
const LONGEST_MS = 6000;
const PART_BYTES = 8 << 20;

const show = (id, text) => { document.getElementById(id).textContent = text; };

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

async function checked(response) {
  if (!response.ok) throw new Error(response.status === 503 ? "busy" : "refused");
  return response;
}

async function pings() {
  const times = [];
  // The first request opens the connection and is not counted.
  for (let n = 0; n <= PINGS; n += 1) {
    const started = performance.now();
    await checked(await fetch("/ping", { cache: "no-store" }));
    if (n > 0) times.push(performance.now() - started);
  }
  return times;
}

// Runs `move(count)` in a few streams until the time is over; returns bits per second. `move` reports bytes as they pass.
async function rate(move) {
  let bytes = 0;
  const started = performance.now();
  const isOver = () => performance.now() - started > LONGEST_MS;
  const stream = async () => { while (!isOver()) await move((count) => { bytes += count; }, isOver); };
  await Promise.all(Array.from({ length: STREAMS }, stream));
  return (bytes * 8000) / (performance.now() - started);
}

async function download(count, isOver) {
  const response = await checked(await fetch(`/down?bytes=${PART_BYTES}`, { cache: "no-store" }));
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    count(value.length);
    if (isOver()) return reader.cancel();
  }
}

function noise() {
  const bytes = new Uint8Array(PART_BYTES >> 2);
  for (let at = 0; at < bytes.length; at += 65536) crypto.getRandomValues(bytes.subarray(at, at + 65536));
  return bytes;
}

function megabits(bitsPerSecond) {
  return `${(bitsPerSecond / 1e6).toLocaleString(undefined, { maximumFractionDigits: 1 })} Mbit/s`;
}

function milliseconds(value) {
  return `${value.toLocaleString(undefined, { maximumFractionDigits: 1 })} ms`;
}

async function run() {
  show("state", "Measuring latency …");
  const times = await pings();
  show("latency", milliseconds(median(times)));
  const steps = times.slice(1).map((time, n) => Math.abs(time - times[n]));
  show("jitter", milliseconds(steps.reduce((sum, step) => sum + step, 0) / steps.length));
  show("state", "Measuring download …");
  show("download", megabits(await rate(download)));
  show("state", "Measuring upload …");
  const body = noise();
  const upload = async (count) => {
    await checked(await fetch("/up", { method: "POST", body }));
    count(body.length);
  };
  show("upload", megabits(await rate(upload)));
  show("state", "Done.");
}

const start = document.getElementById("start");
start.addEventListener("click", async () => {
  start.disabled = true;
  for (const id of ["download", "upload", "latency", "jitter"]) show(id, "–");
  try {
    await run();
  } catch (error) {
    show("state", error.message === "busy"
      ? "Others are testing at the moment. Try again in a few seconds."
      : "The test was interrupted: the tunnel may be down. Check that you are connected, then start again.");
  }
  start.disabled = false;
  start.textContent = "Test again";
});
