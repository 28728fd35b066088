/** Part of the page's script: filters, orders and pages the features, and opens a linked one. */

export const featureList = `
const PAGE = 20;
const form = document.querySelector("form.filter");
if (form) {
  const items = [...document.querySelectorAll(".feature")];
  const output = form.querySelector("output");
  const more = document.querySelector("button.more");
  let shown = PAGE;
  let matched = [];
  const list = document.querySelector("ol.features");
  const apply = () => {
    const wanted = new FormData(form);
    const by = String(wanted.get("order"));
    const rank = by === "listed" ? (item) => items.indexOf(item) : (item) => -Number(item.dataset[by] || -1);
    list.append(...items.toSorted((a, b) => rank(a) - rank(b) || items.indexOf(a) - items.indexOf(b)));
    const words = String(wanted.get("words")).toLowerCase().trim();
    const matching = [...list.children].filter((item) =>
      ["model", "layer", "related"].every((name) => !wanted.get(name) || item.dataset[name] === wanted.get(name)) &&
      (!wanted.get("topic") || item.dataset.topics.split("|").includes(wanted.get("topic"))) &&
      (!words || item.textContent.toLowerCase().includes(words)));
    matched = matching;
    const visible = new Set(matching.slice(0, shown));
    for (const item of items) item.hidden = !visible.has(item);
    output.textContent = matching.length + (matching.length === 1 ? " feature" : " features");
    more.hidden = matching.length <= shown;
    more.textContent = "Show " + Math.min(PAGE, matching.length - shown) + " more";
  };
  const restart = () => { shown = PAGE; apply(); };
  form.addEventListener("input", restart);
  form.addEventListener("submit", (event) => event.preventDefault());
  more.addEventListener("click", () => {
    const next = shown;
    shown += PAGE;
    apply();
    const first = [...list.children].filter((item) => !item.hidden)[next];
    if (first) first.querySelector("summary").focus({ preventScroll: true });
  });
  // A link to a feature shows it, even if the filter hides it.
  const visit = () => {
    const item = items.find(({ id }) => id && "#" + id === location.hash);
    if (!item) return;
    if (item.hidden) {
      form.reset();
      shown = items.length;
      apply();
    }
    item.querySelector("details").open = true;
    item.scrollIntoView();
  };
  addEventListener("hashchange", visit);
  // Previous and next step through the features that the filter shows, in its order.
  const step = (to) => {
    const at = matched.findIndex(({ id }) => "#" + id === location.hash);
    const next = matched[to(at, matched.length)];
    if (!next) return;
    if (next.hidden) { shown = matched.length; apply(); }
    location.hash = next.id;
  };
  const steps = form.querySelector(".steps");
  steps.hidden = false;
  steps.querySelector("[name=previous]").addEventListener("click", () => step((at, n) => (Math.max(at, 0) + n - 1) % n));
  steps.querySelector("[name=next]").addEventListener("click", () => step((at, n) => (at + 1) % n));
  steps.querySelector("[name=random]").addEventListener("click", () => step((at, n) => Math.floor(Math.random() * n)));
  apply();
  visit();
}
`;
