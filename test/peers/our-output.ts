/** The ordinary tests that compare us with the records, run once more to tell by how much we differ at worst. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Difference } from "../support/expect-close.js";
import { runProgram } from "./environments.js";
import type { Row } from "./table.js";

const root = join(import.meta.dirname, "../..");

/** Rows of the table: the tests of a file whose names match, and whose numbers they are compared with. */
const comparisons: readonly { check: string; peer: string; file: string; tests: RegExp }[] = [
  {
    check: "logits, MLP outputs",
    peer: "transformers",
    file: "test/contract/models.test.ts",
    tests: /logits and MLP|padding changes/,
  },
  {
    check: "gradients",
    peer: "transformers",
    file: "test/contract/models.test.ts",
    tests: /loss and gradients of every/,
  },
  {
    check: "greedy text and its last pass",
    peer: "transformers",
    file: "test/contract/models.test.ts",
    tests: /greedy text/,
  },
  {
    check: "logits of DistilBERT",
    peer: "transformers",
    file: "src/model/text-classifier.test.ts",
    tests: /logits of texts/,
  },
  {
    check: "logits of classifiers of every family",
    peer: "transformers",
    file: "src/model/sequence-classifier.test.ts",
    tests: /logits of rows/,
  },
  {
    check: "activation functions",
    peer: "transformers",
    file: "src/model/architectures/activation.test.ts",
    tests: /those of transformers/,
  },
  {
    check: "PPO: every quantity, every weight",
    peer: "TRL",
    file: "test/contract/ppo.test.ts",
    tests: /computes what TRL/,
  },
  {
    check: "autoencoder steps: losses, L0, weights",
    peer: "PyTorch",
    file: "src/sae/layer-trainer.test.ts",
    tests: /agree with PyTorch/,
  },
  { check: "bootstrap intervals", peer: "SciPy", file: "test/contract/statistics.test.ts", tests: /intervals over/ },
  { check: "tau-b and p", peer: "SciPy", file: "test/contract/statistics.test.ts", tests: /tau-b and p/ },
  { check: "least squares", peer: "SciPy", file: "test/contract/statistics.test.ts", tests: /least squares/ },
  { check: "ridge", peer: "scikit-learn", file: "test/contract/statistics.test.ts", tests: /ridge/ },
  { check: "assignment", peer: "SciPy", file: "test/contract/statistics.test.ts", tests: /assignment/ },
];

/** For every row the comparison that comes nearest to its bound; a row without one has failed. */
export async function compareOurOutput(work: string, log: (line: string) => void): Promise<Row[]> {
  log("our output against the records");
  const differences = join(work, "differences.jsonl");
  const files = [...new Set(comparisons.map(({ file }) => file))];
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  await runProgram(process.execPath, [vitest, "run", "--root", root, ...files], {
    REWARDSCOPE_DIFFERENCES: differences,
  });
  const noted = (await readFile(differences, "utf8")).trim().split("\n");
  const all = noted.map((line) => JSON.parse(line) as Difference);
  return comparisons.map(({ check, peer, file, tests }) => {
    const own = all.filter((item) => item.file.endsWith(file) && tests.test(item.test));
    const nearest = own.reduce<Difference | undefined>(
      (most, item) => (!most || item.worst / item.bound > most.worst / most.bound ? item : most),
      undefined,
    );
    return { check, peer, worst: nearest?.worst ?? Number.POSITIVE_INFINITY, bound: nearest?.bound ?? 0 };
  });
}
