import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { evidenceOf } from "../../../../test/support/evidence.js";
import { evidenceHalves, readDensities, readEvidence, writeDensities, writeEvidence } from "./evidence-file.js";

test("no text is in both halves, and none is lost", () => {
  const texts = [[1], [2, 2], [3], [4], [5]];
  expect(evidenceHalves(texts)).toEqual([
    ["explaining", [[1], [3], [5]]],
    ["scoring", [[2, 2], [4]]],
  ]);
  expect(() => evidenceHalves([[1, 2]])).toThrow(
    "expected at least 2, one half to explain features and one to score explanations, received 1",
  );
});

test("evidence and densities come back as they were", async () => {
  const folder = await mkdtemp(join(tmpdir(), "rewardscope-"));
  try {
    const evidence = await evidenceOf([[7, 8, 9], [8]], [(token) => (token === 8 ? 0.5 : 0), () => 0], 4);
    await writeEvidence(folder, "tuned", "scoring", evidence);
    const read = await readEvidence(folder, "tuned", "scoring");
    expect(read).toEqual(evidence);
    expect([...read[0].positions]).toEqual([1, 3]);
    await expect(readEvidence(folder, "tuned", "explaining")).rejects.toThrow("tuned.explaining.safetensors");
    await writeDensities(folder, "tuned", new Map([[4, Float64Array.of(0.5, 0)]]));
    expect([...(await readDensities(folder, "tuned", 4))]).toEqual([0.5, 0]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
