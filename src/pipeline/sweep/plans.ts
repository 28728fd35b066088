/** Several runs as data: what each is, in full, before any of them begins. */
import type { Config } from "../../config/config.js";
import type { HubPins } from "../run/hub-inputs.js";

/** One run. Whoever has its inputs comes to the same results from it, on any machine. */
export interface RunPlan {
  /** Of its folder, below that of all. */
  readonly name: string;
  /** In words, for the log. */
  readonly title: string;
  readonly config: Config;
  /** Commits of what comes from the Hub, by setting; what has none is found when the run begins. */
  readonly pins: HubPins;
}

/** Why there are several runs: one per seed, or one per preset of a set. */
export type Sweep = { readonly kind: "seeds" } | { readonly kind: "presets"; readonly set: string };

export type PlanList = Sweep & {
  /** In the order of the runs, at least one. */
  readonly plans: readonly RunPlan[];
};

/** E.g. "the runs of several seeds". */
export function inWords(sweep: Sweep): string {
  return `the runs of ${sweep.kind === "seeds" ? "several seeds" : sweep.set}`;
}
