import { writeFileSync } from "node:fs";
import { allFigures } from "./all-figures.js";
import { exampleRun } from "./fixture.js";
import { showFigure } from "../../src/report/figures/figure.js";
const f = allFigures(exampleRun());
writeFileSync("/tmp/t/figs.html", `<meta charset=utf-8><body style="font-family:sans-serif;display:grid;grid-template-columns:repeat(3,460px);gap:20px">` + Object.values(f).map((x) => x && String(showFigure(x))).join(""));
