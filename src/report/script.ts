/** The page's script. The page can be read without it. */
import { downloads } from "./scripts/downloads.js";
import { featureList } from "./scripts/feature-list.js";
import { figures } from "./scripts/figures.js";
import { sectionInView } from "./scripts/section-in-view.js";
import { tables } from "./scripts/tables.js";

export const script = `
(() => {
${[downloads, tables, figures, featureList, sectionInView].join("")}})();
`;
