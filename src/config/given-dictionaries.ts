/** Dictionaries that were trained elsewhere, as the settings `dictionaries.from` name them. */
import { z } from "zod";
import type { Rule } from "../settings/check.js";

const folders = () =>
  z
    .record(z.string().regex(/^(0|[1-9]\d*)$/, "the number of a layer, from 0"), z.string().min(1))
    .refine((byLayer) => Object.keys(byLayer).length > 0, "a folder for at least one layer");

const pair = {
  small: folders().describe(
    "The dictionaries whose features are explained, by layer: folders, or ids on the Hub (owner/name/subfolder)",
  ),
  large: folders()
    .optional()
    .describe(
      "Further dictionaries of the same layers that they are matched with; without them the stage match is left out, and the features are explained whose activation tuning changed most",
    ),
};

/** The group `dictionaries.from`. */
export const givenSchema = z
  .strictObject({
    ...pair,
    tuned: z
      .strictObject(pair)
      .optional()
      .describe("Other dictionaries for the tuned model; without them each one serves both models"),
  })
  .optional()
  .describe("Dictionaries of SAELens or dictionary_learning to use instead of trained ones");

type Given = NonNullable<z.output<typeof givenSchema>>;
type Pair = Pick<Given, "small" | "large">;

/** The part of a configuration that names dictionaries. */
interface WithGiven {
  readonly dictionaries: { readonly from?: Given };
}

/** One dictionary that a configuration names. */
export interface NamedDictionary {
  /** The name of its setting: `dictionaries.from.small.3`. */
  readonly setting: string;
  readonly model: "base" | "tuned";
  readonly size: keyof Pair;
  readonly layer: number;
  /** A folder, or an id on the Hub. */
  readonly folder: string;
}

const layersOf = (byLayer: Readonly<Record<string, string>>): number[] =>
  Object.keys(byLayer)
    .map(Number)
    .sort((a, b) => a - b);

/** The layers of given dictionaries, ascending; undefined if the run trains its own. */
export function givenLayers({ dictionaries: { from } }: WithGiven): number[] | undefined {
  return from && layersOf(from.small);
}

/** Whether there are dictionaries of two sizes, of which the small ones' features can be matched. */
export const hasTwoSizes = ({ dictionaries: { from } }: WithGiven): boolean =>
  from === undefined || from.large !== undefined;

/** The given dictionaries of both models; none if the run trains its own. */
export function givenDictionaries({ dictionaries: { from } }: WithGiven): NamedDictionary[] {
  if (!from) return [];
  const of = (model: NamedDictionary["model"], pairs: Pair, prefix: string) =>
    (["small", "large"] as const).flatMap((size) => {
      const folders = pairs[size] ?? {};
      return layersOf(folders).map((layer) => ({
        setting: `${prefix}.${size}.${layer}`,
        ...{ model, size, layer },
        folder: folders[layer],
      }));
    });
  const prefix = "dictionaries.from";
  return [
    ...of("base", from, prefix),
    ...(from.tuned ? of("tuned", from.tuned, `${prefix}.tuned`) : of("tuned", from, prefix)),
  ];
}

const listed = (byLayer: Readonly<Record<string, string>>): string => layersOf(byLayer).join(", ");

/** Without a match, features are compared between the models, for which they have to be the same. */
const ownOnesAreMatched: Rule<WithGiven> = {
  fields: ["dictionaries.from.large", "dictionaries.from.tuned.large"],
  expected: () => "large dictionaries of both models where dictionaries.from.tuned has others for the tuned one",
  holds: ({ dictionaries: { from } }) => !from?.tuned || (from.large !== undefined && from.tuned.large !== undefined),
};

/** That all have the layers of the small ones of the base model. */
const sameLayers = (["large", "tuned.small", "tuned.large"] as const).map((name): Rule<WithGiven> => {
  const other = ({ dictionaries: { from } }: WithGiven) => {
    if (name === "large") return from?.large;
    return from?.tuned?.[name === "tuned.small" ? "small" : "large"];
  };
  return {
    fields: [`dictionaries.from.${name}`, "dictionaries.from.small"],
    expected: ({ dictionaries: { from } }) => `the layers of dictionaries.from.small: ${listed(from!.small)}`,
    holds: (config) => {
      const [own, first] = [other(config), config.dictionaries.from?.small];
      return own === undefined || first === undefined || listed(own) === listed(first);
    },
  };
});

export const givenRules: Rule<WithGiven>[] = [...sameLayers, ownOnesAreMatched];
