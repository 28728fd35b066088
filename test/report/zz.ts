import { writeFileSync } from "node:fs";
import { exampleRun, emptyRun } from "./fixture.js";
import { renderReport } from "../../src/report/report.js";
const t = performance.now();
const page = renderReport(exampleRun());
console.log(performance.now() - t, page.length);
writeFileSync("/tmp/t/full.html", page);
writeFileSync("/tmp/t/empty.html", renderReport(emptyRun()));
