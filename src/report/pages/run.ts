/** The report of a run. */

import type { RunData } from "../../results/read-run.js";
import { versionAndWork } from "../byline.js";
import { renderPage } from "../page.js";
import { carrySection } from "../sections/carry.js";
import { dictionariesSection } from "../sections/dictionaries.js";
import { divergenceSection } from "../sections/divergence.js";
import { featuresSection } from "../sections/features.js";
import { implicitRewardSection } from "../sections/implicit-reward.js";
import { learnedRewardSection } from "../sections/learned-reward.js";
import { overviewSection } from "../sections/overview.js";
import type { Section } from "../sections/section.js";
import { settingsSection } from "../sections/settings.js";
import { tuningSection } from "../sections/tuning.js";
import { validationSection } from "../sections/validation.js";
import { modelName, rewardName, setting } from "../settings.js";

/** In the order of the page. */
const sections: readonly ((run: RunData) => Section)[] = [
  overviewSection,
  // What the models say themselves, and where it sits; then the paper's stages.
  implicitRewardSection,
  carrySection,
  tuningSection,
  divergenceSection,
  dictionariesSection,
  featuresSection,
  learnedRewardSection,
  validationSection,
  settingsSection,
];

/**
 * The report as one HTML document, the same bytes for the same run. Results of stages that have not
 * run are shown as "Not run".
 */
export function renderReport(run: RunData): string {
  const name = modelName(run);
  return renderPage({
    title: `${name}: rewardscope report`,
    heading: `${name}, tuned on ${rewardName(run)}`,
    byline: [`seed ${setting(run, "seed") ?? "–"}`, ...versionAndWork([run])],
    sections: sections.map((section) => section(run)),
    footer:
      "Published numbers: Marks, Abdullah, Neo, Arike, Torr, Barez, “Beyond Training Objectives: Interpreting Reward Model Divergence in Large Language Models”. All others: this run.",
  });
}
