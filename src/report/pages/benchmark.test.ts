import { expect, test } from "vitest";
import type { BenchmarkResults, MethodSummary } from "../../results/benchmark.js";
import { renderBenchmarkPage } from "./benchmark.js";

const method = (name: string, auroc: number | null): MethodSummary => ({
  ...{ method: name, summary: `summary of ${name}`, unit: "nats", pairs: 1, recallAt10: 0.3, averagePrecision: 0.2 },
  ...{ auroc, rightSign: null, nullPairs: 1, falseAt95: 0.071, falseAtAll: 0, smallestDose: 0.25, seconds: 12 },
});

const results: BenchmarkResults = {
  hypotheses: 285,
  chance: { recallAt10: 0.07, averagePrecision: 0.07 },
  doseAuroc: 0.75,
  pairs: [
    { name: "nouns-seed-1", organism: "nouns", seed: 1, summary: "<nouns>", truths: 20, leftOut: 3, kl: 4.34 },
    { name: "given", organism: "given", seed: null, summary: "given", truths: null, leftOut: 0, kl: 1 },
  ],
  methods: [method("random", 0.51), method("token-log-ratios", 0.8123)],
  outcomes: [
    {
      ...{ pair: "nouns-seed-1", method: "token-log-ratios", seconds: 12, recallAt10: 0.3, averagePrecision: 0.2 },
      ...{ auroc: 0.8123, rightSign: null, said: 253, beyond95: 20, beyondAll: 2 },
    },
  ],
};

/** The texts of a row of a table by the text that it begins with. */
function cells(page: string, head: string): string[] {
  const row = page.split("<tr").find((part) => part.includes(`<th scope="row">${head}`))!;
  return [...row.matchAll(/<td[^>]*>([^<]*)</g)].map(([, text]) => text);
}

test("the page leads with the best method, and has every number with its row", () => {
  const page = renderBenchmarkPage(results);
  expect(page).toContain("The highest mean AUROC, 0.81, has token-log-ratios: summary of token-log-ratios.");
  expect(cells(page, "random")).toEqual(["0.30", "0.20", "0.51", "–", "7%", "0%", "0.25", "12.0 s"]);
  expect(cells(page, "nouns-seed-1")).toEqual(["4.3", "20", "3", "–", "0.81"]);
  expect(cells(page, "given")).toEqual(["1.0", "held back", "0", "–", "–"]);
  expect(page).toContain("&lt;nouns&gt;");
});

test("without a known truth the page says where the rankings are", () => {
  const page = renderBenchmarkPage({ ...results, methods: [method("random", null)], outcomes: [] });
  expect(page).toContain("the rankings are in the folder ranks");
  expect(cells(page, "random")[2]).toBe("–");
});
