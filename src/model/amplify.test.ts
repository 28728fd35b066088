import { afterAll, expect, test } from "vitest";
import { tinyModel } from "../../test/support/tiny-models.js";
import { amplifiedLogits } from "./amplify.js";
import { ownLogits, sampleByLogits } from "./sample-by-logits.js";

const [model, reference] = [
  await tinyModel({ initializerRange: 0.3 }),
  await tinyModel({ initializerRange: 0.3 }, { seed: 2 }),
];
afterAll(() => Promise.all([model.dispose(), reference.dispose()]));
const prompt = [1, 2, 3];
const logits = (amplification: number) => amplifiedLogits(ownLogits(model), ownLogits(reference), amplification);
const options = { maxNewTokens: 12, stopTokens: [] };

test("amplification 0 is the model itself, -1 the reference, with the random numbers of generate", async () => {
  for (const temperature of [0, 1]) {
    const own = await model.generate([prompt], { ...options, temperature, seed: 5 });
    const other = await reference.generate([prompt], { ...options, temperature, seed: 5 });
    const amplified = (amplification: number) =>
      sampleByLogits(logits(amplification), prompt, { ...options, temperature, seed: 5 });
    expect(await amplified(0)).toEqual(own[0]);
    expect(await amplified(-1)).toEqual(other[0]);
  }
});

test("greedy tokens are those of the amplified logits", async () => {
  const row = await sampleByLogits(logits(2), prompt, { ...options, temperature: 0 });
  const [own, other] = await Promise.all(
    [model, reference].map((one) => one.forward({ inputIds: [row.slice(0, -1)] })),
  );
  const vocab = model.config.vocabSize;
  for (let at = prompt.length - 1; at < row.length - 1; at++) {
    const logits = Array.from({ length: vocab }, (_, id) => {
      const [a, b] = [own, other].map(({ logits: { data } }) => data[at * vocab + id]);
      return a + 2 * (a - b);
    });
    expect(logits[row[at + 1]]).toBeCloseTo(Math.max(...logits), 4);
  }
});

test("infinite amplification is refused", () => {
  expect(() => logits(Infinity)).toThrow(/amplification: expected a finite number, received Infinity/);
});
