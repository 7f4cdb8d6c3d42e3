import * as v from 'valibot';
import { pause } from '../../../src/http/sleep.ts';
import { isRecord } from '../../../src/json.ts';
import { formatCount } from '../../../src/report/text/format.ts';
import { answered, NotAnswered } from '../answer.ts';
import { preBootFile, preBootLine, type Run, startCommand } from '../run.ts';
import type { Evidence } from '../service.ts';
import type { Question } from './question.ts';

export const aboutSandboxes: readonly Question[] = [
  {
    id: 'sandbox-build-id',
    text: 'Is name:buildID accepted in POST /sandboxes?',
    async ask(run) {
      const { started } = await run.firstSandbox();
      const [byBuildId, byTag] = started;
      return answered(
        byBuildId.ok ? 'Yes.' : `No, it is answered ${byBuildId.status}.`,
        byBuildId,
        ...(byTag ? [byTag] : []),
      );
    },
  },
  {
    id: 'start-command',
    text: 'Does process.Process/List show the start command in a sandbox?',
    async ask(run) {
      const { commands } = await run.firstSandbox();
      const found = await commands.processes(run.signal);
      const lines = found.map(({ pid, cmd, args }) => `${pid}: ${[cmd, ...args].join(' ')}`);
      const evidence: Evidence = {
        request: 'POST /process.Process/List',
        status: 200,
        line: run.service.show(lines.join('; ') || 'no processes'),
      };
      const shown = lines.find((line) => line.includes(startCommand));
      return answered(
        shown === undefined
          ? `No; it lists ${formatCount(lines.length, 'process', 'processes')}.`
          : `Yes, as ${run.service.show(shown.replace(/^\d+: /, ''))}.`,
        evidence,
      );
    },
  },
  {
    id: 'metrics',
    text: 'What does GET /sandboxes/{id}/metrics give?',
    async ask(run) {
      const { sandboxId } = await run.firstSandbox();
      let response = await metricsOf(run, sandboxId);
      for (let more = 0; more < 8 && response.ok && isEmpty(response.body); more += 1) {
        await pause(5000, run.signal);
        response = await metricsOf(run, sandboxId);
      }
      if (!response.ok) return answered(`It is answered ${response.status}.`, response);
      if (isEmpty(response.body)) return answered('No reading within 40 s.', response);
      const first: unknown = Array.isArray(response.body) ? response.body[0] : response.body;
      const fields = isRecord(first) ? Object.keys(first).sort().join(', ') : typeof first;
      const form = Array.isArray(response.body)
        ? `a list of ${formatCount(response.body.length, 'reading')}`
        : 'an object';
      return answered(`${form}, with ${run.service.show(fields)}.`.replace(/^a/, 'A'), response);
    },
  },
  {
    id: 'quota',
    text: 'What does GET /sandboxes/quota say of the team?',
    async ask(run) {
      const response = await run.service.send('GET', '/sandboxes/quota');
      if (!response.ok) return answered(`It is answered ${response.status}.`, response);
      const read = v.safeParse(quota, response.body);
      if (!read.success) return answered('It says something else than limits and use.', response);
      const { limit, usage } = read.output;
      return answered(
        `${usage.concurrentInstances} of ${limit.concurrentInstances} sandboxes are in use; at most ${limit.maxVcpu} vCPU and ${limit.maxRamMb} MiB each.`,
        response,
      );
    },
  },
];

export const preBoot: Question = {
  id: 'pre-boot',
  text: 'What does preBootScript do?',
  async ask(run) {
    const { firstPage } = await (await run.rebuild()).ready();
    const { commands } = await run.secondSandbox();
    const command = `if [ -f ${preBootFile} ]; then echo found; cat ${preBootFile}; else echo missing; fi`;
    let output = '';
    const { exitCode } = await commands.run(
      command,
      (_stream, text) => {
        output += text;
      },
      20_000,
      run.signal,
    );
    const evidence: Evidence = {
      request: 'POST /process.Process/Start',
      status: 200,
      line: run.service.show(`exit code ${exitCode ?? 'none'}: ${output.replace(/\n/g, '; ')}`),
    };
    const inLog = JSON.stringify(firstPage.body).includes(preBootLine)
      ? 'Its output is in the log of the build.'
      : 'Its output is not on the first page of the log.';
    if (output.startsWith('missing')) {
      return answered(
        `Nothing that can be seen: the file that it writes is not in the sandbox. ${inLog}`,
        evidence,
      );
    }
    if (!output.startsWith('found'))
      throw new NotAnswered('the sandbox did not run the command that looks for traces', evidence);
    const said = (word: string) =>
      run.service.show(new RegExp(`^${word} (.*)$`, 'm').exec(output)?.[1] ?? '?', 80);
    return answered(
      `It runs as ${said('user')}, ${said('uptime')} s after the start of its machine, started by ${said('parent')}. ${inLog}`,
      evidence,
    );
  },
};

const quota = v.object({
  limit: v.object({ concurrentInstances: v.number(), maxVcpu: v.number(), maxRamMb: v.number() }),
  usage: v.object({ concurrentInstances: v.number() }),
});

const metricsOf = (run: Run, sandbox: string) =>
  run.service.send('GET', '/sandboxes/{sandbox}/metrics', { path: { sandbox } });

const isEmpty = (body: unknown) => Array.isArray(body) && body.length === 0;
