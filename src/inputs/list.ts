import { type Connection, readConnection } from './connection.ts';
import { inputReader, type ReadInputs } from './reader.ts';

/** The inputs of the list action, parsed. */
export interface ListInputs {
  /** Glob patterns. Empty: a manifest says which templates there are. */
  readonly templates: readonly string[];
  /** Path as given. Empty: the manifest is looked for. */
  readonly manifest: string;
  /** Leave out what has not changed. `auto`: on for pull requests. */
  readonly changedOnly: 'auto' | 'true' | 'false';
  readonly workingDirectory: string;
  readonly summary: boolean;
  readonly connection: Connection;
}

/**
 * Reads all inputs of the list action. It never throws: what is wrong is in `problems`. A key is not needed: without
 * one, git says what has changed.
 */
export function readListInputs(env: NodeJS.ProcessEnv): ReadInputs<ListInputs> {
  const reader = inputReader(env);
  const lines = (text: string) => text.split('\n').map((line) => line.trim());
  const inputs: ListInputs = {
    templates: lines(reader.text('templates')).filter((line) => line !== '' && !line.startsWith('#')),
    manifest: reader.text('manifest'),
    changedOnly: reader.choice('changed-only', ['auto', 'true', 'false'], 'auto'),
    workingDirectory: reader.text('working-directory') || '.',
    summary: reader.flag('summary', true),
    connection: readConnection(env, reader, { keyOptional: true }),
  };
  if (inputs.templates.length > 0 && inputs.manifest !== '')
    reader.reject('manifest', 'is given together with templates. Keep the one that names your templates.');
  return reader.done(inputs);
}
