/** Trackers of a run, for as long as its stages run. */
import { basename } from "node:path";
import type { Config } from "../../config/config.js";
import { isObject } from "../../io/json-object.js";
import { noTracker, type TrackedRun, type Tracker } from "../../tracking/tracker.js";
import { openTrackers } from "../../tracking/trackers.js";

/** Groups of settings that a server gets: numbers of training, no texts, names of files or addresses. */
const groups = ["ppo", "layers", "dictionaries"] as const;

function flat(settings: object, prefix: string): [string, string][] {
  return Object.entries(settings).flatMap(([name, value]): [string, string][] =>
    isObject(value) ? flat(value, `${prefix}${name}.`) : [[`${prefix}${name}`, JSON.stringify(value)]],
  );
}

/**
 * Does the work with the trackers that the configuration names, and closes them with its outcome.
 * @param config undefined for a run that has no work
 */
export async function trackRun(
  config: Config | undefined,
  about: Pick<TrackedRun, "folder" | "clock" | "log">,
  signal: AbortSignal,
  work: (tracker: Tracker) => Promise<void>,
): Promise<void> {
  if (!config?.tracking) return work(noTracker);
  const { tracking, seed } = config;
  const settings = Object.fromEntries([
    ...groups.flatMap((name) => flat(config[name], `${name}.`)),
    ["seed", `${seed}`],
  ]);
  const { project, name = basename(about.folder) } = tracking;
  const tracker = openTrackers(tracking, { ...about, project, name, settings });
  try {
    await work(tracker);
    await tracker.close("done");
  } catch (error) {
    await tracker.close(signal.aborted ? "stopped" : "failed");
    throw error;
  }
}
