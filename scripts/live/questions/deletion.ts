import * as schemas from '../../../src/api/schemas.ts';
import { answered, bodyOf, NotAnswered } from '../answer.ts';
import { removeAll } from '../remove.ts';
import type { Question } from './question.ts';

export const deletion: Question = {
  id: 'deletion',
  text: 'Is a deleted template gone for good (hard), or is its name kept (soft)?',
  async ask(run) {
    const { templateID, buildID } = await run.registered();
    run.tell(`Deleting ${run.name} ...`);
    const { left, deleted } = await removeAll(run);
    if (!deleted?.ok)
      throw new NotAnswered(left[0] ?? 'there was no template to delete', ...(deleted ? [deleted] : []));
    const byId = await run.service.send('GET', '/templates/{id}', { path: { id: templateID } });
    const build = await run.service.send('GET', '/templates/{id}/builds/{build}/status', {
      path: { id: templateID, build: buildID },
    });
    // What this makes is removed like everything else.
    const again = await run.register(['again']);
    const traces = `afterwards its ID is answered ${byId.status} and its build ${build.status}`;
    const shown = [deleted, byId, build, again];
    if (!again.ok) return answered(`Soft: the name is refused (${again.status}); ${traces}.`, ...shown);
    const isSame = bodyOf(again, schemas.registration).templateID === templateID;
    return answered(
      isSame
        ? `Soft: the name gets the same templateID again; ${traces}.`
        : `Hard: the name gets a new templateID; ${traces}.`,
      ...shown,
    );
  },
};
