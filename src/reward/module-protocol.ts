/** Messages between a run and the process of the user's module. */

/** To the process: texts to score. */
export interface ModuleCall {
  readonly id: number;
  readonly texts: readonly string[];
}

/** An error of the process in plain text, since a module can throw any value. */
export interface ModuleProblem {
  readonly message: string;
  /** File, line and column in the module, if known. */
  readonly at?: string;
  readonly help?: string;
}

/** From the process. Calls are answered in any order; `crashed` is the last message. */
export type ModuleReport =
  | { readonly kind: "loaded" }
  | { readonly kind: "refused"; readonly problem: ModuleProblem }
  | { readonly kind: "values"; readonly id: number; readonly values: readonly number[] }
  | { readonly kind: "failed"; readonly id: number; readonly problem: ModuleProblem }
  | { readonly kind: "crashed"; readonly problem: ModuleProblem };
