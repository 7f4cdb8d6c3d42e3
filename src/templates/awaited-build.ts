import type { AwaitedBuild } from '../build/await-build.ts';
import type { KnownPlan } from '../build/seen-plan.ts';
import type { RepeatableCalls } from '../service/client.ts';
import { ServiceError } from '../service/errors.ts';
import { isContentTag } from '../tags/content.ts';
import { type Refusal, statusOf } from './find-build.ts';
import { findTemplate, noSuchTemplate, readTags } from './find-template.ts';
import { listedBuild } from './list-builds.ts';

/** A build that another job registered, and what the service tells about it beside its log. */
export interface FoundBuild {
  readonly build: AwaitedBuild;
  readonly known: KnownPlan;
}

/**
 * Finds a build by name and identifier, whatever state it is in. Rejects with a `ServiceError`.
 *
 * @param templateId - spares looking the template up by its name; may be empty
 */
export async function findBuild(
  client: Pick<RepeatableCalls, 'templateIdOf' | 'tags' | 'status' | 'template'>,
  {
    name,
    buildId,
    templateId,
  }: { readonly name: string; readonly buildId: string; readonly templateId: string },
): Promise<FoundBuild | Refusal> {
  const template =
    templateId === ''
      ? await findTemplate(client, name)
      : { name, templateId, tags: await readTags(client, templateId) };
  if (!template) return { refused: noSuchTemplate(name) };
  if (!(await statusOf(client, template, buildId))) {
    return {
      refused: `There is no build ${buildId} of ${name} that can be seen. A build is found as long as one of its tags is there: the last may have been removed, as when a pull request was closed. Else check name, build-id and region.`,
    };
  }
  const size = await sizeOf(client, template.templateId, buildId);
  const tags = [...template.tags]
    .filter(([tag, id]) => id === buildId && !isContentTag(tag))
    .map(([tag]) => tag);
  return {
    build: { templateId: template.templateId, buildId, ...size.build },
    known: { name, tags, ...size.known },
  };
}

/** When the build was registered and how large it is; nothing when it is not among those that are listed. */
async function sizeOf(client: Pick<RepeatableCalls, 'template'>, templateId: string, buildId: string) {
  try {
    const listed = await listedBuild(client, templateId, buildId);
    if (!listed) return {};
    const createdAt = Date.parse(listed.createdAt);
    const { cpuCount, memoryMB: memoryMb } = listed;
    return {
      build: { ...(Number.isFinite(createdAt) && { createdAt }) },
      known: { ...(cpuCount !== undefined && { cpuCount }), ...(memoryMb !== undefined && { memoryMb }) },
    };
  } catch (error) {
    if (error instanceof ServiceError) return {};
    throw error;
  }
}
