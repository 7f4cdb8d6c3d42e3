import { createHash } from 'node:crypto';
import type { RecipeBody } from '../api/types.ts';

/** The cache keys of a recipe's layers, each 64 hex digits; the log's headers show them. */
export interface LayerKeys {
  readonly base: string;
  readonly user: string;
  readonly steps: readonly string[];
  readonly finalize: string;
  readonly optimize: string;
}

/**
 * Chains the keys by the service's rules: the image's name as written (not its digest) or the parent's
 * build, then type, arguments joined by one space and `filesHash` of each step. CPU, memory, name, tags,
 * start and ready command and registry credentials do not change a key.
 */
export function layerKeys(template: RecipeBody, parentBuildId?: string): LayerKeys {
  const base = chained(
    '',
    'base',
    parentBuildId ? `template ${parentBuildId}` : `image ${template.fromImage}`,
  );
  const user = chained(base, 'user', 'user');
  let previous = user;
  const steps = template.steps.map((step) => {
    previous = chained(previous, step.type.toUpperCase(), (step.args ?? []).join(' '), step.filesHash ?? '');
    return previous;
  });
  const finalize = chained(previous, 'finalize');
  return { base, user, steps, finalize, optimize: chained(finalize, 'optimize') };
}

function chained(previous: string, ...parts: string[]): string {
  const hash = createHash('sha256').update(previous);
  // The length in front keeps ['a', 'bc'] and ['ab', 'c'] apart.
  for (const part of parts) hash.update(`\n${Buffer.byteLength(part)}:`).update(part);
  return hash.digest('hex');
}
