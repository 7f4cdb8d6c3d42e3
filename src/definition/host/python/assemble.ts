import type { SourceLocation } from '../../../problem.ts';
import type { HostSession } from '../reader.ts';
import { instructionsOf } from '../recorder.ts';
import type { Fields } from './messages.ts';

/**
 * The same template as a builder of the TypeScript SDK, so that one recipe in both languages becomes the same requests.
 * A Dockerfile among its instructions is read here.
 */
export function assemble(fields: Fields, { sdk, recorder }: Pick<HostSession, 'sdk' | 'recorder'>): object {
  const make = sdk.exports['Template'] as (options: object) => object;
  const template = make({ fileContextPath: fields.context, fileIgnorePatterns: fields.ignore });
  const call = (at: SourceLocation | null | undefined, method: string, ...args: unknown[]): void => {
    recorder.callAt(at ?? undefined, () => Reflect.apply(Reflect.get(template, method), template, args));
  };
  const set = (values: Record<string, unknown>): void => {
    for (const [name, value] of Object.entries(values)) Reflect.set(template, name, value);
  };

  for (const { at, ...instruction } of fields.steps) {
    if (instruction.type === 'DOCKERFILE') {
      set({ forceNextLayer: instruction.force });
      call(at, 'fromDockerfile', instruction.args[0]);
    } else {
      (instructionsOf(template) as object[]).push(instruction);
      if (at) recorder.noteLine(instruction, at);
    }
  }
  const { image, template: parent, username, password, lines } = fields;
  if (image !== undefined) {
    call(lines.base, 'fromImage', image);
    const credentials = username && password ? { username, password } : undefined;
    set({ inheritImageConfig: fields.inheritsConfig, imageCredentials: credentials });
  }
  if (parent !== undefined) call(lines.base, 'fromTemplate', parent);
  if (fields.registry) set({ registryConfig: fields.registry });
  if (fields.start !== undefined) call(lines.start, 'setStartCmd', fields.start, fields.ready ?? '');
  if (fields.ready !== undefined) call(lines.ready, 'setReadyCmd', fields.ready);
  const envs = Reflect.get(template, 'envs') as Record<string, string>;
  set({ envs: { ...envs, ...fields.envs }, force: fields.force, forceNextLayer: fields.forceNext });
  if (fields.patch !== undefined) set({ patchCmd: fields.patch });
  return template;
}
