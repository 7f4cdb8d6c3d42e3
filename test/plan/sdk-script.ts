import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Template } from 'novita-sandbox';
import type { Instruction } from '../../src/api/types.ts';

/**
 * The steps of a template with these calls of setEnvs, the last of which is the SDK's script for sandboxes. The
 * variables of the image are set where the SDK puts them once it has read the image.
 */
export async function templateSteps(
  calls: readonly Readonly<Record<string, string>>[],
  image: Readonly<Record<string, string>> = {},
): Promise<Instruction[]> {
  const template = calls.reduce(
    (builder, envs) => builder.setEnvs({ ...envs }),
    Template().fromTemplate('x'),
  );
  const own: object = Reflect.get(template, 'envs');
  Reflect.set(template, 'envs', { ...image, ...own });
  return (JSON.parse(await Template.toJSON(template, false)) as { steps: Instruction[] }).steps;
}

export function decoded(command: string): string {
  return Buffer.from(/^echo (\S+)/.exec(command)?.[1] ?? '', 'base64').toString('utf8');
}

/** As the SDK wraps a script. */
export function command(script: string | Buffer): string {
  const file = '/tmp/.novita-image-env.sh';
  return `echo ${Buffer.from(script).toString('base64')} | base64 -d > ${file} && sh ${file} && rm -f ${file}`;
}

/** What a script makes of both files, as sets of lines: it never reorders where a value has more than one. */
export function effectOf(command: string, directory: string) {
  const files = ['/etc/profile.d/99-image-env.sh', '/etc/environment'];
  const places = files.map((_, index) => join(directory, `file${index}`));
  const script = files.reduce(
    (text, file, index) => text.replaceAll(file, places[index] ?? ''),
    decoded(command),
  );
  let failed = false;
  try {
    execFileSync('sh', ['-c', script], { env: { PATH: process.env['PATH'] ?? '' }, stdio: 'ignore' });
  } catch {
    failed = true;
  }
  // A failing script fails the build, so its partial result does not count.
  return failed || places.map((place) => readFileSync(place, 'utf8').split('\n').sort());
}
