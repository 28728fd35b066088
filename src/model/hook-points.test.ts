import { expect, test } from "vitest";
import { RewardscopeError } from "../errors.js";
import { findHookPoint, hookPointName, hookSites, lastHookPoint, mlpHookPoint, parseHookPoint } from "./hook-points.js";

test("addresses are read as they are written", () => {
  for (const site of hookSites)
    for (const layer of [0, 9, 10, 31]) {
      expect(parseHookPoint(hookPointName({ layer, site }))).toEqual({ layer, site });
      expect(findHookPoint(`blocks.${layer}.hook_${site}`, 32)).toEqual({ layer, site });
    }
  expect(mlpHookPoint(3)).toBe("blocks.3.hook_mlp_out");
});

test.each([
  "blocks.00.hook_mlp_out",
  "blocks.-1.hook_mlp_out",
  "blocks.1.5.hook_mlp_out",
  "blocks.1.hook_mlp_out ",
  "blocks.1.hook_resid_pre",
  "blocks.1.attn.hook_q",
  "hook_embed",
  "",
])("%j is no hook point", (name) => {
  expect(parseHookPoint(name)).toBeUndefined();
});

test("what a model lacks is refused, and what it has is named", () => {
  for (const name of ["blocks.2.hook_mlp_out", "blocks.0.hook_resid_pre"]) {
    const attempt = () => findHookPoint(name, 2);
    expect(attempt).toThrow(RewardscopeError);
    expect(attempt).toThrow(`there is no hook point ${name}`);
    expect(attempt).toThrow(
      "blocks.N.hook_attn_out, blocks.N.hook_mlp_out, blocks.N.hook_resid_post for N from 0 to 1",
    );
  }
});

test("the last hook point is that of the highest layer, and in a layer that of the residual stream", () => {
  const at = (names: readonly string[]) => lastHookPoint(names.map((name) => findHookPoint(name, 12)));
  expect(at(["blocks.10.hook_attn_out", "blocks.9.hook_resid_post"])).toEqual({ layer: 10, site: "attn_out" });
  expect(at(["blocks.1.hook_resid_post", "blocks.1.hook_mlp_out"])).toEqual({ layer: 1, site: "resid_post" });
  expect(at(["blocks.1.hook_attn_out", "blocks.1.hook_mlp_out"])).toEqual({ layer: 1, site: "mlp_out" });
  expect(at([])).toBeUndefined();
});
