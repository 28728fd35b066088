/** Section `corpus` of results.json: what tuning found when it drew its texts. */
import { z } from "zod";
import { number } from "../values.js";

export const corpusResults = z.object({
  /**
   * Rows that are left out since their text is used already: equal texts are one text, and one in
   * both splits is kept out of tuning.
   */
  repeatedRows: number,
});
