import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Definition } from '../../src/definition/definition.ts';
import { kindOf } from '../../src/definition/kinds.ts';
import { loadDefinition } from '../../src/definition/process/load.ts';
import type { ReadingInputs } from '../../src/definition/protocol.ts';
import { type Problem, ProblemsError, type SourceLocation } from '../../src/problem.ts';
import { bundledSdk, host } from './definition-bundles.ts';

/** A repository with these files in a new folder, which is removed when the test ends. */
export function project(files: Record<string, string>): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'definition-')));
  onTestFinished(() => {
    for (const path of [directory, `${directory}.temporary`]) rmSync(path, { recursive: true, force: true });
  });
  for (const [name, content] of Object.entries(files)) {
    const path = join(directory, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
  return directory;
}

export interface Loaded {
  readonly directory: string;
  readonly definition?: Definition;
  readonly problems: readonly Problem[];
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
}

export interface LoadOptions {
  readonly file?: string;
  readonly exportName?: string;
  readonly reading?: ReadingInputs;
  readonly env?: NodeJS.ProcessEnv;
  readonly timeLimitMs?: number;
  readonly memoryLimitMb?: number;
  readonly signal?: AbortSignal;
  readonly node?: string;
  readonly onLine?: (line: string) => void;
  /** Does to the folder what files alone cannot say, before the definition is loaded. */
  readonly prepare?: (directory: string) => void;
}

/** Loads the definition of a project from source, as the action does, and gives back all that came of it. */
export async function load(files: Record<string, string>, options: LoadOptions = {}): Promise<Loaded> {
  const directory = project(files);
  options.prepare?.(directory);
  const stdout: string[] = [];
  const stderr: string[] = [];
  const result = { directory, stdout, stderr };
  const file = join(directory, options.file ?? Object.keys(files)[0] ?? '');
  try {
    const definition = await loadDefinition(
      {
        kind: kindOf(file)?.name ?? 'module',
        file,
        workingDirectory: directory,
        temporaryDirectory: `${directory}.temporary`,
        timeLimitMs: options.timeLimitMs ?? 20_000,
        env: {
          PATH: process.env['PATH'],
          NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
          ...options.env,
        },
        reading: {
          ...options.reading,
          ...(options.exportName === undefined ? {} : { exportName: options.exportName }),
        },
        ...(options.memoryLimitMb === undefined ? {} : { memoryLimitMb: options.memoryLimitMb }),
      },
      {
        host,
        bundledSdk,
        output: (line, stream) => {
          (stream === 'stdout' ? stdout : stderr).push(line);
          options.onLine?.(line);
        },
        ...(options.signal ? { signal: options.signal } : {}),
        ...(options.node ? { node: options.node } : {}),
      },
    );
    return { ...result, definition, problems: [] };
  } catch (error) {
    if (!(error instanceof ProblemsError)) throw error;
    return { ...result, problems: error.problems };
  }
}

/** The definition that was loaded; a test that expects one fails with what was wrong instead. */
export function definitionOf(loaded: Loaded): Definition {
  if (!loaded.definition) throw new Error(`Not loaded: ${JSON.stringify(loaded.problems, null, 1)}`);
  return loaded.definition;
}

/** `template.ts:7`, as a person would say it. */
export function place(loaded: Loaded, at: SourceLocation | undefined): string | undefined {
  return at && `${relative(loaded.directory, at.file)}:${at.line}`;
}

/** One line for each step: `RUN pip install x <template.ts:3>`. */
export function steps(loaded: Loaded): string[] {
  return definitionOf(loaded).steps.map(({ wire, source, addedBySdk }) =>
    addedBySdk
      ? `${wire.type} (${addedBySdk})`
      : `${wire.type} ${(wire.args ?? []).filter(Boolean).join(' ')} <${place(loaded, source)}>`,
  );
}
