import type { Definition } from '../definition/definition.ts';

/** What sets the context directory of a definition: its own option where it has one that counts, else the input. */
export type ContextSetting = 'the input context' | 'fileContextPath' | 'file_context_path';

/** What a person has to set for another context directory. The input wins over the definition. */
export function contextSetting({
  kind,
  contextGiven,
}: Pick<Definition, 'kind' | 'contextGiven'>): ContextSetting {
  if (contextGiven || kind === 'dockerfile' || kind === 'config') return 'the input context';
  return kind === 'python' ? 'file_context_path' : 'fileContextPath';
}
