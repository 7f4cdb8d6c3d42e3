import { join } from 'node:path';
import { kindOf } from '../definition/kinds.ts';
import { javascriptText, type Problem, type SourceLocation } from '../problem.ts';
import { isOfMachine } from '../runner-errors.ts';
import type { ContextSetting } from './context-setting.ts';
import { escapedSource } from './copy-source.ts';
import type { IgnoreRule } from './ignore-rules.ts';
import { type RelativeContext, workingDirectoryAdvice } from './relative-context.ts';

/** The files of one COPY. */
export interface CopyFiles {
  /** As written in the definition. */
  readonly source: string;
  /** Absolute path that the source is relative to. */
  readonly contextDirectory: string;
  /** What sets that path; absent: `fileContextPath`. */
  readonly contextSetting?: ContextSetting;
  /** Set where the definition names the context directory by a relative path. */
  readonly relativeContext?: RelativeContext;
  /** Send what a symbolic link points at instead of the link. */
  readonly resolveSymlinks?: boolean;
  /** The line to name in problems. */
  readonly at?: SourceLocation;
}

export type CopyProblems = ReturnType<typeof copyProblems>;

/** What can be wrong with the files of one COPY, as problems. Paths are relative to the context directory. */
export function copyProblems(copy: CopyFiles) {
  const name = `COPY "${copy.source}"`;
  const { contextSetting: setting = 'fileContextPath' } = copy;
  const elsewhere = setting === 'the input context' ? ', and the input context names another' : '';
  const absolute = (path: string) => join(copy.contextDirectory, path);
  const make = (title: string, message: string): Problem =>
    copy.at ? { title, message, at: copy.at } : { title, message };
  const literally = () => `A path of exactly this name exists. ${literalAdvice(copy)}`;
  return {
    invalid: (fault: string, named: boolean) =>
      make(
        'Invalid COPY source',
        `The COPY source "${copy.source}" cannot be used: ${fault}.${named ? ` ${literally()}` : ''}`,
      ),
    noContext: (found: string) =>
      make(
        'Missing context directory',
        `The context directory ${copy.contextDirectory} of ${name} cannot be used: ${found}.${workingDirectoryAdvice(copy.relativeContext) || ` Set ${setting} to the directory that holds the files.`}`,
      ),
    missing: (path: string) =>
      make(
        'Missing COPY source',
        `${name} names ${absolute(path)}, which does not exist.${workingDirectoryAdvice(copy.relativeContext, path) || ` Check the spelling; sources are relative to the context directory ${copy.contextDirectory}${elsewhere}.`}`,
      ),
    matchesNothing: (
      literal: boolean,
      skipped: { path: string; rule: IgnoreRule } | undefined,
      named: boolean,
    ) =>
      make(
        'COPY sends nothing',
        `${name} finds nothing in the context directory ${copy.contextDirectory}: ${literal ? 'the directory is empty' : 'no path matches the pattern'}${skipped ? ` except for what ignore rules exclude, such as "${skipped.path}" (pattern "${skipped.rule.pattern}", ${skipped.rule.origin})` : ''}. ${named ? literally() : 'Check the source, or remove the COPY.'}`,
      ),
    excluded: (path: string, rule: IgnoreRule) =>
      make(
        'COPY sends nothing',
        `Ignore rules exclude everything that ${name} names: "${path}" is excluded by the pattern "${rule.pattern}" (${rule.origin}). Change the pattern, include the files again with a "!" pattern, or remove the COPY.`,
      ),
    notDirectory: (path: string) =>
      make(
        'COPY source is not a directory',
        `${name} ends in a slash, but ${absolute(path)} is not a directory. Leave out the slash.`,
      ),
    /** @throws the error itself when its cause is the machine and not the path */
    unreadable: (path: string, error: unknown) => {
      if (isOfMachine(error)) throw error;
      return make(
        'Unreadable path in COPY',
        `${name} includes ${absolute(path)}, which cannot be read (${reason(error)}). Fix its permissions or name it in .dockerignore.`,
      );
    },
    special: (path: string) =>
      make(
        'Special file in COPY',
        `${name} includes ${absolute(path)}, which is a socket, pipe or device and cannot be sent. Remove it or name it in .dockerignore.`,
      ),
    notUtf8: (path: string) =>
      make(
        'File name is not UTF-8',
        `${name} includes ${absolute(path)}, whose name is not valid UTF-8. Rename it or name its directory in .dockerignore.`,
      ),
    outside: (path: string, target: string) =>
      make(
        'COPY leads out of the context',
        `${name} reaches ${target} through a symbolic link in ${absolute(path)}; that is outside the context directory ${copy.contextDirectory}. Put a copy into the context directory, or set ${setting} to a directory that holds both.`,
      ),
    brokenLink: (path: string, error: unknown) =>
      make(
        'Broken symbolic link',
        `${name} resolves symbolic links, and ${absolute(path)} cannot be followed (${reason(error)}). Fix or remove the link, or name it in .dockerignore.`,
      ),
    linkAsText: (path: string) =>
      make(
        'Symbolic link checked out as text',
        `${name} resolves symbolic links, and ${absolute(path)} is one in git, but here a file that holds its target. Set "git config core.symlinks true" and check out again, or leave out ${copy.at && kindOf(copy.at.file)?.name === 'python' ? 'resolve_symlinks' : 'resolveSymlinks'}.`,
      ),
    circle: (path: string, real: string) =>
      make(
        'Symbolic link in a circle',
        `${name} resolves symbolic links, and ${absolute(path)} leads back to ${real}, which it lies in. Remove the link or name it in .dockerignore.`,
      ),
    more: (count: number) =>
      make(
        'More problems',
        `${name} has ${count} more ${count === 1 ? 'problem' : 'problems'} of this kind.`,
      ),
  };
}

/** How to name a path that looks like a pattern. */
export function literalAdvice({ source, at }: Pick<CopyFiles, 'source' | 'at'>): string {
  const segments = source.split('/');
  const special = segments.findIndex((segment) => escapedSource(segment) !== segment);
  const folder = segments.slice(0, special).join('/');
  const whole = folder ? `copy the folder "${folder}" whole` : 'copy a folder that holds it';
  if (at && kindOf(at.file)?.name === 'dockerfile') {
    return `To name it, and no pattern, write ${source.replace(/[*?[]/g, '[$&]')}, or ${whole}.`;
  }
  return `To name it, and no pattern, write ${javascriptText(escapedSource(source))} in copy(), or ${whole}.`;
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOENT: 'it does not exist',
  ENOTDIR: 'it is not a directory',
  ELOOP: 'its symbolic links lead in a circle',
};

/** The system's reason in words: `permission denied`, or its code. */
export function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return (code && REASONS[code]) ?? code ?? message;
}

/** The first ten problems of one COPY, and the number of further ones. */
export class ProblemList {
  readonly #messages: CopyProblems;
  readonly #kept: Problem[] = [];
  #more = 0;

  constructor(messages: CopyProblems) {
    this.#messages = messages;
  }

  add(problem: Problem): void {
    if (this.#kept.length < 10) this.#kept.push(problem);
    else this.#more += 1;
  }

  all(): readonly Problem[] {
    return this.#more === 0 ? this.#kept : [...this.#kept, this.#messages.more(this.#more)];
  }
}
