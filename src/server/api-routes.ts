/** The JSON interface, apart from what controls runs. */
import type { Hono } from "hono";
import { stream, streamSSE } from "hono/streaming";
import { RewardscopeError } from "../errors.js";
import { activationsOf, activationsRequest } from "./activations.js";
import { type CompletionLine, complete, completionRequest, requirePossible } from "./complete.js";
import { partsOf } from "./edited-weights.js";
import { LoadedRuns } from "./loaded-runs.js";
import { playable } from "./playable.js";
import { bodyOf, type Routes } from "./routes.js";
import { watchRun } from "./watch-run.js";

export function addApi(app: Hono, { runs, checks, signal, runOf, signalOf }: Routes): void {
  const loaded = new LoadedRuns(checks);

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
}
