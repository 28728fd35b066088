import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { testWithExtra } from "../../test/support/extras.js";
import { ConfigError } from "../errors.js";
import { scoreWords, vaderReward } from "./vader.js";

interface Recorded {
  text: string;
  reward: number;
}

const recorded = new URL("../../test/golden/spacy/tokens.json", import.meta.url);

async function largestDifference(cases: readonly Recorded[]): Promise<number> {
  const rewards = await vaderReward()(cases.map(({ text }) => text));
  return Math.max(...cases.map(({ reward }, i) => Math.abs(reward - rewards[i])));
}

describe("vaderReward", () => {
  it("sums the valences of the words, scaled by a fifth", async () => {
    const rewards = await vaderReward()(["A GOOD film, not bad!", "A film.", ""]);
    expect(rewards[0]).toBeCloseTo((1.9 - 2.5) / 5, 12);
    expect(rewards.slice(1)).toEqual([0, 0]);
  });

  it("clips on both sides", async () => {
    expect(await vaderReward()(["great ".repeat(99), "horrible ".repeat(99)])).toEqual([10, -10]);
    expect(await vaderReward({ clip: 1 })(["great great"])).toEqual([1]);
    expect((await vaderReward({ clip: Infinity })(["great ".repeat(100)]))[0]).toBeCloseTo(62, 9);
  });

  it("takes another lexicon and scale", async () => {
    const lexicon = new Map([["film", 3]]);
    expect(await vaderReward({ lexicon, scale: 0.5 })(["good Film, film"])).toEqual([3]);
  });

  it("names every wrong option", () => {
    expect(() => vaderReward({ scale: Number.NaN, clip: 0 })).toThrow(ConfigError);
    expect(() => vaderReward({ scale: Number.NaN, clip: 0 })).toThrow(
      /scale: .*NaN\n.*clip: .*positive number, received 0/,
    );
  });

  it("equals the recorded rewards", async () => {
    const { cases } = JSON.parse(readFileSync(recorded, "utf8")) as { cases: Recorded[] };
    expect(cases.filter(({ reward }) => reward !== 0).length).toBeGreaterThan(20);
    expect(await largestDifference(cases)).toBeLessThan(1e-14);
  });

  testWithExtra("golden/spacy/tokens-and-rewards.json.gz", "equals the rewards of 321 reviews", async (reviews) => {
    const cases = JSON.parse(gunzipSync(readFileSync(reviews)).toString()) as Recorded[];
    expect(await largestDifference(cases)).toBeLessThan(1e-14);
  });
});

describe("scoreWords", () => {
  it("gives every word as written, with 0 for words outside the lexicon", () => {
    expect(scoreWords("Not GOOD :)")).toEqual([
      { word: "Not", valence: 0 },
      { word: "GOOD", valence: 1.9 },
      { word: ":)", valence: 2 },
    ]);
  });
});
