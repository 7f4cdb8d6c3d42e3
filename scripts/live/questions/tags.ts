import * as schemas from '../../../src/api/schemas.ts';
import { answered, bodyOf, NotAnswered } from '../answer.ts';
import { candidateTag, type Run } from '../run.ts';
import type { LiveResponse } from '../service.ts';
import type { Question } from './question.ts';

export const aboutTags: readonly Question[] = [
  {
    id: 'target-build-id',
    text: 'Is name:buildID accepted as the target of a tag?',
    async ask(run) {
      const { buildID } = await run.first();
      return accepted(await run.assign(buildID, 'by-build-id'), buildID);
    },
  },
  {
    id: 'target-candidate',
    text: `Is a candidate tag (${candidateTag}) accepted at registration and as the target of a tag?`,
    async ask(run) {
      const { buildID } = await run.first();
      return accepted(await run.assign(candidateTag, 'by-candidate'), buildID);
    },
  },
  {
    id: 'tag-created-at',
    text: 'Do the rows of tags say when each was assigned (createdAt)?',
    async ask(run) {
      const { templateID } = await run.first();
      const response = await tagsOf(run, templateID);
      const rows = bodyOf(response, schemas.templateTags);
      if (rows.length === 0) throw new NotAnswered('the template has no tags', response);
      const given = rows.filter(({ createdAt }) => !Number.isNaN(Date.parse(createdAt)));
      return answered(
        given.length === rows.length
          ? `Yes, all ${rows.length}, such as ${run.service.show(rows[0]?.createdAt ?? '')}.`
          : `No: ${rows.length - given.length} of ${rows.length} have none.`,
        response,
      );
    },
  },
  {
    id: 'delete-tags',
    text: 'Does DELETE /templates/tags remove several tags, and only those?',
    async ask(run) {
      const { templateID } = await run.first();
      const all = ['several-1', 'several-2', 'several-3'];
      for (const tag of all) bodyOf(await run.assign('first', tag), schemas.assignedTags);
      const removed = await removeTags(run, all.slice(0, 2));
      if (!removed.ok) return answered(`No, it is answered ${removed.status}.`, removed);
      const after = await tagsOf(run, templateID);
      const stay = bodyOf(after, schemas.templateTags).map(({ tag }) => tag);
      const found = all.filter((tag) => stay.includes(tag));
      return answered(
        found.join() === 'several-3'
          ? 'Yes.'
          : `No: of ${all.join(', ')} there are still ${found.join(', ') || 'none'}.`,
        removed,
        after,
      );
    },
  },
  {
    id: 'target-removed',
    text: 'Is a tag that was removed answered 404 as the target of a tag?',
    async ask(run) {
      await run.first();
      bodyOf(await run.assign('first', 'gone'), schemas.assignedTags);
      const removed = await removeTags(run, ['gone']);
      if (!removed.ok)
        throw new NotAnswered(`the removal of the tag was answered ${removed.status}`, removed);
      const response = await run.assign('gone', 'after-gone');
      return answered(response.status === 404 ? 'Yes.' : `No, it is answered ${response.status}.`, response);
    },
  },
];

export const tagUntilReady: Question = {
  id: 'tag-until-ready',
  text: 'While a new build is under a tag of a ready one, does the tag mean the old build until the new one is ready?',
  async ask(run) {
    const first = await run.first();
    const rebuild = await run.rebuild();
    const which = (buildId: string | undefined) =>
      buildId === first.buildID ? 'the old build' : buildId === rebuild.buildID ? 'the new build' : 'neither';
    const before = rebuild.sharedBefore.ok
      ? which(bodyOf(rebuild.sharedBefore, schemas.assignedTags).buildID)
      : `nothing (${rebuild.sharedBefore.status})`;
    const listed = bodyOf(rebuild.tagsBefore, schemas.templateTags).find(({ tag }) => tag === 'shared');
    const failure = await rebuild.ready().then(
      () => undefined,
      (error: unknown) => {
        if (error instanceof NotAnswered) return error;
        throw error;
      },
    );
    const response = await run.assign('shared', 'shared-after');
    const after = which(bodyOf(response, schemas.assignedTags).buildID);
    if (failure) {
      const { message, evidence } = failure;
      const answer = `Before, it means ${before}. It was never ready (${message}); after that, the tag means ${after}.`;
      return answered(answer, rebuild.sharedBefore, rebuild.tagsBefore, ...evidence, response);
    }
    const asHoped = before === 'the old build' && after === 'the new build';
    return answered(
      `${asHoped ? 'Yes' : 'No'}: before, the tag means ${before}, and after, ${after}. The list of tags names ${which(listed?.buildID)} already before.`,
      rebuild.sharedBefore,
      rebuild.tagsBefore,
      response,
    );
  },
};

function accepted(response: LiveResponse, buildId: string) {
  if (!response.ok) return answered(`No, it is answered ${response.status}.`, response);
  const { buildID } = bodyOf(response, schemas.assignedTags);
  if (buildID === undefined) return answered('Yes; the response names no build.', response);
  return answered(buildID === buildId ? 'Yes.' : 'It is accepted, and means another build.', response);
}

const tagsOf = (run: Run, id: string) => run.service.send('GET', '/templates/{id}/tags', { path: { id } });

const removeTags = (run: Run, tags: readonly string[]) =>
  run.service.send('DELETE', '/templates/tags', { body: { name: run.name, tags } });
