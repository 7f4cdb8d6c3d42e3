import * as schemas from '../../../src/api/schemas.ts';
import { formatCount } from '../../../src/report/text/format.ts';
import { answered, bodyOf, NotAnswered } from '../answer.ts';
import { logLines, type ReadyBuild, type Run } from '../run.ts';
import type { LiveResponse } from '../service.ts';
import type { Question } from './question.ts';

/** How many log entries the service gives in one response, as far as is known. */
const knownPage = 100;

export const aboutBuilds: readonly Question[] = [
  {
    id: 'rebuild-id',
    text: 'Does a rebuild keep the templateID?',
    async ask(run) {
      const first = await run.first();
      const { templateID, registered } = await run.rebuild();
      return answered(
        templateID === first.templateID ? 'Yes.' : 'No, each build has another one.',
        first.registered,
        registered,
      );
    },
  },
  {
    id: 'page-limit',
    text: `Does a status response still have at most ${knownPage} log entries?`,
    async ask(run) {
      const build = await run.first();
      const { firstPage } = build;
      const count = entriesOf(firstPage);
      if (count > knownPage) return answered(`No: one had ${count}.`, firstPage);
      const next = await statusOf(run, build, { logsOffset: count });
      if (entriesOf(next) === 0)
        throw new NotAnswered(
          `the log has only ${formatCount(count, 'entry', 'entries')}, although the build prints ${logLines} lines`,
          firstPage,
        );
      const more = await statusOf(run, build, { logsOffset: 0, limit: knownPage + 1 });
      const asked = more.ok
        ? `limit=${knownPage + 1} gives ${entriesOf(more)}`
        : `limit=${knownPage + 1} is answered ${more.status}`;
      return answered(
        count === knownPage ? `Yes; ${asked}.` : `It has at most ${count}; ${asked}.`,
        firstPage,
        next,
        more,
      );
    },
  },
  {
    id: 'logs-route',
    text: 'Is the route of logs (GET …/builds/{build}/logs) enabled?',
    async ask(run) {
      const build = await run.first();
      const path = { id: build.templateID, build: build.buildID };
      const response = await run.service.send('GET', '/templates/{id}/builds/{build}/logs', {
        path,
        query: { direction: 'forward' },
      });
      if (!response.ok) return answered(`No, it is answered ${response.status}.`, response);
      const { logs } = bodyOf(response, schemas.buildLog);
      return answered(`Yes, with ${formatCount(logs.length, 'entry', 'entries')} in one response.`, response);
    },
  },
];

function statusOf(run: Run, build: ReadyBuild, query: Record<string, number>): Promise<LiveResponse> {
  const path = { id: build.templateID, build: build.buildID };
  return run.service.send('GET', '/templates/{id}/builds/{build}/status', { path, query });
}

const entriesOf = (response: LiveResponse) => bodyOf(response, schemas.buildStatus).logEntries.length;
