/** Section: what the two models say directly, with no autoencoder and no training, beside the probe. */

import type { RunData } from "../../results/read-run.js";
import type { PlainResults } from "../../results/results.js";
import { plainScatterFigure } from "../figures/plain-scatter.js";
import { fixed, interval, percentInterval, sample } from "../format.js";
import { type Html, html } from "../html.js";
import {
  attributionTable,
  overRepresentedTable,
  plainAgainstProbeTable,
  plainAgreementTable,
  textAgreementTable,
} from "../tables/plain.js";
import { showTable } from "../tables/table.js";
import { figures, folded, notRun, type Section } from "./section.js";

export function plainSection(run: RunData): Section {
  const { plain } = run.results;
  const tau = plain?.lexicon.kendall.find(({ words }) => words === "all")?.result.tau;
  return {
    id: "plain",
    title: "Plain reading",
    lead:
      plain &&
      tau &&
      html`Without autoencoder or training, by the log-ratio of the two models alone, words are ranked as in the lexicon at tau <b>${interval(tau, 3)}</b> over ${sample(tau)}. ${verdict(plain)} ${textVerdict(plain)}`,
    body: plain
      ? [
          figures(plainScatterFigure(run.plainLexicon)),
          showTable(plainAgreementTable(plain)),
          plain.againstProbe.length > 0 && showTable(plainAgainstProbeTable(plain)),
          plain.texts.length > 0 && showTable(textAgreementTable(plain)),
          plain.attribution.length > 0 && showTable(attributionTable(plain)),
          folded("Over-represented words", showTable(overRepresentedTable(plain))),
        ]
      : notRun(run, "plain"),
  };
}

/** Whether the probe is behind the reading, for each estimator over all words that both have. */
function verdict({ againstProbe }: PlainResults): Html[] {
  return againstProbe
    .filter(({ words }) => words === "all")
    .map(({ estimator, plain, probe, difference }) => {
      const name = estimator === "leastSquares" ? "The least squares probe" : "The ridge probe";
      const taus = `tau ${fixed(probe.tau.value, 3)} against ${fixed(plain.tau.value, 3)} over the same ${sample(difference)}, plain minus probe ${interval(difference, 3)}`;
      if (difference.low > 0) return html`${name} is <b>behind</b> the plain reading: ${taus}. `;
      if (difference.high < 0) return html`${name} is <b>ahead of</b> the plain reading: ${taus}. `;
      return html`${name} and the plain reading are not told apart: ${taus}. `;
    });
}

function textVerdict({ texts, attribution }: PlainResults): string {
  const pearson = texts.find(({ source, rewarded }) => source === "tuned" && rewarded === "completion")?.pearson;
  const unexplained = attribution.find(({ source }) => source === "tuned")?.unexplained;
  if (!pearson || !unexplained) return "";
  return `Values of the tuned model's completions correlate with their reward at ${interval(pearson)}; reward, length and style leave ${percentInterval(unexplained)} of their variance unexplained.`;
}
