/** Section `corpus` of results.json: repeated texts that were found when tuning drew its texts. */
import { z } from "zod";
import { number } from "../values.js";

export const corpusResults = z.object({
  /**
   * Number of rows that are left out because their text is used already; a text in both splits is
   * removed from tuning.
   */
  repeatedRows: number,
});
