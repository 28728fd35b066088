/** The report of an audit. */
import type { RunData } from "../../results/read-run.js";
import { versionAndWork } from "../byline.js";
import { renderPage } from "../page.js";
import { auditSection, auditSettingsSection, differenceSection, preferencesSection } from "../sections/audit.js";
import { modelName, setting } from "../settings.js";

/** Whether the run is an audit, which has its own page. */
export const isAudit = (run: Pick<RunData, "record">): boolean => setting(run, "stages") === "audit";

/** The report as one HTML document, with the answer first. The same run gives the same bytes. */
export function renderAuditReport(run: RunData): string {
  const name = modelName(run);
  return renderPage({
    title: `${name}: rewardscope audit`,
    kicker: "Tuned against base model",
    heading: `${name}: what tuning changed`,
    byline: [`seed ${setting(run, "seed") ?? "–"}`, ...versionAndWork([run])],
    sections: [auditSection(run), preferencesSection(run), differenceSection(run), auditSettingsSection(run)].filter(
      (section) => section !== undefined,
    ),
    footer: "All numbers: this run.",
  });
}
