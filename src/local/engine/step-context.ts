import type { ExecutorBuild } from '../executor.ts';
import type { Container } from './container.ts';
import type { Output } from './output.ts';
import type { RecipeState } from './state.ts';

/** Where a step runs, and what it begins with. */
export interface StepContext {
  readonly build: ExecutorBuild;
  readonly container: Container;
  readonly state: RecipeState;
  readonly output: Output;
  readonly hasNetwork: boolean;
  readonly signal: AbortSignal;
}

export type StepResult =
  | { readonly ok: true; readonly state: RecipeState }
  | { readonly ok: false; readonly reason: string };
