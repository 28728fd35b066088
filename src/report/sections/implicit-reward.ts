/**
 * Section: implicit rewards of words and completions, compared with the given reward and with the
 * probe.
 */

import type { RunData } from "../../results/read-run.js";
import type { ImplicitRewardResults } from "../../results/results.js";
import { fixed, interval, percentInterval, sample } from "../format.js";
import { type Html, html } from "../html.js";
import {
  againstProbeTable,
  attributionTable,
  implicitRewardAgreementTable,
  overRepresentedTable,
  textAgreementTable,
} from "../tables/implicit-reward.js";
import { showTable } from "../tables/table.js";
import { folded, notRun, type Section } from "./section.js";

export function implicitRewardSection(run: RunData): Section {
  const { implicitReward } = run.results;
  const tau = implicitReward?.lexicon.kendall.find(({ words }) => words === "all")?.result.tau;
  return {
    id: "implicit-reward",
    title: "Implicit reward",
    lead:
      implicitReward &&
      tau &&
      html`The implicit reward of a text is log p(tuned) − log p(base): up to scale, the reward for which the tuned model would be optimal under a KL penalty (Rafailov et al. 2023, arXiv:2305.18290). It needs no autoencoder and no further training. Between the implicit rewards of words and the given lexicon, Kendall's tau is <b>${interval(tau, 3)}</b> (${sample(tau)}). ${verdict(implicitReward)}${textVerdict(implicitReward)}`,
    body: implicitReward
      ? [
          showTable(implicitRewardAgreementTable(implicitReward)),
          implicitReward.againstProbe.length > 0 && showTable(againstProbeTable(implicitReward)),
          implicitReward.texts.length > 0 && showTable(textAgreementTable(implicitReward)),
          implicitReward.attribution.length > 0 && showTable(attributionTable(implicitReward)),
          folded("Over-represented words", showTable(overRepresentedTable(implicitReward))),
        ]
      : notRun(run, "implicit-reward"),
  };
}

/**
 * Whether the probe's tau is lower than the implicit reward's, for each estimator over all shared
 * words.
 */
function verdict({ againstProbe }: ImplicitRewardResults): Html[] {
  return againstProbe
    .filter(({ words }) => words === "all")
    .map(({ estimator, implicitReward, probe, difference }) => {
      const name = estimator === "leastSquares" ? "least squares" : "ridge";
      const found = difference.low > 0 ? "lower" : difference.high < 0 ? "higher" : "not significantly different";
      return html`The tau of the ${name} probe over the same ${sample(difference)} is <b>${found}</b>: ${fixed(probe.tau.value, 3)} against ${fixed(implicitReward.tau.value, 3)}, implicit reward − probe ${interval(difference, 3)}. `;
    });
}

function textVerdict({ texts, attribution }: ImplicitRewardResults): string {
  const pearson = texts.find(({ source, rewarded }) => source === "tuned" && rewarded === "completion")?.pearson;
  const unexplained = attribution.find(({ source }) => source === "tuned")?.unexplained;
  if (!pearson || !unexplained) return "";
  return `The implicit rewards of the tuned model's completions have a Pearson correlation of ${interval(pearson)} with their given reward. Reward, length and style leave ${percentInterval(unexplained)} of their variance unexplained.`;
}
