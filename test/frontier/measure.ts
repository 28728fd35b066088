/** What is measured of the dictionaries of one training. */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { nearestFeatures } from "../../src/compare/index.js";
import { readJson } from "../../src/io/atomic.js";
import type { CausalLm } from "../../src/model/causal-lm.js";
import { Rng } from "../../src/rng.js";
import { loadGivenDictionary, measureQuality } from "../../src/sae/index.js";
import { ReconstructionSums } from "../../src/sae/reconstruction-sums.js";
import type { MeasuredDetection } from "./detection.js";
import { pursuedVariance } from "./orthogonal-matching-pursuit.js";
import type { Recipe } from "./recipes.js";
import type { SaeLensRecipe } from "./sae-lens.js";
import type { StoredActivations } from "./stored-activations.js";

/** Texts on which the loss is measured, with a pass of the model for each dictionary. */
const LOSS_TEXTS = 32;
/** Held-out tokens of the pursuit, drawn at random. */
const PURSUED_TOKENS = 300;

export interface MeasuredDictionary {
  name: string;
  dSae: number;
  l0: number;
  explainedVariance: number;
  lossRecovered: number;
  /** Share of features that are active on no held-out token. */
  dead: number;
  /** Explained variance of orthogonal matching pursuit with as many directions as L0, rounded. */
  pursued: number;
}

/** The dictionaries of one cell, as they lie in its folder. */
export interface MeasuredCell {
  recipe: string;
  visits: number;
  seed: number;
  cpuSeconds: number;
  measured: MeasuredDictionary[];
  /** By the dictionary's name; undefined where it was not measured. */
  detection?: Record<string, MeasuredDetection>;
}

/** Several seeds of one way of training and one number of visits. */
export interface MeasuredGroup {
  recipe: Recipe | SaeLensRecipe;
  visits: number;
  cells: MeasuredCell[];
  /** MMCS of the small dictionary in the large one, one per seed. */
  smallInLarge: number[];
  /** By the dictionary's name: MMCS between every two seeds, both ways. */
  betweenSeeds: Record<string, number[]>;
  /** By the dictionary's name: the same of random directions. */
  random: Record<string, number>;
}

export async function measure(
  folder: string,
  names: readonly string[],
  known: { model: CausalLm; heldOut: StoredActivations; texts: readonly (readonly number[])[]; signal: AbortSignal },
): Promise<MeasuredDictionary[]> {
  const { model, heldOut, texts, signal } = known;
  const autoencoders = await Promise.all(
    names.map((name) => loadGivenDictionary(join(folder, name), known.heldOut.layer)),
  );
  const quality = await measureQuality(model, autoencoders, texts.slice(0, LOSS_TEXTS), { signal });
  const { x } = heldOut;
  const width = x.dims[1];
  const rows = Rng.fromSeed(0, "pursuit").sample(x.dims[0], PURSUED_TOKENS);
  const drawn = new Float32Array(rows.length * width);
  rows.forEach((row, i) => {
    drawn.set(x.data.subarray(row * width, (row + 1) * width), i * width);
  });
  const measured: MeasuredDictionary[] = [];
  for (const [i, autoencoder] of autoencoders.entries()) {
    const { dSae } = autoencoder;
    const codes = await autoencoder.encode(x);
    const sums = new ReconstructionSums(width, dSae);
    sums.add(x, codes, await autoencoder.decode(codes));
    const { l0, explainedVariance, deadFeatures } = sums.quality();
    measured.push({
      ...{ name: names[i], dSae, l0, explainedVariance, lossRecovered: quality[i].lossRecovered },
      dead: deadFeatures / dSae,
      pursued: pursuedVariance(autoencoder, { dims: [rows.length, width], data: drawn }, Math.round(l0)),
    });
  }
  return measured;
}

/** All cells that are measured, by recipe and visits, in the order of the recipes. */
export async function readMeasured(
  folder: string,
  recipes: readonly MeasuredGroup["recipe"][],
  layer: number,
): Promise<MeasuredGroup[]> {
  const cells: { cell: MeasuredCell; folder: string }[] = [];
  for (const entry of await readdir(folder)) {
    const [file, scores] = ["measured.json", "detection.json"].map((name) => join(folder, entry, name));
    if (!existsSync(file)) continue;
    const cell = (await readJson(file)) as MeasuredCell;
    const detected = existsSync(scores) ? ((await readJson(scores)) as Pick<MeasuredCell, "detection">) : {};
    cells.push({ cell: { ...cell, detection: detected.detection }, folder: join(folder, entry) });
  }
  const groups: MeasuredGroup[] = [];
  const visits = [...new Set(cells.map(({ cell }) => cell.visits))].sort((a, b) => a - b);
  for (const budget of visits)
    for (const recipe of recipes) {
      const own = cells.filter(({ cell }) => cell.visits === budget && cell.recipe === recipe.name);
      if (own.length > 0)
        groups.push(
          await groupOf(
            recipe,
            budget,
            own.toSorted((a, b) => a.cell.seed - b.cell.seed),
            layer,
          ),
        );
    }
  return groups;
}

async function groupOf(
  recipe: MeasuredGroup["recipe"],
  visits: number,
  own: readonly { cell: MeasuredCell; folder: string }[],
  layer: number,
): Promise<MeasuredGroup> {
  const names = own[0].cell.measured.map(({ name }) => name);
  const loaded = await Promise.all(
    own.map(
      async ({ folder }) =>
        new Map(
          await Promise.all(
            names.map(async (name) => [name, await loadGivenDictionary(join(folder, name), layer)] as const),
          ),
        ),
    ),
  );
  const between = (name: string) =>
    loaded.flatMap((from) =>
      loaded.flatMap((to) => (from === to ? [] : [nearestFeatures(from.get(name)!, to.get(name)!).mmcs])),
    );
  const random = (name: string) => {
    const draw = (which: string) => {
      const rng = Rng.fromSeed(0, "random dictionary", which);
      const given = loaded[0].get(name)!;
      return { ...given, applyBDecToInput: false, wDec: given.wDec.map(() => rng.normal()) };
    };
    return nearestFeatures(draw("from"), draw("to")).mmcs;
  };
  return {
    ...{ recipe, visits, cells: own.map(({ cell }) => cell) },
    smallInLarge: loaded.map((one) => nearestFeatures(one.get("small")!, one.get("large")!).mmcs),
    betweenSeeds: Object.fromEntries(names.map((name) => [name, between(name)])),
    random: Object.fromEntries(names.map((name) => [name, random(name)])),
  };
}
