/** The scripts under test/golden, run again in a copy, and what they write compared with what is recorded. */
import { existsSync } from "node:fs";
import { cp, readdir } from "node:fs/promises";
import { join } from "node:path";
import { compareFiles } from "./compare-records.js";
import { type Environment, pythonOf, runProgram } from "./environments.js";
import type { Row } from "./table.js";

export const golden = join(import.meta.dirname, "../golden");
/** Reviews that are not part of this repository; what is recorded of them is digests. */
const reviews = join(import.meta.dirname, "../../../shared/data/imdb/plain_text/test-00000-of-00001.parquet");

interface Script {
  script: string;
  environment: Environment;
  /** The library whose numbers these are. */
  peer: string;
  arguments?: (folder: string) => string[];
  /** What a record may differ by between machines. */
  bound: number;
}

const scripts: readonly Script[] = [
  { script: "models/record.py", environment: "modern", peer: "transformers", bound: 1e-4 },
  { script: "models/record_given.py", environment: "modern", peer: "transformers", bound: 1e-4 },
  { script: "models/record_hooks.py", environment: "modern", peer: "transformers", bound: 1e-4 },
  { script: "models/record_distilbert.py", environment: "modern", peer: "transformers", bound: 1e-4 },
  { script: "classifiers/record.py", environment: "modern", peer: "transformers", bound: 1e-4 },
  { script: "activations/record.py", environment: "modern", peer: "transformers", bound: 1e-5 },
  { script: "tokenizer/record.py", environment: "modern", peer: "tokenizers", bound: 0 },
  { script: "tokenizer/record_roberta.py", environment: "modern", peer: "transformers", bound: 0 },
  { script: "ppo-trl-0.7.7/record.py", environment: "trl", peer: "TRL", bound: 1e-4 },
  { script: "sae/record.py", environment: "modern", peer: "PyTorch", bound: 1e-5 },
  { script: "adam/record.py", environment: "modern", peer: "PyTorch", bound: 1e-6 },
  { script: "safetensors/record.py", environment: "modern", peer: "safetensors", bound: 0 },
  { script: "implicit-reward/record.py", environment: "modern", peer: "NumPy", bound: 1e-12 },
  { script: "stats/record.py", environment: "modern", peer: "SciPy, NumPy", bound: 1e-9 },
  {
    script: "stats/record_hard.py",
    environment: "modern",
    peer: "SciPy, scikit-learn",
    arguments: (folder) => [join(folder, "hard.json")],
    bound: 1e-6,
  },
  {
    script: "spacy/record_tokens.py",
    environment: "modern",
    peer: "spaCy, vaderSentiment",
    arguments: (folder) => [join(folder, "tokens.json")],
    bound: 0,
  },
  {
    script: "spacy/record_torture.py",
    environment: "modern",
    peer: "spaCy",
    arguments: (folder) => [join(folder, "torture.json.gz")],
    bound: 0,
  },
  {
    script: "spacy/record_reviews.py",
    environment: "modern",
    peer: "spaCy",
    arguments: (folder) => [reviews, join(folder, "reviews.json")],
    bound: 0,
  },
];

/** Data and weights of a folder, not its scripts. */
async function recordsOf(folder: string): Promise<string[]> {
  const files = await readdir(folder, { recursive: true });
  return files.filter((name) => /\.(json|json\.gz|safetensors)$/.test(name)).sort();
}

/** One row per script: the worst difference between what it writes now and what is recorded. */
export async function recomputeRecords(work: string, log: (line: string) => void): Promise<Row[]> {
  const copies = join(work, "golden");
  await cp(golden, copies, { recursive: true });
  const rows: Row[] = [];
  for (const { script, environment, peer, arguments: given, bound } of scripts) {
    const check = `record ${script}`;
    const folder = join(copies, script, "..");
    if (script.includes("reviews") && !existsSync(reviews)) {
      rows.push({ check, peer, skipped: `no reviews at ${reviews}` });
      continue;
    }
    log(check);
    await runProgram(await pythonOf(environment, log), [join(copies, script), ...(given?.(folder) ?? [])]);
    let worst = 0;
    for (const file of await recordsOf(folder)) {
      const kept = join(golden, script, "..", file);
      worst = Math.max(
        worst,
        existsSync(kept) ? await compareFiles(join(folder, file), kept) : Number.POSITIVE_INFINITY,
      );
    }
    rows.push({ check, peer, worst, bound });
  }
  return rows;
}
