import { describe, expect, it } from "vitest";
import { fakeModel } from "../../../test/support/fake-language-model.js";
import { type LayerEncoder, rawActivations } from "../evidence/codes.js";
import { sentimentDeltas } from "./deltas.js";

/** The activation at a token is (token, layer x token); the dictionaries are identities. */
const model = fakeModel({
  vocabSize: 50,
  dModel: 2,
  mlpOutput: (layer, tokens) => [tokens.at(-1)!, layer * tokens.at(-1)!],
});
const identity = (layer: number): LayerEncoder => ({ layer, dSae: 2, encode: async (x) => x });
const word = (token: number) => ({ token, word: `w${token}` });

describe("sentimentDeltas", () => {
  it("sums distances to the neutral word over layers and negates the negative side once", async () => {
    const triples = [
      { text: 0, context: [1, 2, 3], positive: word(9), neutral: word(5), negative: word(2) },
      { text: 1, context: [4], positive: word(7), neutral: word(7), negative: word(8) },
    ];
    const { ofCodes, ofAlsoRead } = await sentimentDeltas(model, [identity(0), identity(1)], triples, {
      batchSize: 1,
      alsoRead: [rawActivations(1, 2)],
    });
    const { rows, codes, inputs } = ofCodes;
    expect(inputs).toBe(4);
    // Per unit of token difference: 1 in layer 0, sqrt(2) in layer 1.
    const unit = 1 + Math.SQRT2;
    expect(rows.map(({ triple, word, sign }) => [triple, word, sign])).toEqual([
      [0, "w9", 1],
      [0, "w2", -1],
      [1, "w7", 1],
      [1, "w8", -1],
    ]);
    for (const [i, expected] of [4 * unit, -3 * unit, 0, -unit].entries())
      expect(rows[i].delta).toBeCloseTo(expected, 6);
    expect([...codes]).toEqual([9, 0, 9, 9, 2, 0, 2, 2, 7, 0, 7, 7, 8, 0, 8, 8]);
    expect(ofAlsoRead.rows).toBe(rows);
    expect([...ofAlsoRead.codes]).toEqual([9, 9, 2, 2, 7, 7, 8, 8]);
  });
});
