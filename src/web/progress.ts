/** Keeps the progress page as the run is: whenever its files change, the part that changes is fetched anew. */

const place = document.querySelector<HTMLElement>("#progress")!;
const path = `/runs/${place.dataset.run}`;
const events = new EventSource(`/api${path}/events`);
/** The page came with what the first event tells of. */
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
