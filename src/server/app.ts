/** The live view's pages and its JSON interface; docs/live-view.md describes both. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Context, Hono } from "hono";
import { stream, streamSSE } from "hono/streaming";
import type { z } from "zod";
import { ConfigError, RewardscopeError } from "../errors.js";
import type { Html } from "../report/html.js";
import { damageInWords } from "../results/outputs.js";
import { activationsOf, activationsRequest } from "./activations.js";
import { type CompletionLine, complete, completionRequest, requirePossible } from "./complete.js";
import { addControl, type Control } from "./control/routes.js";
import { partsOf } from "./edited-weights.js";
import { exists, type FoundRun } from "./find-runs.js";
import { ownHost, ownOrigin, safeHeaders, smallJson } from "./guards.js";
import { isLoaded, LoadedRuns } from "./loaded-runs.js";
import { type ComparedRun, comparePage } from "./pages/compare.js";
import { renderFrame, runPath } from "./pages/frame.js";
import { playgroundPage } from "./pages/playground.js";
import { finishedParts, partsToCome, progressFragment, progressPage } from "./pages/progress.js";
import { runsPage } from "./pages/runs.js";
import { RunChecks } from "./run-checks.js";
import { Runs, reasonOf } from "./runs.js";
import type { RunSummary } from "./summarise-run.js";
import { SameInputs } from "./unchanged.js";
import { watchRun } from "./watch-run.js";

/** Scripts of the pages, built from src/web. */
const scripts = ["runs", "progress", "playground", "new-run", "control", "elements", "between"];
const scriptFolder = new URL(import.meta.url.endsWith(".ts") ? "../../dist/web/" : "../web/", import.meta.url);

/** Maximal number of rendered pages in memory, about 10 KB each. */
const MOST_DRAWN = 100;

const statusOf: Readonly<Record<string, 400 | 403 | 404 | 413>> = { FORBIDDEN: 403, NOT_FOUND: 404, TOO_LARGE: 413 };

export interface AppOptions {
  /** A run folder, or a folder of runs. */
  readonly folder: string;
  /** The host that the server listens on. */
  readonly host: string;
  /** Ends open streams when aborted. */
  readonly signal: AbortSignal;
  /** By whom and how runs are started and stopped. Default: by nobody. */
  readonly control?: Control;
}

