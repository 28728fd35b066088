import { expect, test } from "vitest";
import { emptyRun, exampleRun } from "../../../test/support/example-run.js";
import { renderSetReport } from "../pages/paper.js";
import { setRun } from "./read-set.js";

test("the studies of each run stand beside the paper's rows of its model alone", () => {
  const page = renderSetReport({ set: "paper", runs: [setRun("pythia-70m", exampleRun())] });
  expect(page).toContain("Figure 5: Sparsity and reconstruction by the weight of the L1 norm, Pythia-70m");
  const at = page.indexOf("Autoencoders with tied and untied encoder and decoder, Pythia-70m");
  const table = page.slice(at, page.indexOf("</table>", at));
  expect(table).toContain("0.383");
  expect(table).not.toContain("0.291");
  expect(page).toContain("Layers of highest and of lowest divergence, Pythia-70m");
  expect(page).not.toMatch(/NaN|undefined/);
});

test("a set without studies says what they need", () => {
  const page = renderSetReport({ set: "paper", runs: [setRun("pythia-70m", emptyRun())] });
  expect(page).toContain(
    "Figure 5, Tables 12 and 13: not shown, since they need a run with the stage studies, which the set does not have.",
  );
});
