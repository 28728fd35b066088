/** Section: the sparse autoencoders, their quality and their similarity. */
import type { RunData } from "../../results/read-run.js";
import { mean } from "../../stats/moments.js";
import { dictionaryTrainingFigure } from "../figures/dictionary-training.js";
import { matchCosinesFigure } from "../figures/match-cosines.js";
import { mmcsMatrixFigure } from "../figures/mmcs-matrix.js";
import { fixed, percent } from "../format.js";
import { html } from "../html.js";
import { samePaperModel } from "../settings.js";
import {
  dictionarySizesTable,
  mmcsTable,
  qualityComparisonTable,
  qualityTable,
  sharedQualityTable,
} from "../tables/dictionaries.js";
import { showTable } from "../tables/table.js";
import { figures, folded, notRun, type Section } from "./section.js";
import { studiesPart } from "./studies.js";

/** Why features are not matched, where it is by design. */
function withoutMatch(run: RunData) {
  const { given } = run.results.dictionaries ?? {};
  if (!given?.every(({ size }) => size === "small")) return notRun(run, "match");
  return html`<p>One dictionary per layer was given, and none beside it that its features could be matched with. The features whose mean activation tuning changed most are explained.</p>`;
}

export function dictionariesSection(run: RunData): Section {
  const { dictionaries, match } = run.results;
  const shared = dictionaries && sharedQualityTable(dictionaries);
  const tuned = (dictionaries?.dictionaries ?? []).filter(({ model, size }) => model === "tuned" && size === "small");
  const pairs = (match?.pairs ?? []).filter(({ model }) => model === "tuned");
  return {
    id: "dictionaries",
    title: "Dictionaries",
    lead: [
      tuned.length > 0 &&
        html`The tuned model's small dictionaries explain ${percent(mean(tuned.map(({ explainedVariance }) => explainedVariance)))} of the variance of MLP outputs with ${fixed(mean(tuned.map(({ l0 }) => l0)), 1)} active features per token (means over ${tuned.length} layers). `,
      pairs.length > 0 &&
        html`The mean max cosine similarity (MMCS) of their features with those of the large dictionaries is ${fixed(mean(pairs.map(({ mmcs }) => mmcs)), 3)}; that of random dictionaries is ${fixed(mean(pairs.map(({ randomMmcs }) => randomMmcs)), 3)}.`,
    ],
    body: [
      dictionaries
        ? [
            figures(
              dictionaryTrainingFigure(dictionaries, "tuned", "l0"),
              dictionaryTrainingFigure(dictionaries, "base", "l0"),
              dictionaryTrainingFigure(dictionaries, "tuned", "mse"),
              dictionaryTrainingFigure(dictionaries, "base", "mse"),
            ),
            showTable(dictionarySizesTable(dictionaries, samePaperModel(run))),
            showTable(qualityComparisonTable(dictionaries)),
            folded("Each dictionary", [
              showTable(qualityTable(dictionaries, "tuned")),
              showTable(qualityTable(dictionaries, "base")),
            ]),
            shared && showTable(shared),
          ]
        : notRun(run, "dictionaries"),
      html`<h3>Matches of features</h3>`,
      match
        ? [
            figures(matchCosinesFigure(match, "tuned"), matchCosinesFigure(match, "base"), mmcsMatrixFigure(match)),
            showTable(mmcsTable(match)),
          ]
        : withoutMatch(run),
      studiesPart(run),
    ],
  };
}
