import { quote } from '../problem.ts';
import { type Connection, readConnection } from './connection.ts';
import { type InputReader, inputReader, type ReadInputs } from './reader.ts';

/** The inputs of the promote action, parsed. */
export interface PromoteInputs {
  readonly name: string;
  /** A tag, or the identifier of a build. */
  readonly from: string;
  /** As written. Empty: the event decides. */
  readonly tags: string;
  /** Lets pull requests and merge groups move `latest`, `default` and versions. */
  readonly allowProductionTags: boolean;
  /** Only show what would move. */
  readonly dryRun: boolean;
  readonly summary: boolean;
  readonly connection: Connection;
}

/** Reads all inputs of the promote action. It never throws: what is wrong is in `problems`. */
export function readPromoteInputs(env: NodeJS.ProcessEnv): ReadInputs<PromoteInputs> {
  const reader = inputReader(env);
  const name = reader.text('name');
  const inputs: PromoteInputs = {
    name,
    from: readFrom(reader, name),
    tags: reader.text('tags'),
    allowProductionTags: reader.flag('allow-production-tags', false),
    dryRun: reader.flag('dry-run', false),
    summary: reader.flag('summary', true),
    connection: readConnection(env, reader),
  };
  return reader.done(inputs);
}

/** Accepts the output `reference` of the build action too, when it belongs to the same template. */
function readFrom(reader: InputReader, name: string): string {
  const from = reader.text('from').toLowerCase();
  const expected = 'expected a tag, the identifier of a build, or a reference such as my-agent:<buildId>';
  if (from === '') {
    reader.reject('from', `is empty, ${expected}. The output reference of the build action is one.`);
    return from;
  }
  const colon = from.indexOf(':');
  const [template, build] = colon < 0 ? [name, from] : [from.slice(0, colon), from.slice(colon + 1)];
  if (template !== name) {
    reader.reject(
      'from',
      `found ${quote(from)}, which does not belong to the template ${quote(name)} of the input name.`,
    );
  }
  if (!/^[a-z0-9_.-]{1,128}$/.test(build)) reader.reject('from', `found ${quote(from)}, ${expected}.`);
  return build;
}
