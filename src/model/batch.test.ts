import { expect, test } from "vitest";
import { RewardscopeError, ShapeError } from "../errors.js";
import { intTensor, lastRows, MASKED, padLeft, passFeeds } from "./batch.js";
import type { ModelConfig } from "./language-model.js";

const config = { vocabSize: 10, maxPositions: 4 } as ModelConfig;

test("rows of different length are padded on the left", () => {
  const batch = padLeft({ inputIds: [[1, 2, 3], [4]] }, config);
  expect(batch).toMatchObject({ batch: 2, length: 3 });
  expect([...batch.ids]).toEqual([1, 2, 3, 0, 0, 4]);
  expect([...batch.mask]).toEqual([1, 1, 1, 0, 0, 1]);
});

test("a mask that is given is padded too", () => {
  const { mask } = padLeft(
    {
      inputIds: [
        [1, 2, 3],
        [4, 5],
      ],
      attentionMask: [
        [0, 1, 1],
        [0, 1],
      ],
    },
    config,
  );
  expect([...mask]).toEqual([0, 1, 1, 0, 0, 1]);
});

test("what does not fit is refused", () => {
  expect(() => padLeft({ inputIds: [] }, config)).toThrow("expected rows with at least one token, received no rows");
  expect(() => padLeft({ inputIds: [[1], []] }, config)).toThrow("received an empty row");
  expect(() => padLeft({ inputIds: [[1], []] }, config)).toThrow(ShapeError);
  expect(() => padLeft({ inputIds: [[1, 2, 3, 4, 5]] }, config)).toThrow(
    "a row has 5 tokens, the model has positions for 4",
  );
  expect(() => padLeft({ inputIds: [[10]] }, config)).toThrow("token id 10 is outside the vocabulary of 10");
  expect(() => padLeft({ inputIds: [[Number.NaN]] }, config)).toThrow(RewardscopeError);
  expect(() => padLeft({ inputIds: [[1, 2]], attentionMask: [[1]] }, config)).toThrow(
    "attentionMask: row 0 has 1 entries, inputIds has 2",
  );
  expect(() => padLeft({ inputIds: [[1], [2]], attentionMask: [[1]] }, config)).toThrow(
    "attentionMask: expected 2 rows, received 1",
  );
  expect(() => padLeft({ inputIds: [[1, 2]], attentionMask: [[1, 2]] }, config)).toThrow(
    "attentionMask: expected 0 or 1, received 2",
  );
});

test("alternatives take one place, and every row needs them all", () => {
  expect(padLeft({ inputIds: [[1, 2, 3, 4, 5]] }, config, 2).length).toBe(5);
  expect(() => padLeft({ inputIds: [[1, 2, 3, 4, 5, 6]] }, config, 2)).toThrow(
    "a row has 5 tokens, the model has positions for 4",
  );
  expect(() => padLeft({ inputIds: [[1]] }, config, 2)).toThrow("at least the 2 alternatives");
});

test("positions count real tokens; a query looks at real keys up to itself", () => {
  const feeds = passFeeds(2, 3, Int32Array.of(1, 2, 3, 0, 0, 4), Uint8Array.of(1, 1, 1, 0, 0, 1));
  expect(feeds.ids).toEqual(intTensor([2, 3], [1, 2, 3, 0, 0, 4]));
  expect(feeds.positions).toEqual(intTensor([2, 3], [0, 1, 2, 0, 0, 0]));
  expect(feeds.keyMask).toEqual({ dims: [2, 3], data: Float32Array.of(0, 0, 0, MASKED, MASKED, 0) });
  expect(feeds.causalMask).toEqual({ dims: [3, 3], data: Float32Array.of(0, MASKED, MASKED, 0, 0, MASKED, 0, 0, 0) });
});

test("alternatives stand in one place, and none sees another", () => {
  const feeds = passFeeds(2, 4, Int32Array.of(1, 2, 3, 4, 0, 5, 6, 7), Uint8Array.of(1, 1, 1, 1, 0, 1, 1, 1), {
    alternatives: 2,
  });
  expect(feeds.positions).toEqual(intTensor([2, 4], [0, 1, 2, 2, 0, 0, 1, 1]));
  const [o, x] = [0, MASKED];
  const seen = [o, x, x, x, o, o, x, x, o, o, o, x, o, o, x, o];
  expect(feeds.causalMask).toEqual({ dims: [4, 4], data: Float32Array.from(seen) });
});

test("with cached keys the pass is over the positions after them", () => {
  const feeds = passFeeds(2, 1, Int32Array.of(7, 8), Uint8Array.of(1, 1, 1, 1, 0, 0, 0, 1, 1, 0), { past: 3 });
  expect(feeds.positions).toEqual(intTensor([2, 1], [3, 1]));
  expect(feeds.causalMask).toEqual({ dims: [1, 5], data: Float32Array.of(0, 0, 0, 0, MASKED) });
  const keyMask = Float32Array.of(0, 0, 0, 0, MASKED, MASKED, MASKED, 0, 0, MASKED);
  expect(feeds.keyMask).toEqual({ dims: [2, 5], data: keyMask });
});

test("the last row of each text", () => {
  expect(lastRows(3, 4)).toEqual(intTensor([3], [3, 7, 11]));
});
