import { relative } from 'node:path';
import { isRecord } from '../../json.ts';
import type { Problem, SourceLocation } from '../../problem.ts';
import { callerStack } from '../stack-frames.ts';
import type { GuardContext } from './guard-exit.ts';
import type { Sdk } from './load-sdk.ts';
import type { Recorder } from './recorder.ts';

/**
 * Prevents a definition from starting a build. A call of `Template.build` ends the process, so a script that catches
 * errors cannot continue.
 */
export function forbidBuilds(
  sdk: Sdk,
  context: GuardContext & { readonly recorder: Recorder },
  fail: (problem: Problem) => never,
): void {
  const relativePath = (at: SourceLocation): string => relative(context.workingDirectory, at.file);
  for (const method of ['build', 'buildInBackground']) {
    const refuse = (template: unknown): never => {
      const at = context.frames.find(callerStack()) ?? { file: context.file, line: 1 };
      const base = isRecord(template) ? context.recorder.parts(template).base : undefined;
      const elsewhere =
        base && base.file !== at.file && base.file !== context.file
          ? ` The template that it builds is in ${relativePath(base)}: point the input template: at that file.`
          : ' Export the template instead (export const template = …), and move the call to a separate script or remove it.';
      return fail({
        title: 'The definition starts a build',
        message: `Template.${method}() is called here. The action does the building; a definition only describes the template.${elsewhere}`,
        at,
      });
    };
    for (const owner of [sdk.exports['Template'], sdk.exports['TemplateBase']]) {
      if (typeof owner === 'function' && method in owner) Reflect.set(owner, method, refuse);
    }
  }
}
