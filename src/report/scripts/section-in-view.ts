/** Part of the page's script: marks the section in view. */

export const sectionInView = `
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
`;
