/**
 * Names of earlier versions: they call the implicit reward `plain` (a stage, a section of
 * results.json, a CSV file and two metrics of seeds.json), and the headline metrics of seeds.json
 * `heads`. Readers of run folders replace them by the current names.
 */
import { isObject } from "../io/json-object.js";

type Fields = Readonly<Record<string, unknown>>;

/** The CSV file of implicit rewards under its earlier name. */
export const earlierImplicitRewardFile = "plain.csv";

/** The fields with one renamed and its value changed; unchanged if it is absent. */
function rename<T>(
  fields: Readonly<Record<string, T>>,
  earlier: string,
  name: string,
  change: (value: T) => T = (value) => value,
): Record<string, T> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => (key === earlier ? [name, change(value)] : [key, value])),
  );
}

/** The same for each object of a list; other values are left to the schema. */
const ofEach =
  (change: (fields: Fields) => Fields) =>
  (list: unknown): unknown =>
    Array.isArray(list) ? list.map((entry: unknown) => (isObject(entry) ? change(entry) : entry)) : list;

/** Sections of results.json, not yet checked, under current names. */
export function renameSections(sections: Fields): Record<string, unknown> {
  const againstProbe = ofEach((entry) => rename(entry, "plain", "implicitReward"));
  return rename(sections, "plain", "implicitReward", (section) =>
    isObject(section) ? rename(section, "againstProbe", "againstProbe", againstProbe) : section,
  );
}

/** Stages of run.json under current names. */
export const renameStages = <T>(stages: Readonly<Record<string, T>>): Record<string, T> =>
  rename(stages, "plain", "implicit-reward");

const metricIds: Readonly<Record<string, string>> = {
  plainTau: "implicitRewardTau",
  plainAgainstRidge: "implicitRewardAgainstRidge",
};

/** The content of seeds.json, not yet checked, under current names. */
export function renameSeeds(content: unknown): unknown {
  if (!isObject(content)) return content;
  const metrics = ofEach(({ id, ...rest }) => ({ id: metricIds[String(id)] ?? id, ...rest }));
  const figures = ofEach(({ path, ...rest }) => ({ path: renamePath(path), ...rest }));
  return rename(rename(content, "heads", "headlineMetrics", metrics), "figures", "figures", figures);
}

/** A path into results.json in a number of seeds.json: names and identities of list entries. */
const renamePath = (path: unknown): unknown =>
  Array.isArray(path) && path[0] === "plain"
    ? path.map((step: unknown) => (step === "plain" ? "implicitReward" : step))
    : path;
