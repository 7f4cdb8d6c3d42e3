import type { ContentTags } from '../api/content-tag.ts';
import type { RecipeBody } from '../api/types.ts';
import type { FileManifest } from '../context/manifest.ts';
import type { Definition, DefinitionWarning } from '../definition/definition.ts';
import type { SourceLocation } from '../problem.ts';
import type { ResolvedBase } from './base.ts';
import type { Fingerprint } from './fingerprint.ts';

/** What is known of a build before its log is read. */
export type PlanHeader = Partial<Omit<PartialPlan, 'name' | 'tags' | 'wire'>> &
  Pick<PartialPlan, 'name' | 'tags'>;

/** One step of the recipe, ready to be shown, sent and compared. */
export interface PlanStep {
  /** 1-based position among the steps that are sent; the service's log counts the same way. */
  readonly number: number;
  /** One line, as it stands in a group's title: `RUN pip install requests`. */
  readonly title: string;
  readonly source?: SourceLocation;
  /** Set for steps that the SDK adds by itself. */
  readonly hidden?: 'environment' | 'workdir';
  /** COPY only: the files it sends. */
  readonly files?: FileManifest;
  /** COPY only: upload even if the service has the content. */
  readonly forceUpload?: boolean;
}

/** Everything that is decided before the first request. Immutable; can be shown, compared and sent. */
export interface Plan {
  readonly name: string;
  readonly tags: readonly string[];
  readonly cpuCount: number;
  /** MiB. */
  readonly memoryMb: number;
  /** The start call's body, exactly as it will be sent: its base is pinned where it was resolved. */
  readonly wire: RecipeBody;
  readonly base: {
    /** As the definition has it: `FROM python:3.12`. */
    readonly title: string;
    readonly source?: SourceLocation;
    /** Absent where nobody looked it up. */
    readonly resolved?: ResolvedBase;
  };
  readonly fingerprint: Fingerprint;
  /** Put on the build beside its tags; absent when there is no fingerprint. */
  readonly contentTags?: ContentTags;
  readonly steps: readonly PlanStep[];
  /** What builds, but probably not as meant; the definition has its own. Absent where the job made no plan. */
  readonly warnings?: readonly DefinitionWarning[];
  /** What is worth knowing and no mistake; the log shows it, the result file does not. */
  readonly notices?: readonly DefinitionWarning[];
  readonly definition: Definition;
}

/**
 * A plan as far as it can be shown. Of a build that another job planned, only what the service tells is known: the
 * steps as its log announces them and the size; its result file tells a little of the definition as well.
 */
export interface PartialPlan extends Omit<Plan, 'fingerprint' | 'cpuCount' | 'memoryMb' | 'definition'> {
  readonly fingerprint?: Fingerprint;
  readonly cpuCount?: number;
  /** MiB. */
  readonly memoryMb?: number;
  readonly definition?: Pick<Definition, 'file' | 'exportName' | 'sdk' | 'sources' | 'warnings'>;
}

/** Whether everything about a plan is known. */
export function isWhole(plan: PartialPlan): plan is Plan {
  return plan.definition !== undefined && 'steps' in plan.definition;
}
