/**
 * The settings that the studies of Appendix J compare; each is measured as the mean over some
 * layers.
 */
import { chooseLayers, type LayerDivergence } from "../../compare/index.js";
import type { Config } from "../../config/config.js";
import { dictionaryKind } from "../../config/dictionary-kind.js";
import type { KindSettings } from "../../dictionary/kind.js";
import { recordOf, trainingOf } from "../../dictionary/training-kinds.js";
import type { StudySetting } from "../../results/results.js";
import type { AutoencoderSpec } from "../../sae/index.js";

/** A setting of results.json, and the kind whose settings are recorded there. */
export interface PlannedSetting extends StudySetting {
  kind: KindSettings;
}

export interface StudyPlan {
  /**
   * Figure 5, by rising l1Coef: always ReLU autoencoders, regardless of `dictionaries.activation`,
   * since they have the L1 term.
   */
  sweep: PlannedSetting[];
  /** Table 12; the other is compared with the first. */
  tying: PlannedSetting[];
  /** Table 13; the others are compared with the first. */
  layerChoice: PlannedSetting[];
}

/** Whether a configuration requests any study. */
export function hasStudies({ studies }: Config): boolean {
  return studies.l1Coefs.length > 0 || studies.tied || studies.lowest;
}

/**
 * The settings of all studies that a configuration requests; the lists of other studies are empty.
 * Table 13 calls its second row "lowest layers", its caption has "choices of divergence", and
 * Appendix J "the lowest / initial layers". Both readings are included: the layers of lowest
 * divergence, and the first layers. In the paper's models, whose deepest layers diverge most, they
 * are nearly the same. The number of layers is `layers.count`, so two choices may share some: the
 * paper's five of Pythia-70m's six share four. If a choice would be all layers, half of them are
 * taken.
 */
export function planStudies(config: Config, { layers, chosen }: Pick<LayerDivergence, "layers" | "chosen">): StudyPlan {
  const { tied } = config.dictionaries;
  const trainedAs = (kind: KindSettings) => ({ kind, ...recordOf(kind) });
  const usual = { layers: chosen, tied, ...trainedAs(dictionaryKind(config.dictionaries)) };
  const { count } = config.layers;
  const taken = { count: count < layers.length ? count : Math.max(1, Math.floor(layers.length / 2)) };
  const first = layers.map(({ layer }) => layer).sort((a, b) => a - b);
  return {
    sweep: config.studies.l1Coefs
      .toSorted((a, b) => a - b)
      .map((l1Coef) => ({ name: "relu", l1Coef }) as const)
      .map((kind) => ({ setting: trainingOf(kind).label(kind), layers: chosen, tied, ...trainedAs(kind) })),
    tying: config.studies.tied
      ? [
          { ...usual, setting: "tied weights", tied: true },
          { ...usual, setting: "untied weights", tied: false },
        ]
      : [],
    layerChoice: config.studies.lowest
      ? [
          { ...usual, setting: "highest divergence", layers: chooseLayers(layers, { choose: "highest", ...taken }) },
          { ...usual, setting: "lowest divergence", layers: chooseLayers(layers, { choose: "lowest", ...taken }) },
          { ...usual, setting: "first layers", layers: first.slice(0, taken.count) },
        ]
      : [],
  };
}

/**
 * The autoencoders of all settings, each trained once even if several settings use it. Those of a
 * layer have the initial weights of the run's small dictionary.
 */
export function autoencodersOf(settings: readonly PlannedSetting[], dIn: number, dSae: number): AutoencoderSpec[] {
  const specs = new Map<string, AutoencoderSpec>();
  for (const { layers, tied, kind } of settings)
    for (const layer of layers) {
      const name = trainingName({ tied, kind });
      specs.set(`${layer} ${name}`, { layer, name, dIn, dSae, startsAs: "small", tied, kind });
    }
  return [...specs.values()].sort((a, b) => a.layer - b.layer);
}

/** A name that is the same for autoencoders of a layer with the same settings. */
export function trainingName({ tied, kind }: Pick<PlannedSetting, "tied" | "kind">): string {
  return `${tied ? "tied" : "untied"} ${trainingOf(kind).label(kind)}`;
}
