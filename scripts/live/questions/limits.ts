import { answered, NotAnswered } from '../answer.ts';
import { stopBuilds } from '../remove.ts';
import type { LiveResponse } from '../service.ts';
import type { Question } from './question.ts';

/** Sizes that show the rules: even but no step of 512, odd, too little for two vCPU, too much for anybody, odd vCPU. */
const sizes: readonly (readonly [cpuCount: number, memoryMB: number])[] = [
  [2, 1000],
  [2, 1025],
  [2, 512],
  [2, 1_048_576],
  [3, 3072],
];

export const aboutSizes: readonly Question[] = [
  {
    id: 'sizes',
    text: 'Which sizes does the service refuse, and in which words?',
    async ask(run) {
      const { templateID } = await run.registered();
      const asked: string[] = [];
      const responses: LiveResponse[] = [];
      for (const [cpuCount, memoryMB] of sizes) {
        const response = await run.register(['probe'], { cpuCount, memoryMB });
        responses.push(response);
        const how = response.ok ? 'accepted' : `refused (${response.status})`;
        asked.push(`${cpuCount} vCPU with ${memoryMB} MiB ${how}`);
      }
      if (responses.some(({ ok }) => ok)) await stopBuilds(run, templateID, ['probe']);
      const refused = responses.filter(({ ok }) => !ok);
      return answered(`${asked.join('; ')}.`, ...(refused.length > 0 ? refused : responses));
    },
  },
];

/** A team that may have more at once is not flooded further. */
const mostBuilds = 40;

export const concurrency: Question = {
  id: 'concurrency',
  text: 'How many builds may a team have at once, and how is the next one refused?',
  onlyWithLimits: true,
  async ask(run) {
    const { templateID } = await run.registered();
    run.tell('Registering builds until the service refuses one ...');
    const tags: string[] = [];
    try {
      for (let count = 0; count < mostBuilds; count += 1) {
        tags.push(`limit-${count + 1}`);
        const response = await run.register(tags.slice(-1));
        if (response.status === 429) {
          const others = 'builds of the team that ran at that time count too';
          return answered(`At most ${count} more at once (${others}): ${response.evidence.line}`, response);
        }
        if (!response.ok)
          throw new NotAnswered(`registration ${count + 1} was answered ${response.status}`, response);
      }
      return answered(`More than ${mostBuilds}: that many were registered, and none was refused.`);
    } finally {
      // Each registration counts until it is ended.
      await stopBuilds(run, templateID, tags);
    }
  },
};

export const retryAfter: Question = {
  id: 'retry-after',
  text: 'Does a 429 carry Retry-After?',
  async ask({ service }) {
    const [response] = service.refusedForNow;
    if (!response) throw new NotAnswered('no request was answered 429; with --limits one is');
    const given = service.refusedForNow.find((each) => each.retryAfter !== null);
    if (given) return answered(`Yes: ${service.show(given.retryAfter ?? '')}.`, given);
    return answered('No.', response);
  },
};
