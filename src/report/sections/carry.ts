/** Section: where in the model the difference of base and tuned model is located. */
import type { RunData } from "../../results/read-run.js";
import { carrySentences } from "../carry-in-words.js";
import { carryDosesFigure } from "../figures/carry-doses.js";
import { carryFeaturesFigure } from "../figures/carry-features.js";
import { carryPartsFigure } from "../figures/carry-parts.js";
import { carriedTokensTable, carryDosesTable, carryPartsTable } from "../tables/carry.js";
import { carryFeaturesTable } from "../tables/carry-features.js";
import { showTable } from "../tables/table.js";
import { figures, folded, notRun, type Section } from "./section.js";

const title = "Where the learned reward sits";

export function carrySection(run: RunData): Section {
  const { carry } = run.results;
  const tokens = carriedTokensTable(run.carriedTokens);
  return {
    id: "carry",
    title,
    lead: carry && carrySentences(carry),
    body: carry
      ? [
          figures(carryPartsFigure(carry, title), carryDosesFigure(carry)),
          showTable(carryPartsTable(carry)),
          carry.features && figures(carryFeaturesFigure(carry.features)),
          carry.features && folded("Features", showTable(carryFeaturesTable(carry.features))),
          folded("Doses", showTable(carryDosesTable(carry))),
          tokens && folded("Tokens", showTable(tokens)),
        ]
      : notRun(run, "carry"),
  };
}
