/** The list of runs: stops and continues them. */

import { showControls, tellWithoutKey, useControls } from "./control.js";
import { find } from "./elements.js";

/** Milliseconds between looks at a run that was told to stop. */
const LOOK_MS = 500;

tellWithoutKey("#said");
for (const place of document.querySelectorAll<HTMLElement>("[data-run][data-status]")) {
  const before = place.dataset.status!;
  showControls(place, before);
  useControls(place, find("#said"), (act) => {
    if (act === "resume") return location.assign(`/runs/${place.dataset.run}`);
    const look = window.setInterval(async () => {
      const answer = await fetch(`/api/runs/${place.dataset.run}`);
      if (!answer.ok || ((await answer.json()) as { status: string }).status === before) return;
      window.clearInterval(look);
      location.reload();
    }, LOOK_MS);
  });
}
