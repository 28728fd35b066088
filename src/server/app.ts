/** The live view's pages and its JSON interface; docs/live-view.md describes both. */
import { readFile } from "node:fs/promises";
import { Hono } from "hono";
import { ConfigError, RewardscopeError } from "../errors.js";
import { addApi } from "./api-routes.js";
import { addControl, type Control } from "./control/routes.js";
import { ownHost, ownOrigin, safeHeaders, smallJson } from "./guards.js";
import { addPages } from "./page-routes.js";
import { renderFrame } from "./pages/frame.js";
import type { Routes } from "./routes.js";
import { RunChecks } from "./run-checks.js";
import { Runs } from "./runs.js";

/** Scripts of the pages, built from src/web. */
const scripts = ["runs", "progress", "playground", "new-run", "control", "elements", "between"];
const scriptFolder = new URL(import.meta.url.endsWith(".ts") ? "../../dist/web/" : "../web/", import.meta.url);

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
  const runs = new Runs(folder, checks);
  const routes: Routes = {
    ...{ runs, checks, signal },
    runOf: (context) => runs.find(context.req.param("id") ?? ""),
    signalOf: (context) => AbortSignal.any([context.req.raw.signal, signal]),
  };

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

  addPages(app, routes, control !== undefined);
  addApi(app, routes);
  if (control) addControl(app, control, folder, routes);
  for (const name of scripts)
    app.get(`/web/${name}.js`, async (context) =>
      context.body(await readFile(new URL(`${name}.js`, scriptFolder), "utf8"), 200, {
        "Content-Type": "text/javascript; charset=utf-8",
      }),
    );

  return app;
}
