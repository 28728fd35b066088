/** Shared by the figures of shares: one panel per direction, into the base and the tuned model. */
import * as Plot from "@observablehq/plot";
import type { Interval } from "../../results/results.js";
import { percent } from "../format.js";

type Way = "intoBase" | "intoTuned";

const ways: Readonly<Record<Way, string>> = { intoBase: "put into base", intoTuned: "taken from tuned" };
const names = Object.values(ways);

/** A share in its panel. */
export interface WayPoint extends Pick<Interval, "value" | "low" | "high"> {
  readonly way: string;
}

/** A point per panel. */
export function bothWays(shares: Readonly<Record<Way, Interval>>): WayPoint[] {
  return (["intoBase", "intoTuned"] as const).map((way) => {
    const { value, low, high } = shares[way];
    return { way: ways[way], value, low, high };
  });
}

/** Both shares, for readers who cannot see the figure. */
export const sharesInWords = ({ intoBase, intoTuned }: Readonly<Record<Way, Interval>>): string =>
  `${ways.intoBase} ${percent(intoBase.value, 0)}, ${ways.intoTuned} ${percent(intoTuned.value, 0)}`;

/** Margins, panels and the axis of shares. */
export const wayOptions = {
  marginLeft: 52,
  marginRight: 20,
  marginTop: 26,
  marginBottom: 42,
  fy: { domain: names, label: null, axis: null, padding: 0.16 },
  y: { grid: true, ticks: 5, label: "↑ share of the difference", tickFormat: (value: number) => percent(value, 0) },
  color: { type: "identity" },
} as const;

/** The line at 0, and the panels' names. */
export const zeroAndNames = () => ({
  zero: Plot.ruleY([0], { stroke: "currentColor", strokeOpacity: 0.6 }),
  names: Plot.text(names, {
    fy: (way: string) => way,
    text: (way: string) => way,
    frameAnchor: "top-right",
    dy: -2,
    fontWeight: 600,
  }),
});
