import type { FailureContext } from './evidence.ts';
import type { FailureClass } from './failure-classes.ts';

/** One way in which a command fails, known by how it ended or by what it printed last. */
export interface RunRule {
  readonly class: FailureClass;
  readonly exitStatus?: number;
  /** One of the last lines; the texts get its first group that matched as `found`. */
  readonly line?: RegExp;
  readonly when?: (context: FailureContext) => boolean;
  readonly what: string | ((context: FailureContext) => string);
  readonly advice: string | ((context: FailureContext) => string);
  readonly cacheIsInnocent?: true;
}
