/** Part of the page's script: buttons that save content of the page, without any request. */

export const downloads = `
/** files: [label, file name, type, content] */
const downloads = (files, of) => {
  const box = document.createElement("p");
  box.className = "downloads";
  for (const [label, name, type, content] of files) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    button.ariaLabel = "Save " + of + " as " + label;
    button.addEventListener("click", () => {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([content()], { type }));
      link.download = name.toLowerCase().replace(/[^a-z0-9.]+/g, "-");
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    });
    box.append(button);
  }
  return box;
};
`;
