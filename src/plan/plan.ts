import type { ContentTags } from '../api/content-tag.ts';
import type { RecipeBody } from '../api/types.ts';
import type { FileManifest } from '../context/manifest.ts';
import type { Definition, DefinitionWarning } from '../definition/definition.ts';
import type { SourceLocation } from '../problem.ts';
import type { ResolvedBase } from './base.ts';
import type { Fingerprint } from './fingerprint.ts';

/** The part of a plan that is available before the build log is read. */
export type PlanHeader = Partial<Omit<PartialPlan, 'name' | 'tags' | 'wire'>> &
  Pick<PartialPlan, 'name' | 'tags'>;

/** One step of the recipe. */
export interface PlanStep {
  /** 1-based position in the request body. The service's log counts the same way. */
  readonly number: number;
  /** One line for the title of a log group: `RUN pip install requests`. */
  readonly title: string;
  readonly source?: SourceLocation;
  /** Set for steps that the SDK adds. */
  readonly addedBySdk?: 'environment' | 'workdir';
  /** COPY only: the files it sends. */
  readonly files?: FileManifest;
  /** COPY only: upload even if the service has the content. */
  readonly forceUpload?: boolean;
}

/** Everything that is decided before the first request. It is immutable. */
export interface Plan {
  readonly name: string;
  readonly tags: readonly string[];
  readonly cpuCount: number;
  /** MiB. */
  readonly memoryMb: number;
  /** The body of the start request, exactly as it is sent. Its base is pinned where it was resolved. */
  readonly wire: RecipeBody;
  readonly base: {
    /** As the definition has it: `FROM python:3.12`. */
    readonly title: string;
    readonly source?: SourceLocation;
    /** Absent where the base was not looked up. */
    readonly resolved?: ResolvedBase;
  };
  readonly fingerprint: Fingerprint;
  /** Assigned to the build with its tags. Absent without a fingerprint. */
  readonly contentTags?: ContentTags;
  /** Assigned to the build with its tags, where a test decides about the rest of them (`publishTested`). */
  readonly candidateTag?: string;
  /** An older build of this content is not reused, but made anew without the cache. Milliseconds. */
  readonly maxAgeMs?: number;
  readonly steps: readonly PlanStep[];
  /** Warnings besides those of the definition. Absent when the job made no plan. */
  readonly warnings?: readonly DefinitionWarning[];
  /** Useful facts that are no mistakes. The log shows them, the result file does not. */
  readonly notices?: readonly DefinitionWarning[];
  readonly definition: Definition;
}

/**
 * A plan that may lack parts. For a build that another job planned, the service gives only the size and the steps that
 * its log announces, and the result file gives a few facts about the definition.
 */
export interface PartialPlan extends Omit<Plan, 'fingerprint' | 'cpuCount' | 'memoryMb' | 'definition'> {
  readonly fingerprint?: Fingerprint;
  readonly cpuCount?: number;
  /** MiB. */
  readonly memoryMb?: number;
  readonly definition?: Partial<Pick<Definition, 'kind'>> &
    Pick<Definition, 'file' | 'exportName' | 'sdk' | 'sources' | 'warnings'>;
}

/** Whether a plan has all its parts. */
export function isWhole(plan: PartialPlan): plan is Plan {
  return plan.definition !== undefined && 'steps' in plan.definition;
}
