/** Table: whether the implicit reward of a pair of models agrees with preference data. */
import type { PreferencesResults } from "../../results/results.js";
import { interval, percentInterval, whole } from "../format.js";
import type { Row, Table } from "./table.js";

const forms: Readonly<Record<PreferencesResults["form"], string>> = {
  none: "",
  transcript:
    " Conversations are written as transcripts of “Human:” and “Assistant:”, since neither model has a chat template.",
  base: " Conversations are written with the base model's chat template.",
  tuned: " Conversations are written with the tuned model's chat template.",
};

/** Agreement of the implicit reward with preference data, beside length alone. */
export function preferencesTable({ pairs, labelled, form, longer, bad }: PreferencesResults): Table {
  const control = (name: string, count: number, share: string): Row => ({
    source: "control",
    cells: [name, whole(count), share],
  });
  const run = (name: string, count: number, share: string): Row => ({
    source: "run",
    cells: [name, whole(count), share],
  });
  const ofPairs = pairs && [
    run("Pairs: by implicit reward", pairs.pairs, percentInterval(pairs.accuracy)),
    run("Pairs: by implicit reward, length taken out", pairs.pairs, percentInterval(pairs.lengthControlled)),
    run("Pairs of about equal length: by implicit reward", pairs.sameLengthPairs, percentInterval(pairs.sameLength)),
    control("Pairs: by number of tokens alone", pairs.pairs, percentInterval(pairs.longer)),
  ];
  const count = labelled ? labelled.wanted + labelled.unwanted : 0;
  const ofLabels = labelled && [
    run("Labelled answers: by implicit reward", count, percentInterval(labelled.accuracy)),
    run("Labelled answers: by implicit reward, length taken out", count, percentInterval(labelled.lengthControlled)),
    control("Labelled answers: by number of tokens alone", count, percentInterval(labelled.longer)),
  ];
  const notes = [
    "50% is chance; ties count a half.",
    pairs &&
      `Pairs: how often the chosen answer of two to a prompt is the higher one. Taken out: what a line through 0 over the difference in tokens explains, ${interval(pairs.natsPerToken, 3)} nats per token; where better answers are longer this takes away some of the merit too, so it is a lower bound. About equal: lengths within 10%${pairs.sameLengthPairs === 0 ? " (no pair is)" : ""}.`,
    labelled &&
      `Labelled answers: how often a wanted one is above an unwanted one of any prompt (area under the ROC curve; ${whole(labelled.wanted)} are wanted). The constant that each prompt has in the implicit reward does not cancel between prompts, which lowers it.`,
    longer + bad > 0 && `Left out: ${whole(longer)} as too long, ${whole(bad)} as no preferences.`,
  ];
  return {
    caption: "Agreement with the preferences",
    columns: [{ label: "Which is preferred", text: true }, { label: "Rows" }, { label: "Agreement" }],
    rows: [...(ofPairs ?? []), ...(ofLabels ?? [])],
    note: notes.filter(Boolean).join(" ") + forms[form],
  };
}
