import { expect, test } from "vitest";
import { misplacedWordsTable } from "./words.js";

const row = (
  word: string,
  trueValue: number,
  tunedRidge: number | null,
  baseRidge: number | null,
  tunedOccurrences = 20,
) => ({
  ...{ word, trueValue, tunedRidge, baseRidge, tunedOccurrences },
  ...{ tuned: null, base: null, baseOccurrences: 20 },
});

test("words far from their place are listed, furthest first; rare ones are not", () => {
  const lexicon = [
    row("awful", -3, 9, null),
    row("bad", -2, 1, 1),
    row("fine", 1, 2, 1),
    row("good", 2, 3, 3),
    row("superb", 3, 0, 4),
    row("rare", -4, 99, 99, 9),
    row("unmet", 1, null, 1),
  ];
  const above = misplacedWordsTable(lexicon, "above")!;
  expect(above.rows.map(({ cells }) => cells[0])).toEqual(["awful", "bad", "fine", "good", "superb"]);
  // Of five words: lowest in the lexicon, highest when rebuilt; the base model has no value for it.
  expect(above.rows[0].cells).toEqual(["awful", "-3.0", "0%", "100%", "–", 20]);
  // Ties count half: of the base model's four values two are 1.
  expect(above.rows[1].cells).toEqual(["bad", "-2.0", "25%", "25%", "17%", 20]);
  const below = misplacedWordsTable(lexicon, "below")!;
  expect(below.rows[0].cells.slice(0, 4)).toEqual(["superb", "3.0", "100%", "0%"]);
  expect(misplacedWordsTable(lexicon.slice(0, 1), "above")).toBeUndefined();
});
