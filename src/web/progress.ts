/**
 * Updates the progress page: whenever the run's files change, the changing part is fetched again.
 * Stops and continues the run.
 */
import { showControls, tellWithoutKey, useControls } from "./control.js";
import { find } from "./elements.js";

const place = find("#progress");
const controls = document.querySelector<HTMLElement>("#controls");
const path = `/runs/${place.dataset.run}`;
const events = new EventSource(`/api${path}/events`);
/** The page already shows the state of the first event. */
let first = true;

/** Fetches the changing part again. */
async function show(): Promise<void> {
  const answer = await fetch(`${path}/progress`);
  if (!answer.ok) return;
  const fragment = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of fragment.querySelectorAll<HTMLElement>("[data-part]")) {
    const shown = find(`[data-part="${part.dataset.part}"]`);
    // What is unchanged keeps the focus and the place to which it was scrolled.
    if (shown.innerHTML !== part.innerHTML) shown.replaceWith(part);
  }
}

events.addEventListener("change", async ({ data }) => {
  if (first) {
    first = false;
    return;
  }
  const { status } = JSON.parse(data) as { status: string };
  if (controls && status !== controls.dataset.status) {
    find("#said").textContent = "";
    showControls(controls, status);
  }
  await show();
});

if (controls) {
  tellWithoutKey("#said");
  showControls(controls, controls.dataset.status!);
  useControls(controls, find("#said"), () => undefined);
}
if (place.querySelector("[data-to-come]")) void show();
