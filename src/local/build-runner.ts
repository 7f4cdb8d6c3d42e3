import type { RecipeBody } from '../api/types.ts';
import type { Build } from './build.ts';
import type { Executor, ExecutorBuild, ExecutorResult, Machine } from './executor.ts';
import { failures } from './failures.ts';
import type { FileStore } from './files.ts';
import { durationText } from './log-format.ts';
import { DEFAULT_TAG, parseReference } from './names.ts';
import type { TemplateStore } from './store.ts';

interface Running {
  readonly abort: AbortController;
  readonly settled: Promise<void>;
}

/** Hands started builds to the executor and writes the service's own lines into their logs. */
export class BuildRunner {
  readonly #executor: Executor;
  readonly #store: TemplateStore;
  readonly #files: FileStore;
  readonly #limitMs: number;
  readonly #running = new Map<Build, Running>();

  /** @param limitMs how long a build may take, in milliseconds */
  constructor(executor: Executor, store: TemplateStore, files: FileStore, limitMs: number) {
    this.#executor = executor;
    this.#store = store;
    this.#files = files;
    this.#limitMs = limitMs;
  }

  /** Starts a waiting build and returns at once. */
  start(build: Build, template: RecipeBody): void {
    build.start(template);
    build.log({ level: 'info', message: `Building template ${build.templateId}/${build.id}` });
    const abort = new AbortController();
    const timer = setTimeout(() => {
      this.#end(build, failed(failures.tookTooLong(durationText(this.#limitMs))));
      abort.abort();
    }, this.#limitMs);
    const settled = this.#execute(build, template, abort.signal)
      .then((result) => this.#end(build, result))
      .finally(() => {
        clearTimeout(timer);
        this.#running.delete(build);
      });
    this.#running.set(build, { abort, settled });
  }

  /** Ends a running build as cancelled; its status is final when this returns. */
  cancel(build: Build): void {
    this.#end(build, failed(failures.cancelled()));
    this.#running.get(build)?.abort.abort();
  }

  /** The executor's machine for a ready build; `undefined` where the executor has none. */
  startMachine(build: Build): Promise<Machine> | undefined {
    const { template } = build;
    if (!template || !this.#executor.startMachine) return undefined;
    return this.#executor.startMachine(this.#describe(build, template, this.#parentOf(template)));
  }

  /** Cancels running builds, waits for the executor to settle, and closes it. */
  async close(): Promise<void> {
    const settled = [...this.#running.values()].map((running) => running.settled);
    for (const build of this.#running.keys()) this.cancel(build);
    await Promise.all(settled);
    await this.#executor.close?.();
  }

  async #execute(build: Build, template: RecipeBody, signal: AbortSignal): Promise<ExecutorResult> {
    const parent = this.#parentOf(template);
    if (template.fromTemplate !== undefined && !parent) {
      return failed(failures.baseTemplateNotFound(template.fromTemplate), 'base');
    }
    try {
      return await this.#executor.execute(
        this.#describe(build, template, parent),
        (line) => build.log(line),
        signal,
      );
    } catch (error) {
      const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
      build.log({ level: 'debug', message: `The ${this.#executor.name} executor threw: ${detail}` });
      return failed(failures.internal());
    }
  }

  #describe(build: Build, template: RecipeBody, parent: Build | undefined): ExecutorBuild {
    // A recipe with one of the two commands replaces both of the parent's.
    const own = template.startCmd || template.readyCmd;
    const commands = own ? template : parent && this.#commands(parent);
    return {
      templateId: build.templateId,
      buildId: build.id,
      name: build.name,
      tags: build.registeredTags,
      ordinal: build.ordinal,
      template,
      ...(parent && { parent: { templateId: parent.templateId, buildId: parent.id } }),
      ...(commands?.startCmd && { startCmd: commands.startCmd }),
      ...(commands?.readyCmd && { readyCmd: commands.readyCmd }),
      cpuCount: build.cpuCount,
      memoryMb: build.memoryMb,
      archivePath: (hash) => this.#files.get(hash)?.path,
    };
  }

  #commands(build: Build): Pick<RecipeBody, 'startCmd' | 'readyCmd'> | undefined {
    const template = build.template;
    if (!template || template.startCmd || template.readyCmd || !template.fromTemplate) return template;
    const parent = this.#parentOf(template);
    return parent && this.#commands(parent);
  }

  /** The ready build that a recipe begins with, if it begins with one. */
  #parentOf({ fromTemplate: reference }: RecipeBody): Build | undefined {
    if (reference === undefined) return undefined;
    try {
      const { alias, tag } = parseReference(reference, 'Invalid base template');
      const template = this.#store.byIdOrAlias(alias);
      return template && this.#store.readyBuild(template.id, tag ?? DEFAULT_TAG);
    } catch {
      return undefined;
    }
  }

  #end(build: Build, result: ExecutorResult): void {
    if (build.isFinal) return;
    if (result.status === 'ready') {
      const took = durationText(Date.now() - (build.startedAt ?? build.createdAt));
      build.log({ level: 'info', message: `Build finished, took ${took}` });
    } else {
      build.log({ level: 'error', message: `Build failed: ${result.reason.message}` });
    }
    build.finish(result);
  }
}

function failed(message: string, step?: string): ExecutorResult {
  return { status: 'error', reason: step === undefined ? { message } : { message, step } };
}
