/** What the stage preferences writes: whether the implicit reward of a pair of models prefers what people preferred. */
import { z } from "zod";
import { interval } from "../values.js";

/** Section `preferences`. */
export const preferencesResults = z.object({
  /** What made texts of conversations: a model's template, or transcripts; none where all rows were texts. */
  form: z.enum(["none", "transcript", "base", "tuned"]),
  /** Left out as too long, and as no preferences. */
  longer: z.number(),
  bad: z.number(),
  /** Of rows with two answers to one prompt; shares in which a tie counts a half. */
  pairs: z
    .object({
      pairs: z.number(),
      accuracy: interval,
      longer: interval,
      lengthControlled: interval,
      sameLength: interval,
      sameLengthPairs: z.number(),
      natsPerToken: interval,
    })
    .optional(),
  /** Of rows with one answer and a label: areas under ROC curves. */
  labelled: z
    .object({
      wanted: z.number(),
      unwanted: z.number(),
      accuracy: interval,
      longer: interval,
      lengthControlled: interval,
    })
    .optional(),
});

/** Section `preferences` of results.json. */
export interface PreferencesResults extends z.output<typeof preferencesResults> {}
