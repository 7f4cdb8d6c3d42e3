import { isRecord } from '../../../json.ts';
import type { Recorder } from '../recorder.ts';
import { instructionsOf } from '../recorder.ts';

/** What a login shell has in its PATH anyway. */
const usual = new Set(['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']);

/**
 * Gives the steps of a Dockerfile the PATH of the base image, as Docker does. The service runs them in a login shell, which
 * forgets it, so `go` of a Go image would not be found. An image with the usual folders changes nothing.
 */
export async function fillBasePath(template: object, recorder: Recorder): Promise<void> {
  const read: unknown = Reflect.get(template, 'resolveInheritedConfig');
  const own: unknown = Reflect.get(template, 'envs');
  if (Reflect.get(template, 'inheritImageConfig') !== true || typeof read !== 'function' || !isRecord(own))
    return;
  // The SDK puts the variables of the image below those that are set, so PATH would hide that of the image.
  Reflect.set(template, 'envs', {});
  await Reflect.apply(read, template, []);
  const image: unknown = Reflect.get(template, 'envs');
  const envs: Record<string, unknown> = { ...(isRecord(image) ? image : {}), ...own };
  Reflect.set(template, 'envs', envs);
  const path = isRecord(image) ? image['PATH'] : undefined;
  if (typeof path !== 'string' || path.split(':').every((folder) => usual.has(folder))) return;
  for (const instruction of instructionsOf(template)) {
    const filled = recorder.withPath(instruction)?.(path);
    const args: unknown = Reflect.get(instruction, 'args');
    if (filled === undefined || !Array.isArray(args)) continue;
    const at =
      Reflect.get(instruction, 'type') === 'RUN'
        ? 0
        : args.findIndex((arg, index) => index % 2 === 0 && arg === 'PATH') + 1;
    if (envs['PATH'] === args[at] && at > 0) envs['PATH'] = filled;
    args[at] = filled;
  }
}
