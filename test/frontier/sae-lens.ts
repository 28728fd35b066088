/** Dictionaries that sae-lens trains on the same activations, in Python. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { mlpHookPoint } from "../../src/model/hook-points.js";
import type { StoredActivations } from "./stored-activations.js";

/** A way of sae-lens to train a dictionary: what `train_sae_lens.py` sets; all else is its default. */
export interface SaeLensRecipe {
  readonly name: string;
  readonly words: string;
  readonly saeLens: SaeLensSettings;
}

interface Common {
  readonly lr: number;
  /** Share of the steps at the end over which the rate falls to 0. */
  readonly decay: number;
  /** Steps after which a feature that was not active counts as dead. */
  readonly deadWindow: number;
  /** Batches of which the mean norm is taken, by which activations are divided. */
  readonly normBatches: number;
}

type SaeLensSettings =
  | (Common & { readonly architecture: "batchtopk"; readonly k: number })
  | (Common & {
      readonly architecture: "standard";
      readonly l1: number;
      /** Share of the steps over which the L1 coefficient rises from 0. */
      readonly l1WarmUp: number;
    });

/** The version that is pinned in test/peers/requirements/formats.txt. */
const SAE_LENS = "6.54.12";

/**
 * The tutorial's decay, and the normalisation that it recommends; fewer batches for the norm than 1000, which would be more tokens
 * than there are. Batches are as large as ours: with its default of 4096 tokens, the fewest visits would be 24 steps.
 */
const tutorial = { decay: 0.2, normBatches: 100 } as const;

const chosenBy = "the most explained variance of 1024 features after 0.3 M visits of seed 1, held out";

export const saeLensRecipes: readonly SaeLensRecipe[] = [
  {
    name: "sae-lens-batchtopk",
    words: `batch top-k of sae-lens ${SAE_LENS}; of the rates 3e-4 (default), 1e-3, 3e-3, 1e-2 and, with two of them, a window of 1000 (default) or 100 steps, ${chosenBy}`,
    saeLens: { architecture: "batchtopk", k: 16, lr: 3e-3, deadWindow: 100, ...tutorial },
  },
  {
    name: "sae-lens-standard",
    words: `ReLU of sae-lens ${SAE_LENS}; of L1 coefficients 2 and 5 with rate 1e-3, and 5 with 3e-3, ${chosenBy}`,
    saeLens: { architecture: "standard", l1: 2, l1WarmUp: 0.05, lr: 1e-3, deadWindow: 1000, ...tutorial },
  },
];

/** What both sides' training has in common. */
export interface SharedTraining {
  readonly visits: number;
  readonly seed: number;
  readonly sizes: Readonly<Record<string, number>>;
  readonly buffer: number;
  readonly batchTokens: number;
  readonly batchTexts: number;
}

/**
 * Trains all sizes at once, and saves each in its folder under `folder`.
 * @returns processor seconds of training, without imports and files
 * @throws Error with the end of what Python printed, when it fails
 */
export async function trainWithSaeLens(
  python: string,
  { saeLens }: SaeLensRecipe,
  { layer, edges, file }: StoredActivations,
  { folder, signal, ...shared }: SharedTraining & { folder: string; signal: AbortSignal },
): Promise<number> {
  const job = {
    ...shared,
    version: SAE_LENS,
    settings: saeLens,
    activations: file,
    edges,
    hookName: mlpHookPoint(layer),
    folder,
  };
  const output = await runPython(python, JSON.stringify(job), signal);
  return (JSON.parse(output.trim().split("\n").pop()!) as { cpuSeconds: number }).cpuSeconds;
}

function runPython(python: string, input: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(python, [join(import.meta.dirname, "train_sae_lens.py")], { signal });
    let [output, errors] = ["", ""];
    child.stdout.on("data", (chunk) => {
      output += chunk;
    });
    child.stderr.on("data", (chunk) => {
      errors = (errors + chunk).slice(-3000);
    });
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`train_sae_lens.py ended with ${code}:\n${errors}`));
    });
    child.stdin.end(input);
  });
}
