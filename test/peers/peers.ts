/**
 * Computes every recorded result afresh with the libraries themselves, and compares it with the record and with our output:
 * `npm run test:peers`. See CONTRIBUTING.md.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadLexicon } from "../../src/text/lexicon.js";
import { tokenizeWords } from "../../src/text/word-tokenizer.js";
import { type Environment, pythonOf, runProgram } from "./environments.js";
import { openGivenDictionaries } from "./given-dictionaries.js";
import { executeNotebooks } from "./notebooks.js";
import { compareOurOutput } from "./our-output.js";
import { repeatPpoBatches } from "./ppo-batches.js";
import { golden, recomputeRecords } from "./records.js";
import { failed, formatTable, orFailed, type Row } from "./table.js";
import { compareTrackers } from "./trackers.js";

/** Random texts of the comparison with spaCy, other ones than those recorded. */
const FUZZ = { seed: 20, count: 20_000 };

const log = (line: string): void => console.error(line);
const here = (name: string): string => join(import.meta.dirname, name);

/** What a script prints: a name and its worst difference each. */
async function loadExports(
  environment: Environment,
  peer: string,
  script: string,
  folder: string,
  bound: number,
): Promise<Row[]> {
  log(`${script} in ${peer}`);
  const output = await runProgram(await pythonOf(environment, log), [here(script), folder]);
  const worst = JSON.parse(output.trim().split("\n").at(-1)!) as Record<string, number>;
  return Object.entries(worst).map(([name, value]) => ({ check: `export ${name}`, peer, worst: value, bound }));
}

async function exports(work: string): Promise<Row[]> {
  const folder = join(work, "exports");
  log("exports");
  await runProgram(process.execPath, ["--import", "tsx", here("exports.ts"), folder]);
  const [models, autoencoders] = [join(folder, "models"), join(folder, "autoencoders")];
  return [
    ...(await loadExports("modern", "transformers 5", "load_models.py", models, 1e-4)),
    ...(await loadExports("trl", "transformers 4", "load_models.py", models, 1e-4)),
    ...(await loadExports("formats", "sae-lens", "load_autoencoders.py", autoencoders, 1e-5)),
  ];
}

async function fuzzTokens(work: string): Promise<Row> {
  log("random texts in spaCy");
  const file = join(work, "fuzz.json");
  const script = join(golden, "spacy/record_torture.py");
  const { seed, count } = FUZZ;
  await runProgram(await pythonOf("modern", log), [here("fuzz_tokens.py"), script, `${seed}`, `${count}`, file]);
  const cases = JSON.parse(await readFile(file, "utf8")) as string[][];
  const wrong = cases.filter(([text, ...tokens]) => JSON.stringify(tokenizeWords(text)) !== JSON.stringify(tokens));
  for (const [text] of wrong.slice(0, 5)) log(`other words than spaCy's: ${JSON.stringify(text)}`);
  return { check: `words of ${count} random texts: texts that differ`, peer: "spaCy", worst: wrong.length, bound: 0 };
}

async function compareLexicon(): Promise<Row> {
  const theirs = Object.entries(
    JSON.parse(await runProgram(await pythonOf("modern", log), [here("lexicon.py")])) as Record<string, number>,
  );
  const ours = loadLexicon();
  const wrong = theirs.filter(([word, value]) => ours.get(word) !== value).length + Math.abs(ours.size - theirs.length);
  return {
    check: `values of ${theirs.length} words: words that differ`,
    peer: "vaderSentiment",
    worst: wrong,
    bound: 0,
  };
}

/** Everything that is compared; a comparison that ends with an error is a failed row, and the others go on. */
const comparisons: readonly [check: string, peer: string, compare: (work: string) => Promise<Row | Row[]>][] = [
  ["our output", "all", (work) => compareOurOutput(work, log)],
  ["given dictionaries", "sae-lens, dictionary_learning", (work) => openGivenDictionaries(work, log)],
  ["two PPO batches", "TRL", (work) => repeatPpoBatches(work, log)],
  ["random texts", "spaCy", fuzzTokens],
  ["lexicon", "vaderSentiment", compareLexicon],
  ["exports", "transformers, sae-lens", exports],
  ["notebooks", "pandas, SciPy, Matplotlib", (work) => executeNotebooks(work, log)],
  ["trackers", "tensorboard, mlflow, trackio", (work) => compareTrackers(work, log)],
];

const begun = performance.now();
const work = await mkdtemp(join(tmpdir(), "rewardscope-peers-"));
try {
  const rows = await recomputeRecords(work, log);
  for (const [check, peer, compare] of comparisons)
    rows.push(...(await orFailed(check, peer, () => compare(work), log)));
  console.log(formatTable(rows));
  const failures = rows.filter(failed).length;
  const skipped = rows.filter((row) => "skipped" in row).length;
  const minutes = ((performance.now() - begun) / 60_000).toFixed(1);
  console.log(`${rows.length - failures - skipped} passed, ${failures} failed, ${skipped} skipped in ${minutes} min`);
  process.exitCode = failures > 0 ? 1 : 0;
} finally {
  await rm(work, { recursive: true });
}
