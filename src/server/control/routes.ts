/** The requests that start, stop and continue runs; each needs the server's key. */
import type { Hono } from "hono";
import { z } from "zod";
import { RewardscopeError } from "../../errors.js";
import { newRunPage } from "../pages/new-run.js";
import { bodyOf, type Routes } from "../routes.js";
import { problemsOf, textOfPreset } from "./draft.js";
import { requireKey } from "./key.js";
import { Launches } from "./launches.js";
import type { Program } from "./program.js";

/** How runs are controlled. */
export interface Control {
  readonly key: string;
  readonly program: Program;
}

const draft = z.object({ text: z.string() });
const named = draft.extend({ name: z.string() });
const planned = named.extend({ estimate: z.boolean() });

/**
 * Adds the page for new runs and the requests.
 * @param folder the shown one
 */
export function addControl(
  app: Hono,
  { key, program }: Control,
  folder: string,
  { runOf, signalOf }: Pick<Routes, "runOf" | "signalOf">,
): void {
  const launches = new Launches(folder, program);
  const guarded = requireKey(key);

  app.get("/new", (context) => context.html(newRunPage(launches.unfit)));
  app.get("/api/presets/:name", (context) => context.json({ text: textOfPreset(context.req.param("name")) }));
  app.post("/api/control/check", guarded, async (context) =>
    context.json({ issues: problemsOf((await bodyOf(context, draft)).text) }),
  );
  app.post("/api/control/plan", guarded, async (context) => {
    const { text, name, estimate } = await bodyOf(context, planned);
    return context.json(await launches.plan(text, { name, estimate, signal: signalOf(context) }));
  });
  app.post("/api/control/start", guarded, async (context) => {
    const { text, name } = await bodyOf(context, named);
    await launches.start(name, text);
    return context.json({ id: name }, 202);
  });
  app.get("/api/runs/:id/launch", guarded, (context) => context.json(launches.launchOf(context.req.param("id"))));
  app.post("/api/runs/:id/resume", guarded, async (context) => {
    const run = await runOf(context);
    await launches.resume(run);
    return context.json({ id: run.id }, 202);
  });
  app.post("/api/runs/:id/stop", guarded, async (context) => {
    const id = context.req.param("id");
    const run = await runOf(context).catch((error) => {
      const unlisted = launches.unlisted(id);
      if (error instanceof RewardscopeError && error.code === "NOT_FOUND" && unlisted) return unlisted;
      throw error;
    });
    await launches.stop(run);
    return context.json({ id: run.id }, 202);
  });
}
