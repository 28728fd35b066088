import { expect, test } from "vitest";
import { loadLexicon } from "../text/lexicon.js";
import { checkPaper } from "./check-paper.js";

const checks = checkPaper(loadLexicon());
const recomputed = (item: string) => checks.find((check) => check.item === item)?.recomputed;

test("Table 10's columns have the tau that SciPy gives, and 28 of 30 signs agree", () => {
  expect(recomputed("Table 10, tau of the two columns, all words")).toBe("0.520 (p = 8.6e−5, n = 30)");
  expect(recomputed("Table 10, tau of the two columns, negative words")).toBe("0.229 (p = 0.27, n = 14)");
  expect(recomputed("Table 10, tau of the two columns, positive words")).toMatch(/^−0\.054 .*n = 16\)$/);
  expect(recomputed("Table 10, signs")).toBe("28 of 30 signs agree");
});

test("the number of words behind a tau and its p-value", () => {
  // tau 0.093 with p = 0.014 is z = 2.457; sd = 0.093 / 2.457 = 0.03785 = sqrt(2 (2n + 5) / (9 n (n
  // - 1))) at n = 311.
  const [, least, most] = /between (\d+) and (\d+)/.exec(recomputed("Table 4, Pythia-160m: size of the sample")!)!;
  expect(Number(least)).toBeLessThan(311);
  expect(Number(most)).toBeGreaterThan(311);
  expect(Number(most) - Number(least)).toBeLessThan(20);
});

test("what does not hold is said", () => {
  const differing = checks.filter(({ verdict }) => verdict === "differs").map(({ item }) => item);
  expect(differing).toEqual(["Table 2", "Tables 12 and 13, Pythia-70m, tied weights in the layers that diverge most"]);
  expect(recomputed("Table 2")).toBe("4 rows of Table 8, 1 of Table 9");
  expect(recomputed("Appendix F, descriptions about opinions on films")).toContain("p = 0.14");
});
