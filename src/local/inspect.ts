import type { BuildStatusName, BuildStatusReason, RecipeBody } from '../api/types.ts';
import type { StampedLine } from './build.ts';
import type { FileStore, StoredFile } from './files.ts';
import { DEFAULT_TAG } from './names.ts';
import type { SandboxStore } from './sandbox-store.ts';
import type { TemplateStore } from './store.ts';
import type { TagAssignment } from './tag-history.ts';

export interface TemplateView {
  readonly id: string;
  readonly alias: string;
  readonly buildCount: number;
}

export interface BuildView {
  readonly id: string;
  readonly templateId: string;
  readonly name: string;
  /** As registered. */
  readonly registeredTags: readonly string[];
  readonly status: BuildStatusName;
  readonly reason: Pick<BuildStatusReason, 'message' | 'step'> | undefined;
  readonly cpuCount: number;
  /** MiB. */
  readonly memoryMb: number;
  /** Milliseconds since the epoch, as the two that follow; those are undefined before. */
  readonly createdAt: number;
  readonly startedAt: number | undefined;
  readonly finishedAt: number | undefined;
  /** The body of the start call; undefined before. */
  readonly template: RecipeBody | undefined;
  /** The whole log. */
  readonly lines: readonly StampedLine[];
}

/** The state of the service, for tests and demos. Names are bare aliases or IDs. */
export interface Inspector {
  templates(): readonly TemplateView[];
  /** Oldest first, including builds without tags; of one template or of all. */
  builds(name?: string): readonly BuildView[];
  /** The tag rows of a template, oldest first. */
  tagHistory(name: string): readonly TagAssignment[];
  /** The build that `name:tag` means now. */
  resolve(name: string, tag?: string): string | undefined;
  files(): readonly StoredFile[];
  /** The sandboxes that run, by the build that each was started from. */
  sandboxes(): readonly { readonly id: string; readonly buildId: string }[];
}

export function createInspector(store: TemplateStore, files: FileStore, sandboxes: SandboxStore): Inspector {
  const idOf = (name: string) => store.byIdOrAlias(name)?.id;
  return {
    templates: () => store.templates(),
    builds: (name) => store.builds().filter((build) => name === undefined || build.templateId === idOf(name)),
    tagHistory: (name) => store.tags.of(idOf(name) ?? ''),
    resolve: (name, tag) => store.readyBuild(idOf(name) ?? '', tag ?? DEFAULT_TAG)?.id,
    files: () => files.list(),
    sandboxes: () => sandboxes.running().map(({ id, build }) => ({ id, buildId: build.id })),
  };
}
