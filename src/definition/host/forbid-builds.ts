import { relative } from 'node:path';
import type { Problem, SourceLocation } from '../../problem.ts';
import { isRecord } from '../protocol.ts';
import { callerStack, type FrameFinder } from '../stack-frames.ts';
import type { Sdk } from './load-sdk.ts';
import type { Recorder } from './recorder.ts';

/**
 * Lets no build start from within a definition: a call of `Template.build` is the end of loading it,
 * also where the script would catch an error and go on.
 */
export function forbidBuilds(
  sdk: Sdk,
  context: {
    readonly file: string;
    readonly workingDirectory: string;
    readonly frames: FrameFinder;
    readonly recorder: Recorder;
  },
  fail: (problem: Problem) => never,
): void {
  const shown = (at: SourceLocation): string => relative(context.workingDirectory, at.file);
  for (const method of ['build', 'buildInBackground']) {
    const refuse = (template: unknown): never => {
      const at = context.frames.find(callerStack()) ?? { file: context.file, line: 1 };
      const base = isRecord(template) ? context.recorder.parts(template).base : undefined;
      const elsewhere =
        base && base.file !== at.file && base.file !== context.file
          ? ` The template that it builds is in ${shown(base)}: point the input template: at that file.`
          : ' Export the template instead (export const template = …), and move the call into a script of its own or take it out.';
      return fail({
        title: 'The definition builds by itself',
        message: `${shown(at)}:${at.line} calls Template.${method}(). The action does the building; a definition only describes the template.${elsewhere}`,
        at,
      });
    };
    for (const owner of [sdk.exports['Template'], sdk.exports['TemplateBase']]) {
      if (typeof owner === 'function' && method in owner) Reflect.set(owner, method, refuse);
    }
  }
}
