import type { LogLevel } from '../api/types.ts';
import { quote } from '../problem.ts';
import { type Connection, readConnection } from './connection.ts';
import { type InputReader, inputReader, type ReadInputs } from './reader.ts';
import { type FollowingInputs, readFollowing, readLogLevel } from './shared.ts';

/** The inputs of the wait action, parsed. */
export interface WaitInputs extends FollowingInputs {
  readonly name: string;
  readonly buildId: string;
  /** Empty: the template is found by its name. */
  readonly templateId: string;
  /** Path of the build job's result file. Empty for none. */
  readonly result: string;
  readonly logLevel: LogLevel;
  readonly connection: Connection;
}

/** Reads all inputs of the wait action. It never throws: what is wrong is in `problems`. */
export function readWaitInputs(env: NodeJS.ProcessEnv): ReadInputs<WaitInputs> {
  const reader = inputReader(env);
  const inputs: WaitInputs = {
    ...readBuild(reader),
    templateId: reader.text('template-id'),
    result: reader.text('result'),
    ...readFollowing(reader),
    logLevel: readLogLevel(reader, 'info'),
    connection: readConnection(env, reader),
  };
  return reader.done(inputs);
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const where = 'It is the output reference of the build action, in the form name:buildId.';

/** Reads the build by its reference, or by name and identifier. Where both are given, they must agree. */
function readBuild(reader: InputReader): { name: string; buildId: string } {
  const reference = reader.text('reference').toLowerCase();
  const [, ofName = '', ofBuild = ''] = /^([^:]*):?(.*)$/.exec(reference) ?? [];
  const name = reader.text('name') || ofName;
  const buildId = reader.text('build-id').toLowerCase() || ofBuild;
  if (buildId === '') {
    const missing =
      reference === '' ? 'is empty, and there is no build-id either' : `found ${quote(reference)}`;
    reader.reject('reference', `${missing}; expected the build to wait for. ${where}`);
  } else if (!uuid.test(buildId)) {
    const input = reader.text('build-id') === '' ? 'reference' : 'build-id';
    reader.reject(input, `found ${quote(buildId)}, expected the identifier of a build, a UUID. ${where}`);
  }
  if (reference !== '' && (ofName !== name || ofBuild !== buildId)) {
    reader.reject(
      'reference',
      `found ${quote(reference)}, while name and build-id give ${quote(`${name}:${buildId}`)}.`,
    );
  }
  return { name, buildId };
}
