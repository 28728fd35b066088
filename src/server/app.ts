/** The live view's pages and its JSON interface; docs/live-view.md describes both. */
import { existsSync } from "node:fs";
import { readFile, realpath } from "node:fs/promises";
import { join, sep } from "node:path";
import { type Context, Hono } from "hono";
import { stream, streamSSE } from "hono/streaming";
import type { z } from "zod";
import { RewardscopeError } from "../errors.js";
import { damageInWords } from "../results/outputs.js";
import { readTuning } from "../results/read-run.js";
import { activationsOf, activationsRequest } from "./activations.js";
import { type CompletionLine, complete, completionRequest } from "./complete.js";
import { type FoundRun, findRuns, type RunSummary, summariseRun, summariseRuns } from "./find-runs.js";
import { ownHost, ownOrigin, safeHeaders, smallJson } from "./guards.js";
import { readKnownFeatures } from "./known-features.js";
import { isLoaded, LoadedRuns } from "./loaded-runs.js";
import { comparePage } from "./pages/compare.js";
import { renderFrame, runPath, viewStyle } from "./pages/frame.js";
import { playgroundPage } from "./pages/playground.js";
import { progressFragment, progressPage } from "./pages/progress.js";
import { reportInView } from "./pages/report.js";
import { runsPage } from "./pages/runs.js";
import { RunChecks } from "./run-checks.js";
import { watchRun } from "./watch-run.js";

/** Scripts of the pages, built from src/web. */
const scripts = ["progress", "playground"];
const scriptFolder = new URL(import.meta.url.endsWith(".ts") ? "../../dist/web/" : "../web/", import.meta.url);

const statusOf: Readonly<Record<string, 400 | 403 | 404 | 413>> = { FORBIDDEN: 403, NOT_FOUND: 404, TOO_LARGE: 413 };

export interface AppOptions {
  /** A run folder, or a folder of runs. */
  readonly folder: string;
  /** The host that the server listens on. */
  readonly host: string;
  /** Ends open streams when aborted. */
  readonly signal: AbortSignal;
}

