/** What passes between a run and the process of the user's module. */

/** To the process: texts to value. */
export interface ModuleCall {
  readonly id: number;
  readonly texts: readonly string[];
}

/** What went wrong in the process, in plain text: what a module throws may be anything. */
export interface ModuleProblem {
  readonly message: string;
  /** File, line and column of the module, where known. */
  readonly at?: string;
  readonly help?: string;
}

/** From the process. Calls are answered in any order; `crashed` ends it. */
export type ModuleReport =
  | { readonly kind: "loaded" }
  | { readonly kind: "refused"; readonly problem: ModuleProblem }
  | { readonly kind: "values"; readonly id: number; readonly values: readonly number[] }
  | { readonly kind: "failed"; readonly id: number; readonly problem: ModuleProblem }
  | { readonly kind: "crashed"; readonly problem: ModuleProblem };
