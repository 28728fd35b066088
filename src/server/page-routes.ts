/** The routes of the pages, apart from that for new runs. */
import type { Hono } from "hono";
import { RewardscopeError } from "../errors.js";
import type { Html } from "../report/html.js";
import type { FoundRun } from "./find-runs.js";
import { type ComparedRun, comparePage } from "./pages/compare.js";
import { playgroundPage } from "./pages/playground.js";
import { finishedParts, partsToCome, progressFragment, progressPage } from "./pages/progress.js";
import { runsPage } from "./pages/runs.js";
import { unplayable } from "./playable.js";
import type { Routes } from "./routes.js";
import { reasonOf } from "./runs.js";
import { SameInputs } from "./unchanged.js";

/** Maximal number of rendered pages in memory, about 10 KB each. */
const MOST_DRAWN = 100;

/** @param controlled whether pages offer to start and stop runs */
export function addPages(app: Hono, { runs, checks, runOf }: Routes, controlled: boolean): void {
  const fragments = new SameInputs<Html>(MOST_DRAWN);
  const comparisons = new SameInputs<string>(MOST_DRAWN);
  /**
   * Cached: drawing the figures takes most of the time of a response.
   * @param now whether to draw those that are not, else the page asks for them when it is shown
   */
  const progressOf = async (run: FoundRun, { now }: { now: boolean }) => {
    const [summary, tuning] = [await runs.summary(run), await runs.tuning(run)];
    const finished = now
      ? fragments.of(run.id, [summary, tuning], () => finishedParts(summary, tuning))
      : (fragments.known(run.id, [summary, tuning]) ?? partsToCome);
    return { summary, tuning, fragment: progressFragment(summary, await runs.underWay(run, summary), finished) };
  };

  app.get("/", async (context) => {
    const list = await runs.list();
    return context.html(runsPage(list.runs, list.damaged, controlled));
  });
  app.get("/runs/:id", async (context) => {
    const run = await runOf(context);
    checks.lookLater(run.folder);
    return context.html(progressPage(await progressOf(run, { now: false }), await runs.hasReport(run), controlled));
  });
  app.get("/runs/:id/progress", async (context) => {
    return context.html((await progressOf(await runOf(context), { now: true })).fragment.toString());
  });
  app.get("/runs/:id/playground", async (context) => {
    const run = await runOf(context);
    const summary = await runs.summary(run);
    const problem = await unplayable(run, summary);
    const state = problem ? { problem } : { shared: await runs.sharedFeatures(run) };
    return context.html(playgroundPage(summary, await runs.hasReport(run), state));
  });
  app.get("/runs/:id/report", async (context) => {
    const run = await runOf(context);
    const report = await runs.report(run);
    // The page's policy allows only its own script; this header prevents frames on other sites.
    context.header("Content-Security-Policy", "frame-ancestors 'self'");
    return context.html(report);
  });
  app.get("/compare", async (context) => {
    const ids = new Set(context.req.queries("run") ?? []);
    const found = await runs.found();
    const compared: ComparedRun[] = [];
    const damaged = found.damaged.filter(({ id }) => ids.has(id));
    for (const run of found.runs.filter(({ id }) => ids.has(id)))
      try {
        compared.push({ summary: await runs.summary(run), run: await runs.tuning(run) });
      } catch (error) {
        damaged.push({ id: run.id, reason: reasonOf(error) });
      }
    if (compared.length < 2) {
      const unread = damaged.map(({ id, reason }) => `\n${id}: ${reason}`).join("");
      throw new RewardscopeError("INVALID_INPUT", `runs to compare: expected two or more that can be read${unread}`);
    }
    const shown = [...compared.flatMap(({ summary, run }) => [summary, run]), JSON.stringify(damaged)];
    const ofIds = JSON.stringify(compared.map(({ summary }) => summary.id));
    return context.html(comparisons.of(ofIds, shown, () => comparePage(compared, damaged)));
  });
}
