/** The group `tracking` of the configuration, and its rules. */
import { z } from "zod";
import type { Rule } from "../settings/check.js";
import { isPlainAddress, PLAIN_ADDRESS } from "../settings/plain-address.js";

/** Trackers; `trackers.ts` has what they do. */
export const trackerNames = ["tensorboard", "mlflow", "trackio"] as const;

export type TrackerName = (typeof trackerNames)[number];

export const trackingFields = z.strictObject({
  to: z
    .array(z.enum(trackerNames))
    .refine((names) => new Set(names).size === names.length, "different values")
    .default([])
    .describe(
      "tensorboard: event files in the run folder; mlflow, trackio: a server, which then receives metrics and settings",
    ),
  url: z
    .string()
    .refine(isPlainAddress, PLAIN_ADDRESS)
    .optional()
    .describe("Address of the server; default: MLFLOW_TRACKING_URI or TRACKIO_SERVER_URL"),
  project: z.string().min(1).default("rewardscope").describe("Experiment of MLflow, project of trackio"),
  name: z.string().min(1).optional().describe("Name of the run at the server; default: that of the run folder"),
});

export type TrackingSettings = z.output<typeof trackingFields>;

export const trackingRules: readonly Rule<TrackingSettings>[] = [
  {
    fields: ["url", "to"],
    expected: (_, at) => `left out, since ${at}to has two servers; give each in its environment variable`,
    holds: ({ url, to }) => url === undefined || to.filter((name) => name !== "tensorboard").length < 2,
  },
];
