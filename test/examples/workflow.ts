import { parse } from 'yaml';
import type { Use } from './published.ts';

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
}

type Permissions = Readonly<Record<string, string>>;
export interface ConcurrencyGroup {
  readonly group: string;
  readonly 'cancel-in-progress'?: boolean | string;
  readonly queue?: string;
}
type Concurrency = string | ConcurrencyGroup;

export function readWorkflow(text: string): Workflow {
  return parse(text);
}

export function jobsOf(workflow: Workflow): [string, WorkflowJob][] {
  return Object.entries(workflow.jobs);
}

export function stepsOf(workflow: Workflow): WorkflowStep[] {
  return Object.values(workflow.jobs).flatMap((job) => job.steps ?? []);
}
