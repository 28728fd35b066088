/** Trackio (https://github.com/gradio-app/trackio), by the HTTP interface of its own server or of a Space. */
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { deliverTo, type Entry, type Sender } from "./delivery.js";
import { askServer, type Server } from "./server-request.js";
import { ServerRun } from "./server-run.js";
import type { TrackedRun, Tracker } from "./tracker.js";

const isSpace = (url: string): boolean => /\.hf\.space$/i.test(new URL(url).hostname);

/** The variable with the key of a server. */
export const trackioKey = (url: string): string => (isSpace(url) ? "HF_TOKEN" : "TRACKIO_WRITE_TOKEN");

/** The key of a server, by trackio's own variable; a Space takes the Hub's token, which goes nowhere else. */
export function trackioHeaders(env: NodeJS.ProcessEnv, url: string): Record<string, string> {
  const key = env[trackioKey(url)]?.trim();
  if (!key) return {};
  return isSpace(url) ? { authorization: `Bearer ${key}` } : { "x-trackio-write-token": key };
}

class TrackioSender implements Sender {
  private at?: ServerRun;
  /** Whether the server does not have the run's settings yet. */
  private lacksSettings = false;

  constructor(
    private readonly run: TrackedRun,
    private readonly server: Server,
  ) {}

  async send(entries: readonly Entry[], signal: AbortSignal): Promise<void> {
    const { folder, name, project, settings } = this.run;
    this.at ??= await ServerRun.read(folder, "trackio", { url: this.server.url, project });
    const logs: object[] = [];
    for (const { series, step, scalars } of entries) {
      if (this.at.id === "" || this.at.isOutdatedBy(series)) {
        await this.at.begin(randomUUID());
        this.lacksSettings = true;
      }
      await this.at.add(series);
      logs.push({
        ...{ project, run: name, run_id: this.at.id, step },
        metrics: Object.fromEntries(Object.entries(scalars).filter(([, value]) => Number.isFinite(value))),
        // The server ignores a second entry with the same id, such as a step that is made again.
        log_id: `${this.at.id}/${series.name}/${step}`,
        ...(this.lacksSettings && { config: settings }),
      });
    }
    await askServer(this.server, "/api/bulk_log", { body: { logs, hf_token: null }, answer: z.object({}), signal });
    this.lacksSettings = false;
  }
}

/** Opens a tracker that sends metrics to a trackio server. */
export const openTrackio = (run: TrackedRun, server: Server): Tracker =>
  deliverTo(new TrackioSender(run, server), "trackio", run);
