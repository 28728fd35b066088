/** The page's script: filters the features, shows them a page at a time, and marks the section in view. */

export const script = `
(() => {
  const PAGE = 20;
  const form = document.querySelector("form.filter");
  if (form) {
    const items = [...document.querySelectorAll(".feature")];
    const output = form.querySelector("output");
    const more = document.querySelector("button.more");
    let shown = PAGE;
    const apply = () => {
      const wanted = new FormData(form);
      const words = String(wanted.get("words")).toLowerCase().trim();
      const matching = items.filter((item) =>
        ["model", "layer", "related"].every((name) => !wanted.get(name) || item.dataset[name] === wanted.get(name)) &&
        (!wanted.get("topic") || item.dataset.topics.split("|").includes(wanted.get("topic"))) &&
        (!words || item.textContent.toLowerCase().includes(words)));
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
      const first = items.filter((item) => !item.hidden)[next];
      if (first) first.querySelector("summary").focus({ preventScroll: true });
    });
    apply();
  }
  const links = new Map([...document.querySelectorAll("nav a")].map((link) => [link.hash.slice(1), link]));
  const mark = () => {
    const sections = [...document.querySelectorAll("main section")];
    const current = sections.filter((section) => section.getBoundingClientRect().top < innerHeight / 3).pop() ?? sections[0];
    for (const [id, link] of links) {
      if (id !== current.id) link.removeAttribute("aria-current");
      else if (!link.hasAttribute("aria-current")) {
        link.setAttribute("aria-current", "true");
        const bar = link.closest("nav");
        if (bar.scrollWidth > bar.clientWidth) bar.scrollLeft = link.offsetLeft - 16;
      }
    }
  };
  let waiting = false;
  addEventListener("scroll", () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; mark(); });
  }, { passive: true });
  mark();
})();
`;
