import { aboutBuilds } from './builds.ts';
import { deletion } from './deletion.ts';
import { aboutSizes, concurrency, retryAfter } from './limits.ts';
import type { Question } from './question.ts';
import { aboutSandboxes, preBoot } from './sandboxes.ts';
import { aboutTags, tagUntilReady } from './tags.ts';
import { aboutUploads } from './uploads.ts';

export type { Question } from './question.ts';

/**
 * In the order in which they are asked. The second build comes after all that is asked of the first, and the deletion
 * last.
 */
export const questions: readonly Question[] = [
  ...aboutUploads,
  ...aboutTags,
  ...aboutSandboxes,
  ...aboutSizes,
  tagUntilReady,
  ...aboutBuilds,
  preBoot,
  concurrency,
  retryAfter,
  deletion,
];
