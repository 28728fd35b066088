/** Prints files and lines of every folder, and the largest files: `npm run sizes`. */
import { folderSizes, sourceFiles } from "../support/file-sizes.js";

const files = sourceFiles();
const row = (name: string, numbers: readonly (number | string)[]) =>
  console.log(name.padEnd(34) + numbers.map((number) => String(number).padStart(9)).join(""));

row("folder", ["sources", "lines", "tests", "lines"]);
const folders = folderSizes(files);
for (const { folder, sources, sourceLines, tests, testLines } of folders)
  row(folder, [sources, sourceLines, tests, testLines]);
const total = (key: "sources" | "sourceLines" | "tests" | "testLines") =>
  folders.reduce((sum, folder) => sum + folder[key], 0);
row("all", [total("sources"), total("sourceLines"), total("tests"), total("testLines")]);

console.log("\nlargest source files");
const sources = files.filter(({ isTest }) => !isTest).toSorted((a, b) => b.lines - a.lines);
for (const { path, lines } of sources.slice(0, 10)) console.log(`${String(lines).padStart(5)}  ${path}`);
