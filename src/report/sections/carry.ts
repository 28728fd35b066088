/** Section: where in the model the difference of base and tuned model lies. */
import type { RunData } from "../../results/read-run.js";
import type { CarryResults } from "../../results/results.js";
import { carryDosesFigure } from "../figures/carry-doses.js";
import { carryPartsFigure } from "../figures/carry-parts.js";
import { excludesZero, fixed, interval, percentInterval } from "../format.js";
import { type Html, html } from "../html.js";
import { partName } from "../part-names.js";
import { carriedTokensTable, carryDosesTable, carryPartsTable } from "../tables/carry.js";
import { showTable } from "../tables/table.js";
import { figures, folded, notRun, type Section } from "./section.js";

export function carrySection(run: RunData): Section {
  const { carry } = run.results;
  const tokens = carriedTokensTable(run.carriedTokens);
  return {
    id: "carry",
    title: "Where the learned reward sits",
    lead: carry && [partsSentence(carry), doseSentence(carry)],
    body: carry
      ? [
          figures(carryPartsFigure(carry), carryDosesFigure(carry)),
          showTable(carryPartsTable(carry)),
          folded("Doses", showTable(carryDosesTable(carry))),
          tokens && folded("Tokens", showTable(tokens)),
        ]
      : notRun(run, "carry"),
  };
}

/** The largest part each way, and what parts do only together. */
function partsSentence({ parts, together }: CarryResults): Html {
  const largest = (way: "intoBase" | "intoTuned") =>
    parts.reduce((best, part) => (part[way].share.value > best[way].share.value ? part : best));
  const [given, taken] = [largest("intoBase"), largest("intoTuned")];
  const { interaction } = together.intoBase;
  const verdict = !excludesZero(interaction)
    ? "single parts add up to the whole within the interval"
    : interaction.value > 0
      ? html`${percentInterval(interaction)} of it comes about only where several parts are together`
      : "single parts add up to more than the whole, so several of them do the same";
  return html`Put into the base model by itself, no part gives more of what tuning changed than the <b>${partName(given)}</b>: ${percentInterval(given.intoBase.share)}; taken out of the tuned model, none takes more away than the <b>${partName(taken)}</b>: ${percentInterval(taken.intoTuned.share)}; ${verdict}. `;
}

function doseSentence({ doses, reward }: CarryResults): Html {
  const best = doses.reduce((most, point) => (point.reward.value > most.reward.value ? point : most));
  const half = doses.find(({ dose }) => dose === 0.5);
  const ofHalf = half
    ? html`Half of the weights' difference changes the reward by ${interval(half.change)}, all of it by ${interval(reward.difference)}`
    : html`All of the weights' difference changes the reward by ${interval(reward.difference)}`;
  return html`${ofHalf}; of the doses the reward is highest at ${fixed(best.dose)}.`;
}