/** The server as a function from request to answer. */
export function createApp({ folder, host, signal }: AppOptions): Hono {
  const app = new Hono();
  const checks = new RunChecks(signal);
  const loaded = new LoadedRuns(checks);

  const runOf = async (context: Context): Promise<FoundRun> => {
    const id = context.req.param("id");
    const run = (await findRuns(folder)).find((one) => one.id === id);
    if (!run)
      throw new RewardscopeError("NOT_FOUND", `run ${id} does not exist`, { help: "The list of runs is at /." });
    return run;
  };
  const bodyOf = async <T>(context: Context, schema: z.ZodType<T>): Promise<T> => {
    const parsed = schema.safeParse(await context.req.json().catch(() => undefined));
    if (parsed.success) return parsed.data;
    const list = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "body"}: ${message}`);
    throw new RewardscopeError("INVALID_INPUT", list.join("\n"));
  };
  /** Aborted when the client disconnects or the server ends. */
  const signalOf = (context: Context): AbortSignal => AbortSignal.any([context.req.raw.signal, signal]);
  const hasReport = (run: FoundRun): boolean => existsSync(join(run.folder, "report", "index.html"));

  app.use(safeHeaders, ownHost(host), ownOrigin, smallJson);
  app.onError((error, context) => {
    const known = error instanceof RewardscopeError;
    const status = known ? (statusOf[error.code] ?? 400) : 500;
    const { pathname } = new URL(context.req.url);
    if (pathname.startsWith("/api/"))
      return context.json({ error: { code: known ? error.code : "FAILED", message: error.message } }, status);
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
    const { runs, damaged } = await summariseRuns(folder, checks);
    return context.html(runsPage(runs, damaged));
  });
  app.get("/runs/:id", async (context) => {
    const run = await runOf(context);
    checks.lookLater(run.folder);
    return context.html(progressPage(await summariseRun(run, checks), await readTuning(run.folder), hasReport(run)));
  });
  app.get("/runs/:id/progress", async (context) => {
    const run = await runOf(context);
    return context.html(progressFragment(await summariseRun(run, checks), await readTuning(run.folder)).toString());
  });
  app.get("/runs/:id/playground", async (context) => {
    const run = await runOf(context);
    const summary = await summariseRun(run, checks);
    return context.html(playgroundPage(summary, hasReport(run), unplayable(run, summary)));
  });
  app.get("/runs/:id/report", async (context) => {
    const run = await runOf(context);
    if (!hasReport(run))
      throw new RewardscopeError("NOT_FOUND", "the report is not written yet", { help: "the stage report writes it" });
    await checks.requireWhole(run.folder, (name) => name.startsWith("report/"));
    // The page's own policy allows only its own script; this one prevents other sites from framing
    // it.
    context.header("Content-Security-Policy", "frame-ancestors 'self'");
    const text = await readFile(await pathInside(run.folder, join("report", "index.html")), "utf8");
    return context.html(reportInView(text, run.id));
  });
  app.get("/compare", async (context) => {
    const ids = new Set(context.req.queries("run") ?? []);
    const chosen = (await findRuns(folder)).filter(({ id }) => ids.has(id));
    if (chosen.length < 2) throw new RewardscopeError("INVALID_INPUT", "runs to compare: expected two or more");
    const runs = await Promise.all(
      chosen.map(async (run) => ({ summary: await summariseRun(run, checks), run: await readTuning(run.folder) })),
    );
    return context.html(comparePage(runs));
  });

  app.get("/web/style.css", (context) => context.body(viewStyle, 200, { "Content-Type": "text/css; charset=utf-8" }));
  for (const name of scripts)
    app.get(`/web/${name}.js`, async (context) =>
      context.body(await readFile(new URL(`${name}.js`, scriptFolder), "utf8"), 200, {
        "Content-Type": "text/javascript; charset=utf-8",
      }),
    );

  app.get("/api/runs", async (context) => context.json(await summariseRuns(folder, checks)));
  app.get("/api/runs/:id", async (context) => {
    const run = await runOf(context);
    const { record } = await readTuning(run.folder);
    return context.json({ ...(await summariseRun(run, checks)), versions: record.versions, config: record.config });
  });
  app.get("/api/runs/:id/metrics", async (context) => {
    const run = await runOf(context);
    await checks.requireWhole(run.folder, (name) => name === "tuning/metrics.jsonl");
    return context.json({ lines: (await readTuning(run.folder)).metrics });
  });
  app.get("/api/runs/:id/features", async (context) => {
    const run = await runOf(context);
    await checks.requireWhole(run.folder, (name) => /^[^/]+\.jsonl$/.test(name));
    return context.json({ features: [...(await readKnownFeatures(run.folder)).values()] });
  });
  app.get("/api/runs/:id/events", async (context) => {
    const run = await runOf(context);
    return streamSSE(context, async (events) => {
      const gone = new AbortController();
      events.onAbort(() => gone.abort());
      for await (const _ of watchRun(run.folder, AbortSignal.any([gone.signal, signal])))
        await events.writeSSE({ event: "change", data: JSON.stringify(await summariseRun(run, checks)) });
    });
  });
  app.post("/api/runs/:id/complete", async (context) => {
    const run = await playable(await runOf(context), checks);
    const request = await bodyOf(context, completionRequest);
    const wanted = signalOf(context);
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
    const run = await playable(await runOf(context), checks);
    return context.json(await activationsOf(loaded, run, await bodyOf(context, activationsRequest), signalOf(context)));
  });
  return app;
}

/**
 * The real path of a file of a run. @throws RewardscopeError NOT_FOUND for a link to outside of the
 * run
 */
async function pathInside(folder: string, name: string): Promise<string> {
  const [root, path] = [await realpath(folder), await realpath(join(folder, name))];
  if (path.startsWith(`${root}${sep}`)) return path;
  throw new RewardscopeError("NOT_FOUND", `${name} of this run is a link out of its folder, which is not served`);
}

/** The reason why a run's models cannot be used in the playground. */
function unplayable({ folder }: FoundRun, { models, stages, damage }: RunSummary): string | undefined {
  const damaged = damage.filter(({ file }) => isLoaded(file));
  if (damaged.length > 0)
    return `This run is damaged: ${damageInWords(damaged)}. rewardscope run --resume --out ${folder} mends it.`;
  if (models.tuned !== undefined || existsSync(join(folder, "tuned", "model.safetensors"))) return undefined;
  const tune = stages.find(({ name }) => name === "tune")?.status ?? "pending";
  return `The run has no tuned model yet: the stage tune is ${tune}.`;
}

async function playable(run: FoundRun, checks: RunChecks): Promise<FoundRun> {
  const problem = unplayable(run, await summariseRun(run, checks));
  if (problem) throw new RewardscopeError("INVALID_INPUT", problem, { help: `${runPath(run.id)} shows how far it is` });
  return run;
}
