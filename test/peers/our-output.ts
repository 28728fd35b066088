/** The ordinary tests that compare us with the records, run once more to tell by how much we differ at worst. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Difference } from "../support/expect-close.js";
import { runProgram } from "./environments.js";
import type { Row } from "./table.js";

const root = join(import.meta.dirname, "../..");

/** A row of the table: the tests of a file whose names match, and whose numbers they are compared with. */
interface Comparison {
  readonly check: string;
  readonly peer: string;
  readonly file: string;
  readonly tests: RegExp;
}

const comparisons: readonly Comparison[] = [
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
  {
    check: "codes and reconstructions of given dictionaries",
    peer: "sae-lens, dictionary_learning",
    file: "src/sae/given/given-dictionary.test.ts",
    tests: /are those of the library/,
  },
  {
    check: "weights with an adapter merged",
    peer: "peft",
    file: "src/model/adapter/adapter.test.ts",
    tests: /weights that peft merges|as GPT-2/,
  },
  { check: "bootstrap intervals", peer: "SciPy", file: "test/contract/statistics.test.ts", tests: /intervals over/ },
  { check: "tau-b and p", peer: "SciPy", file: "test/contract/statistics.test.ts", tests: /tau-b and p/ },
  { check: "least squares", peer: "SciPy", file: "test/contract/statistics.test.ts", tests: /least squares/ },
  { check: "ridge", peer: "scikit-learn", file: "test/contract/statistics.test.ts", tests: /ridge/ },
  { check: "assignment", peer: "SciPy", file: "test/contract/statistics.test.ts", tests: /assignment/ },
];

/** What our own tests say that needs no number: whether they passed. */
const equalities: readonly Comparison[] = [
  {
    check: "every scalar and text of the event file",
    peer: "tensorboard",
    file: "src/export/exports.test.ts",
    tests: /TensorBoard reads/,
  },
  { check: "every row of the tables", peer: "pandas", file: "src/export/exports.test.ts", tests: /pandas reads/ },
  {
    check: "every table of the dataset",
    peer: "datasets",
    file: "src/export/exports.test.ts",
    tests: /datasets opens/,
  },
  {
    check: "features of the dashboards",
    peer: "SAEDashboard",
    file: "src/export/exports.test.ts",
    tests: /SAEDashboard reads/,
  },
  {
    check: "activations, tokens, explanations",
    peer: "delphi",
    file: "src/export/exports.test.ts",
    tests: /delphi reads/,
  },
];

/** What vitest's reporter of JSON says. */
interface Reported {
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

/**
 * For every row the comparison that comes nearest to its bound. A row without one has failed, and one with a test that did not pass.
 */
export async function compareOurOutput(work: string, log: (line: string) => void): Promise<Row[]> {
  log("our output against the records");
  const [differences, report] = [join(work, "differences.jsonl"), join(work, "our-output.json")];
  const files = [...new Set([...comparisons, ...equalities].map(({ file }) => file))];
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  // Slow is not different.
  const told = ["--reporter", "json", "--outputFile", report, "--testTimeout", "0"];
  await runProgram(process.execPath, [vitest, "run", "--root", root, ...told, ...files], {
    REWARDSCOPE_DIFFERENCES: differences,
  }).catch((error: Error) => log(error.message));
  const { testResults } = JSON.parse(await readFile(report, "utf8")) as Reported;
  const noted = (await readFile(differences, "utf8")).trim().split("\n");
  const all = noted.map((line) => JSON.parse(line) as Difference);
  const didPass = ({ file, tests }: Comparison): boolean => {
    const own = testResults
      .filter(({ name }) => name.endsWith(file))
      .flatMap(({ assertionResults }) => assertionResults)
      .filter(({ fullName }) => tests.test(fullName));
    return own.length > 0 && own.every(({ status }) => status === "passed");
  };
  const numbers = comparisons.map((comparison): Row => {
    const { check, peer, file, tests } = comparison;
    const own = all.filter((item) => item.file.endsWith(file) && tests.test(item.test));
    const nearest = own.reduce<Difference | undefined>(
      (most, item) => (!most || item.worst / item.bound > most.worst / most.bound ? item : most),
      undefined,
    );
    const worst = nearest && didPass(comparison) ? nearest.worst : Number.POSITIVE_INFINITY;
    return { check, peer, worst, bound: nearest?.bound ?? 0 };
  });
  const equal = equalities.map((comparison): Row => {
    const { check, peer } = comparison;
    return { check, peer, worst: didPass(comparison) ? 0 : Number.POSITIVE_INFINITY, bound: 0 };
  });
  return [...numbers, ...equal];
}
