import type { Answer } from '../answer.ts';
import type { Run } from '../run.ts';

/** A question to the real service. It fails alone: the others are asked all the same. */
export interface Question {
  /** For JSON. */
  readonly id: string;
  readonly text: string;
  /** Asked only with `--limits`, since it takes every free build of the team for a moment. */
  readonly onlyWithLimits?: true;
  /** Rejects with `NotAnswered`, a `ServiceError` or the signal's reason. */
  readonly ask: (run: Run) => Promise<Answer>;
}
