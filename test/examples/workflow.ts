import { parse } from 'yaml';
import { besideWorkspace, ours, type Use } from './published.ts';

/** What the checks read of a workflow. */
export interface Workflow {
  readonly name?: string;
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions?: Permissions;
  readonly concurrency?: Concurrency;
  readonly jobs: Readonly<Record<string, WorkflowJob>>;
}

export interface WorkflowJob extends Use {
  readonly permissions?: Permissions;
  readonly concurrency?: Concurrency;
  readonly needs?: string | readonly string[];
  readonly outputs?: Readonly<Record<string, string>>;
  readonly 'timeout-minutes'?: number;
  readonly steps?: readonly WorkflowStep[];
}

export interface WorkflowStep extends Use {
  readonly id?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
}

type Permissions = Readonly<Record<string, string>>;
export interface ConcurrencyGroup {
  readonly group: string;
  readonly 'cancel-in-progress'?: boolean | string;
  readonly queue?: string;
}
type Concurrency = string | ConcurrencyGroup;

/** The workflow, with the actions that it has beside its workspace by their published names. */
export function readWorkflow(text: string): Workflow {
  const named = text.replaceAll(
    new RegExp(`(uses: )${besideWorkspace.replaceAll('.', '\\.')}(\\S*)`, 'g'),
    `$1${ours}$2@v0`,
  );
  return parse(named);
}

export function jobsOf(workflow: Workflow): [string, WorkflowJob][] {
  return Object.entries(workflow.jobs);
}

export function stepsOf(workflow: Workflow): WorkflowStep[] {
  return Object.values(workflow.jobs).flatMap((job) => job.steps ?? []);
}
