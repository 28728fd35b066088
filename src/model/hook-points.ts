/**
 * Hook points: places of a forward pass whose values can be read and changed, with
 * TransformerLens's addresses.
 */
import { RewardscopeError } from "../errors.js";

/**
 * The hook points of a block, in the order of computation. Their values are
 * [batch, length, dModel].
 * - `attn_out`: the attention output that is added to the residual stream, after the output
 *   projection.
 * - `mlp_out`: the MLP output that is added to the residual stream.
 * - `resid_post`: the residual stream after the block, with both added.
 * With a parallel residual, the MLP reads the residual stream before attention is added, so a
 * change of `attn_out` does not affect the MLP of its own block.
 * @see TransformerLens, `transformer_lens/components/transformer_block.py`
 */
export const hookSites = ["attn_out", "mlp_out", "resid_post"] as const;
export type HookSite = (typeof hookSites)[number];

export interface HookPoint {
  /** From 0. */
  readonly layer: number;
  readonly site: HookSite;
}

/** The address of a hook point, such as `blocks.3.hook_resid_post`. */
export function hookPointName({ layer, site }: HookPoint): string {
  return `blocks.${layer}.hook_${site}`;
}

/** The address of the MLP output of a block. */
export function mlpHookPoint(layer: number): string {
  return hookPointName({ layer, site: "mlp_out" });
}

/**
 * The hook point of an address; undefined for other texts. Does not check whether a model has the
 * layer.
 */
export function parseHookPoint(name: string): HookPoint | undefined {
  const [, layer, end] = /^blocks\.(0|[1-9]\d*)\.hook_(\w+)$/.exec(name) ?? [];
  const site = hookSites.find((known) => known === end);
  return site && { layer: Number(layer), site };
}

/**
 * The hook point of an address in a model of `nLayers` blocks.
 * @throws RewardscopeError INVALID_INPUT that lists the hook points when the model does not have
 *   this one
 */
export function findHookPoint(name: string, nLayers: number): HookPoint {
  const point = parseHookPoint(name);
  if (point && point.layer < nLayers) return point;
  const sites = hookSites.map((site) => `blocks.N.hook_${site}`).join(", ");
  throw new RewardscopeError("INVALID_INPUT", `there is no hook point ${name}`, {
    help: `the model has ${sites} for N from 0 to ${nLayers - 1}`,
  });
}

export function sameHookPoint(a: HookPoint, b: HookPoint): boolean {
  return a.layer === b.layer && a.site === b.site;
}

/** The hook point that is computed last; undefined for none. */
export function lastHookPoint(points: readonly HookPoint[]): HookPoint | undefined {
  const order = ({ layer, site }: HookPoint): number => layer * hookSites.length + hookSites.indexOf(site);
  return points.toSorted((a, b) => order(a) - order(b)).at(-1);
}
