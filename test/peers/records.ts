/** The scripts under test/golden, run again in a copy, and what they write compared with what is recorded. */
import { existsSync } from "node:fs";
import { cp, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { compareFiles } from "./compare-records.js";
import { type Environment, pythonOf, runProgram } from "./environments.js";
import { orFailed, type Row } from "./table.js";

export const golden = join(import.meta.dirname, "../golden");
/** Reviews that are not part of this repository; what is recorded of them is digests. */
const reviews = join(import.meta.dirname, "../../../shared/data/imdb/plain_text/test-00000-of-00001.parquet");

interface Script {
  script: string;
  environment: Environment;
  /** The library whose numbers these are. */
  peer: string;
  /** Our program beside the script that first writes what it reads, into `written`. */
  writer?: string;
  arguments?: (folder: string, written: string) => string[];
  /** What a record may differ by between machines. */
  bound: number;
}

/** Every script under test/golden; what is not in this table would be a record that nobody makes again. */
export const scripts: readonly Script[] = [
  { script: "models/record.py", environment: "modern", peer: "transformers", bound: 1e-4 },
  { script: "models/record_families.py", environment: "modern", peer: "transformers", bound: 1e-4 },
  { script: "models/record_given.py", environment: "modern", peer: "transformers", bound: 1e-4 },
  { script: "models/record_hooks.py", environment: "modern", peer: "transformers", bound: 1e-4 },
  { script: "models/record_distilbert.py", environment: "modern", peer: "transformers", bound: 1e-4 },
  { script: "classifiers/record.py", environment: "modern", peer: "transformers", bound: 1e-4 },
  { script: "adapters/record.py", environment: "modern", peer: "peft", bound: 1e-6 },
  { script: "activations/record.py", environment: "modern", peer: "transformers", bound: 1e-5 },
  { script: "tokenizer/record.py", environment: "modern", peer: "tokenizers", bound: 0 },
  { script: "tokenizer/record_families.py", environment: "modern", peer: "tokenizers", bound: 0 },
  { script: "tokenizer/record_roberta.py", environment: "modern", peer: "transformers", bound: 0 },
  { script: "chat-templates/record.py", environment: "modern", peer: "transformers, Jinja2", bound: 0 },
  { script: "torch/record.py", environment: "modern", peer: "PyTorch", bound: 0 },
  { script: "parquet/record_preferences.py", environment: "modern", peer: "pyarrow", bound: 0 },
  { script: "ppo-trl-0.7.7/record.py", environment: "trl", peer: "TRL", bound: 1e-4 },
  { script: "sae/record.py", environment: "modern", peer: "PyTorch", bound: 1e-5 },
  { script: "dictionaries/record.py", environment: "formats", peer: "sae-lens, dictionary_learning", bound: 1e-5 },
  {
    script: "exports/record.py",
    environment: "formats",
    peer: "tensorboard, pandas, SAEDashboard, neuronpedia",
    writer: "write.ts",
    arguments: (folder, written) => [written, join(folder, "readings.json")],
    bound: 0,
  },
  {
    script: "exports/record_dataset.py",
    environment: "formats",
    peer: "datasets",
    writer: "write.ts",
    arguments: (folder, written) => [join(written, "dataset"), join(folder, "dataset.json")],
    bound: 0,
  },
  {
    script: "exports/record_delphi.py",
    environment: "formats",
    peer: "delphi",
    writer: "write.ts",
    arguments: (folder, written) => [join(written, "delphi"), join(folder, "delphi.json")],
    bound: 0,
  },
  {
    script: "tracking/record.py",
    environment: "formats",
    peer: "tensorboard",
    writer: "write.ts",
    arguments: (folder, written) => [written, join(folder, "readings.json")],
    bound: 0,
  },
  { script: "adam/record.py", environment: "modern", peer: "PyTorch", bound: 1e-6 },
  { script: "safetensors/record.py", environment: "modern", peer: "safetensors", bound: 0 },
  { script: "implicit-reward/record.py", environment: "modern", peer: "NumPy", bound: 1e-12 },
  { script: "ranking/record.py", environment: "modern", peer: "scikit-learn", bound: 1e-12 },
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

/** A format of PyTorch's that holds addresses of memory; the record is there to be refused. */
const neverTheSame = "old.bin";

/** Data and weights of a folder, not its scripts. */
async function recordsOf(folder: string): Promise<string[]> {
  const files = await readdir(folder, { recursive: true });
  const isRecord = (name: string) => /\.(json|json\.gz|safetensors|bin|pt|parquet)$/.test(name);
  return files.filter((name) => isRecord(name) && name !== neverTheSame).sort();
}

/** The worst difference between the records of a folder and those that are kept. */
async function worstOf(folder: string, kept: string): Promise<number> {
  let worst = 0;
  for (const file of await recordsOf(folder)) {
    const isKept = existsSync(join(kept, file));
    const difference = isKept ? await compareFiles(join(folder, file), join(kept, file)) : Number.POSITIVE_INFINITY;
    worst = Math.max(worst, difference);
  }
  return worst;
}

/** One row per script: the worst difference between what it writes now and what is recorded. */
export async function recomputeRecords(work: string, log: (line: string) => void): Promise<Row[]> {
  const copies = join(work, "golden");
  await cp(golden, copies, { recursive: true });
  const rows: Row[] = [];
  for (const { script, environment, peer, writer, arguments: given, bound } of scripts) {
    const check = `record ${script}`;
    const folder = join(copies, dirname(script));
    if (script.includes("reviews") && !existsSync(reviews)) {
      rows.push({ check, peer, skipped: `no reviews at ${reviews}` });
      continue;
    }
    log(check);
    const compare = async (): Promise<Row> => {
      const kept = join(golden, dirname(script));
      const written = join(work, "written", dirname(script));
      if (writer && !existsSync(written))
        await runProgram(process.execPath, ["--import", "tsx", join(kept, writer), written]);
      await runProgram(await pythonOf(environment, log), [join(copies, script), ...(given?.(folder, written) ?? [])]);
      return { check, peer, worst: await worstOf(folder, kept), bound };
    };
    rows.push(...(await orFailed(check, peer, compare, log)));
  }
  return rows;
}
