/** Of the page's script: every figure is saved as an SVG file. */

export const figures = `
for (const figure of document.querySelectorAll("figure")) {
  const svg = figure.querySelector("svg");
  if (!svg) continue;
  const title = figure.querySelector("h4").textContent;
  figure.append(downloads([["SVG", title + ".svg", "image/svg+xml", () => new XMLSerializer().serializeToString(svg)]], title));
}
`;
