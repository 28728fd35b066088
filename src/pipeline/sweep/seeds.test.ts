import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FormatError } from "../../errors.js";
import { readJson } from "../../io/atomic.js";
import { type Results, writeResults } from "../../results/results.js";
import { Autoencoder } from "../../sae/autoencoder.js";
import { saveAutoencoder } from "../../sae/saelens-folder.js";
import { dictionaryFolder } from "../stages/files/dictionary-files.js";
import { aggregateSeeds, seedFolder } from "./seeds.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "seeds-"));
});
afterEach(() => rm(folder, { recursive: true }));

const chose = (chosen: number[]): Results => ({
  divergence: { layers: [], others: [], chosen },
  dictionaries: { tokenVisits: 1, l1Coef: 0, dictionaries: [], curves: [] },
});

/** A dictionary of two features in the plane. */
async function saveFeatures(seed: number, model: "base" | "tuned", layer: number, features: number[]): Promise<void> {
  const wDec = Float32Array.from(features);
  const weights = {
    ...{ dIn: 2, dSae: 2, wEnc: new Float32Array(4), bEnc: new Float32Array(2), wDec, bDec: new Float32Array(2) },
    applyBDecToInput: false,
  };
  const at = dictionaryFolder(seedFolder(folder, seed), model, layer, "small");
  await saveAutoencoder(new Autoencoder(weights, { layer, tied: true }), at);
}

describe("aggregateSeeds", () => {
  it("compares the dictionaries of every two runs in the layers that both chose, in both directions", async () => {
    await writeResults(seedFolder(folder, 4), chose([1, 2]));
    await writeResults(seedFolder(folder, 9), chose([2, 3]));
    await writeResults(seedFolder(folder, 5), {
      triples: {
        ...{ triples: 2, distinctPositives: 1, distinctNegatives: 1, distinctNeutrals: 1 },
        ...{ largestNegativeShare: 0.5, largestNeutralShare: 0.5, samples: [] },
      },
    });
    // There: 1 finds 1, (0.6, 0.8) finds 0.8; mean 0.9. Back: 1 and 0.8 in turn, but both of the
    // second's are (1, 0).
    await saveFeatures(4, "base", 2, [1, 0, 0.6, 0.8]);
    await saveFeatures(9, "base", 2, [1, 0, 0, 1]);
    await saveFeatures(4, "tuned", 2, [1, 0, 0, 1]);
    await saveFeatures(9, "tuned", 2, [2, 0, 3, 0]);
    const results = await aggregateSeeds(folder, [4, 9, 5]);
    expect(results.dictionaryMatches).toEqual([
      { model: "base", layer: 2, seeds: [4, 9], mmcs: expect.closeTo(0.9, 6), randomMmcs: expect.any(Number) },
      {
        model: "tuned",
        layer: 2,
        seeds: [4, 9],
        mmcs: expect.closeTo((0.5 + 1) / 2, 6),
        randomMmcs: expect.any(Number),
      },
    ]);
    for (const { randomMmcs } of results.dictionaryMatches) {
      expect(randomMmcs).toBeGreaterThan(0);
      expect(randomMmcs).toBeLessThan(1);
    }
    expect(results.chosenLayers).toEqual([[1, 2], [2, 3], null]);
    expect(results.figures.find(({ path }) => path[1] === "triples")?.values).toEqual([null, null, 2]);
    expect(await readJson(join(folder, "seeds.json"))).toEqual(results);
    expect(await aggregateSeeds(folder, [4, 9, 5])).toEqual(results);
  });

  it("names a dictionary that is missing", async () => {
    for (const seed of [1, 2]) await writeResults(seedFolder(folder, seed), chose([0]));
    await expect(aggregateSeeds(folder, [1, 2])).rejects.toThrow(FormatError);
    await expect(aggregateSeeds(folder, [1, 2])).rejects.toThrow(/seed-[12].*blocks\.0/);
  });
});
