/** What a run can be tracked by. A new tracker is one file, one name in settings.ts and one row of this table. */
import type { ConfigIssue } from "../errors.js";
import { mlflowHeaders, openMlflow } from "./mlflow.js";
import { keyIssues, serverUrl, serverUrlIssues } from "./server-request.js";
import type { TrackerName, TrackingSettings } from "./settings.js";
import { openTensorboard } from "./tensorboard.js";
import type { TrackedRun, Tracker } from "./tracker.js";
import { openTrackio, trackioHeaders, trackioKey } from "./trackio.js";

type Env = NodeJS.ProcessEnv;

interface TrackerKind {
  /** Problems of settings and environment. */
  issues(settings: TrackingSettings, env: Env): ConfigIssue[];
  open(run: TrackedRun, settings: TrackingSettings, env: Env): Tracker;
}

/** Variables with the addresses of servers, as the trackers' own clients call them. */
const MLFLOW_URL = "MLFLOW_TRACKING_URI";
const TRACKIO_URL = "TRACKIO_SERVER_URL";

const trackers: Readonly<Record<TrackerName, TrackerKind>> = {
  tensorboard: { issues: () => [], open: (run) => openTensorboard(run) },
  mlflow: {
    issues: ({ url }, env) => [
      ...serverUrlIssues(url, MLFLOW_URL, env),
      ...(env.MLFLOW_TRACKING_USERNAME ? [] : keyIssues(["MLFLOW_TRACKING_TOKEN"], env)),
    ],
    open: (run, settings, env) =>
      openMlflow(run, { url: serverUrl(settings.url, MLFLOW_URL, env)!, headers: mlflowHeaders(env) }),
  },
  trackio: {
    issues({ url }, env) {
      const issues = serverUrlIssues(url, TRACKIO_URL, env);
      return issues.length > 0 ? issues : keyIssues([trackioKey(serverUrl(url, TRACKIO_URL, env)!)], env);
    },
    open(run, settings, env) {
      const url = serverUrl(settings.url, TRACKIO_URL, env)!;
      return openTrackio(run, { url, headers: trackioHeaders(env, url) });
    },
  },
};

/** Problems of the trackers that the settings name, such as a missing address. Makes no request. */
export const trackingIssues = (settings: TrackingSettings, env: Env = process.env): ConfigIssue[] =>
  settings.to.flatMap((name) => trackers[name].issues(settings, env));

/** Opens all trackers that the settings name, as one. Nothing is written or sent before the first value. */
export function openTrackers(settings: TrackingSettings, run: TrackedRun, env: Env = process.env): Tracker {
  const open = settings.to.map((name) => trackers[name].open(run, settings, env));
  return {
    series(series) {
      const each = open.map((tracker) => tracker.series(series));
      return {
        log(step, scalars) {
          for (const one of each) one.log(step, scalars);
        },
        text(step, texts) {
          for (const one of each) one.text(step, texts);
        },
      };
    },
    async close(outcome) {
      await Promise.all(open.map((tracker) => tracker.close(outcome)));
    },
  };
}
