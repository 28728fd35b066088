/**
 * Updates the progress page: whenever the run's files change, the changing part is fetched again.
 */

const place = document.querySelector<HTMLElement>("#progress")!;
const path = `/runs/${place.dataset.run}`;
const events = new EventSource(`/api${path}/events`);
/** The page already shows the state of the first event. */
let first = true;

events.addEventListener("change", async () => {
  if (first) {
    first = false;
    return;
  }
  const answer = await fetch(`${path}/progress`);
  if (!answer.ok) return;
  const fragment = new DOMParser().parseFromString(await answer.text(), "text/html");
  place.replaceChildren(...fragment.body.childNodes);
});

export {};
