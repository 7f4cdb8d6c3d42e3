import { dirname } from 'node:path';
import type { ReadKind } from '../reader.ts';

/** Reads a Dockerfile. Its folder is the context. */
export const readDockerfileKind: ReadKind = async ({ file }, { sdk, recorder, phase, watched }) => {
  await watched;
  phase({ name: 'evaluating' });
  const contextDirectory = dirname(file);
  const Template = sdk.exports['Template'] as (options: object) => {
    fromDockerfile(path: string): object;
  };
  const template = Template({ fileContextPath: contextDirectory });
  recorder.callAt({ file, line: 1 }, () => template.fromDockerfile(file));
  return { template, contextDirectory };
};
