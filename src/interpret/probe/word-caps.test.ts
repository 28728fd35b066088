import { describe, expect, it } from "vitest";
import { countBy, keepWithinCaps, largestShare, WordCap } from "./word-caps.js";

describe("WordCap", () => {
  it("is 2% of the triples, more where there are too few words, never nothing", () => {
    expect([new WordCap(200, 0.02).of(6602), new WordCap(200, 0.02).of(99), new WordCap(200, 0.02).of(10)]).toEqual([
      132, 1, 1,
    ]);
    expect(new WordCap(30, 0.02).of(1000)).toBe(50);
  });
});

describe("keepWithinCaps", () => {
  it("lowers the total until no word exceeds its share of it", () => {
    // One word has half of 1000 items; the other half are all different.
    const items = Array.from({ length: 1000 }, (_, i) => ({ word: i % 2 === 0 ? -1 : i }));
    const kept = keepWithinCaps(items, { word: new WordCap(501, 0.02) }, 1000);
    // n = 500 + floor(0.02 n) at n = 510.
    expect(kept).toHaveLength(510);
    expect(
      largestShare(
        countBy(kept, ({ word }) => word),
        kept.length,
      ),
    ).toBeLessThanOrEqual(0.02);
    expect(keepWithinCaps(items, { word: new WordCap(501, 0.02) }, 100)).toHaveLength(100);
    expect(keepWithinCaps([], { word: new WordCap(0, 0.02) }, 100)).toEqual([]);
  });
});
