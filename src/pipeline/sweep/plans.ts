/** Several runs as data: the complete plan of each, made before any begins. */
import type { Config } from "../../config/config.js";
import type { HubPins } from "../run/hub-inputs.js";

/** One run. With the same inputs it gives the same results on any machine. */
export interface RunPlan {
  /** The name of its folder in the folder of all runs. */
  readonly name: string;
  /** The run in words, for the log. */
  readonly title: string;
  readonly config: Config;
  /** Commits of inputs on the Hub, by setting; missing ones are found when the run begins. */
  readonly pins: HubPins;
}

/** The relation between the runs: one per seed, or one per preset of a set. */
export type Sweep = { readonly kind: "seeds" } | { readonly kind: "presets"; readonly set: string };

/** Runs to make, in their order. */
export type PlanList = Sweep & {
  /** In the order of the runs, at least one. */
  readonly plans: readonly RunPlan[];
};

/** E.g. "the runs of several seeds". */
export function inWords(sweep: Sweep): string {
  return `the runs of ${sweep.kind === "seeds" ? "several seeds" : sweep.set}`;
}