/** The server as a function from request to response. */
export function createApp({ folder, host, signal, control }: AppOptions): Hono {
  const app = new Hono();
  const checks = new RunChecks(signal);
  const loaded = new LoadedRuns(checks);
  const runs = new Runs(folder, checks);
  const fragments = new SameInputs<Html>(MOST_DRAWN);
  const comparisons = new SameInputs<string>(MOST_DRAWN);

  const runOf = (context: Context): Promise<FoundRun> => runs.find(context.req.param("id") ?? "");
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
  const bodyOf = async <T>(context: Context, schema: z.ZodType<T>): Promise<T> => {
    const parsed = schema.safeParse(await context.req.json().catch(() => undefined));
    if (parsed.success) return parsed.data;
    const list = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "body"}: ${message}`);
    throw new RewardscopeError("INVALID_INPUT", list.join("\n"));
  };
  /** Aborted when the client disconnects or the server ends. */
  const signalOf = (context: Context): AbortSignal => AbortSignal.any([context.req.raw.signal, signal]);

  app.use(safeHeaders, ownHost(host), ownOrigin, smallJson);
  app.onError((error, context) => {
    const known = error instanceof RewardscopeError;
    const status = known ? (statusOf[error.code] ?? 400) : 500;
    const { pathname } = new URL(context.req.url);
    if (pathname.startsWith("/api/"))
      return context.json(
        {
          error: {
            ...{ code: known ? error.code : "FAILED", message: error.message },
            ...(error instanceof ConfigError && { issues: error.issues }),
          },
        },
        status,
      );
    const tabs = [{ name: "Runs", path: "/" }];
    const body = "";
    return context.html(
      renderFrame({ title: "Error", kicker: String(status), heading: error.message, tabs, here: "", body }),
      status,
    );
  });
  app.notFound(() => {
    throw new RewardscopeError("NOT_FOUND", "this page does not exist");
  });

  app.get("/", async (context) => {
    const list = await runs.list();
    return context.html(runsPage(list.runs, list.damaged, control !== undefined));
  });
  app.get("/runs/:id", async (context) => {
    const run = await runOf(context);
    checks.lookLater(run.folder);
    return context.html(
      progressPage(await progressOf(run, { now: false }), await runs.hasReport(run), control !== undefined),
    );
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

  if (control) addControl(app, control, { folder, runOf, bodyOf, signalOf });

  for (const name of scripts)
    app.get(`/web/${name}.js`, async (context) =>
      context.body(await readFile(new URL(`${name}.js`, scriptFolder), "utf8"), 200, {
        "Content-Type": "text/javascript; charset=utf-8",
      }),
    );

  app.get("/api/runs", async (context) => context.json(await runs.list()));
  app.get("/api/runs/:id", async (context) => {
    const run = await runOf(context);
    const { versions, config } = await checks.record(run.folder);
    return context.json({ ...(await runs.summary(run)), versions, config });
  });
  app.get("/api/runs/:id/metrics", async (context) => {
    const run = await runOf(context);
    await checks.requireWhole(run.folder, (name) => name === "tuning/metrics.jsonl");
    return context.json({ lines: (await runs.tuning(run)).metrics });
  });
  app.get("/api/runs/:id/features", async (context) => {
    return context.json({ features: await runs.features(await runOf(context)) });
  });
  app.get("/api/runs/:id/events", async (context) => {
    const run = await runOf(context);
    return streamSSE(context, async (events) => {
      const gone = new AbortController();
      events.onAbort(() => gone.abort());
      for await (const _ of watchRun(run.folder, AbortSignal.any([gone.signal, signal])))
        await events.writeSSE({ event: "change", data: JSON.stringify(await runs.summary(run)) });
    });
  });
  app.get("/api/runs/:id/parts", async (context) => {
    const run = await playable(await runOf(context), runs);
    return context.json({ parts: await loaded.use(run, signalOf(context), async (models) => partsOf(models)) });
  });
  app.post("/api/runs/:id/complete", async (context) => {
    const run = await playable(await runOf(context), runs);
    const request = await bodyOf(context, completionRequest);
    const wanted = signalOf(context);
    // Before the answer begins, so that a refusal has its status.
    await loaded.use(run, wanted, async (models) => requirePossible(models, request));
    context.header("Content-Type", "application/x-ndjson; charset=utf-8");
    return stream(context, async (lines) => {
      const gone = new AbortController();
      lines.onAbort(() => gone.abort());
      const write = (line: CompletionLine | { error: object }): void =>
        void lines.write(`${JSON.stringify(line)}\n`).catch(() => gone.abort());
      try {
        await complete(loaded, run, request, AbortSignal.any([wanted, gone.signal]), write);
      } catch (error) {
        if (gone.signal.aborted || wanted.aborted) return;
        const code = error instanceof RewardscopeError ? error.code : "FAILED";
        write({ error: { code, message: (error as Error).message } });
      }
    });
  });
  app.post("/api/runs/:id/activations", async (context) => {
    const run = await playable(await runOf(context), runs);
    return context.json(await activationsOf(loaded, run, await bodyOf(context, activationsRequest), signalOf(context)));
  });
  return app;
}

/** The reason why a run's models cannot be used; undefined if they can. */
async function unplayable({ folder }: FoundRun, { models, stages, damage }: RunSummary): Promise<string | undefined> {
  const damaged = damage.filter(({ file }) => isLoaded(file));
  if (damaged.length > 0)
    return `This run is damaged: ${damageInWords(damaged)}. rewardscope run --resume --out ${folder} repairs it.`;
  if (models.tuned !== undefined || (await exists(join(folder, "tuned", "model.safetensors")))) return undefined;
  const tune = stages.find(({ name }) => name === "tune")?.status ?? "pending";
  return `The run has no tuned model yet: the stage tune is ${tune}.`;
}

async function playable(run: FoundRun, runs: Runs): Promise<FoundRun> {
  const problem = await unplayable(run, await runs.summary(run));
  if (problem) throw new RewardscopeError("INVALID_INPUT", problem, { help: `${runPath(run.id)} shows how far it is` });
  return run;
}
