/** Part of the page's script: saves figures as SVG files, and finds words in scatter plots. */

export const figures = `
for (const figure of document.querySelectorAll("figure")) {
  const svg = figure.querySelector("svg");
  if (!svg) continue;
  const title = figure.querySelector("h4").textContent;
  figure.append(downloads([["SVG", title + ".svg", "image/svg+xml", () => new XMLSerializer().serializeToString(svg)]], title));
  // In scatter plots of words, a point's title begins with its word.
  const points = [...svg.querySelectorAll("circle")].filter((point) => point.querySelector("title"));
  if (points.length < 30) continue;
  const box = document.createElement("input");
  Object.assign(box, { type: "search", className: "rows", placeholder: "find a word", ariaLabel: "Find a word in " + title });
  const answer = document.createElement("output");
  box.addEventListener("input", () => {
    const wanted = box.value.trim().toLowerCase();
    const hits = points.filter((point) => wanted && point.textContent.toLowerCase().startsWith(wanted));
    svg.classList.toggle("searched", wanted !== "");
    for (const point of points) point.classList.toggle("hit", hits.includes(point));
    const exact = hits.find((point) => point.textContent.toLowerCase().startsWith(wanted + ":"));
    answer.textContent = !wanted ? "" : hits.length === 0 ? "not among the words" : (exact ?? hits[0]).textContent;
  });
  const line = document.createElement("p");
  line.className = "find";
  line.append(box, " ", answer);
  svg.before(line);
}
`;
