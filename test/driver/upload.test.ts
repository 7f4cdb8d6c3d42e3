/** Files reach the store in spite of it. */

import { readdir } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { sendReply } from '../../src/local/http.ts';
import { readFaultRule } from '../../src/local/read-faults.ts';
import type { LocalService } from '../../src/local/service.ts';
import { runBuild, temporaryPlan } from '../support/build-run.ts';
import { serviceStarter } from '../support/service-client.ts';

const startService = serviceStarter();

function requests(service: LocalService): { links: number; uploads: (number | undefined)[] } {
  return {
    links: service.requests.filter(({ path }) => path.includes('/files/')).length,
    uploads: service.requests.filter(({ method }) => method === 'PUT').map(({ status }) => status),
  };
}

const uploads = (events: Awaited<ReturnType<typeof runBuild>>['events']) =>
  events.flatMap((event) => (event.type === 'upload-finished' ? [event.outcome] : []));

describe('an upload', () => {
  test('that worked is neither sent nor checked again', async () => {
    const service = await startService();
    await using plan = await temporaryPlan();
    const first = await runBuild(service, plan);
    const second = await runBuild(service, plan);
    expect([...uploads(first.events), ...uploads(second.events)]).toEqual(['sent', 'present']);
    expect(requests(service)).toEqual({ links: 2, uploads: [200] });
  });

  test('of one content serves every COPY that sends it, to any destination', async () => {
    const service = await startService();
    const steps = ['/srv/', '/opt/'].flatMap((place) =>
      ['app.txt', '{app,lib}.txt'].map((source) => ({ type: 'COPY', args: [source, place, '', ''] })),
    );
    await using plan = await temporaryPlan({ files: { 'app.txt': 'hello' }, steps });
    const { outcome, events } = await runBuild(service, plan);
    expect(outcome.status).toBe('ready');
    expect(plan.wire.steps.filter(({ filesHash }) => filesHash !== undefined)).toHaveLength(5);
    expect(uploads(events)).toEqual(['sent']);
    expect(requests(service)).toEqual({ links: 1, uploads: [200] });
  });

  test('whose answer was lost is found to have arrived', async () => {
    const service = await startService({ faults: { rules: [readFaultRule('upload:reset:after@1')] } });
    await using plan = await temporaryPlan();
    const { outcome, events, notices: told } = await runBuild(service, plan);
    expect(outcome.status).toBe('ready');
    expect(uploads(events)).toEqual(['sent']);
    expect(requests(service).links).toBe(2);
    expect(requests(service).uploads).toHaveLength(1);
    expect(told).toEqual([expect.stringMatching(/^PUT files of COPY "app\.txt": connection lost/)]);
  });

  test('that is forced is sent again after its answer was lost', async () => {
    const service = await startService({ faults: { rules: [readFaultRule('upload:503:after@1')] } });
    await using plan = await temporaryPlan();
    const forced = { ...plan, steps: plan.steps.map((step) => ({ ...step, forceUpload: true })) };
    expect((await runBuild(service, forced)).outcome.status).toBe('ready');
    expect(requests(service).uploads).toEqual([503, 200]);
  });

  test('whose link has expired is sent to a fresh one', async () => {
    const service = await startService({ faults: { rules: [readFaultRule('upload:403@1')] } });
    await using plan = await temporaryPlan();
    const { outcome, notices: told } = await runBuild(service, plan);
    expect(outcome.status).toBe('ready');
    expect(requests(service)).toEqual({ links: 2, uploads: [403, 200] });
    expect(told).toEqual([]);
  });

  test('that is never allowed is a failure after fresh links did not help', async () => {
    const service = await startService({ faults: { rules: [readFaultRule('upload:403')] } });
    await using plan = await temporaryPlan();
    const { outcome } = await runBuild(service, plan);
    expect(outcome).toMatchObject({ status: 'error', diagnosis: { class: 'upload' } });
    expect(requests(service)).toEqual({ links: 3, uploads: [403, 403, 403] });
  });

  test('whose link grew old while the files were packed asks for a fresh one', async () => {
    let links = 0;
    const service = await startService({
      intercept: async (request, response, next) => {
        if (request.url?.includes('/files/') && links++ === 0) {
          await new Promise((done) => setTimeout(done, 150));
        }
        sendReply(response, await next());
      },
    });
    await using plan = await temporaryPlan();
    expect((await runBuild(service, plan, { timing: { linkLifetimeMs: 100 } })).outcome.status).toBe('ready');
    expect(requests(service)).toEqual({ links: 2, uploads: [200] });
  });

  test.each([400, 404, 501])('refused with %i is not repeated, and leaves no file behind', async (status) => {
    const service = await startService({ faults: { rules: [readFaultRule(`upload:${status}`)] } });
    await using plan = await temporaryPlan({ files: { 'a.txt': 'a', 'b.txt': 'b' } });
    const { outcome } = await runBuild(service, plan);
    expect(outcome).toMatchObject({ status: 'error', failure: { request: { status } } });
    expect(requests(service).uploads).toEqual([status, status]);
    expect((await readdir(plan.definition.contextDirectory)).sort()).toEqual(['a.txt', 'b.txt']);
  });

  test('that stalls halfway is repeated, however large its file is', async () => {
    // Takes a few bytes of the first upload and then no more; the link of the second is the service's own.
    let stalled = 0;
    const hole = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => {
        stalled += 1;
        socket.pause();
      });
    });
    await new Promise<void>((done) => hole.listen(0, '127.0.0.1', done));
    const { port } = hole.address() as AddressInfo;
    let links = 0;
    const service = await startService({
      intercept: async (request, response, next) => {
        const reply = await next();
        if (!request.url?.includes('/files/') || links++ > 0) return sendReply(response, reply);
        const link = { present: false, url: `http://127.0.0.1:${port}/stalled` };
        sendReply(response, { ...reply, body: JSON.stringify(link) });
      },
    });
    try {
      const noise = Buffer.alloc(12_000_000);
      for (let at = 0; at < noise.length; at += 4)
        noise.writeUInt32LE(Math.imul(at + 1, 2_654_435_761) >>> 0, at);
      await using plan = await temporaryPlan({ files: { 'large.bin': noise.toString('latin1') } });
      const { outcome, notices: told } = await runBuild(service, plan, { transport: { uploadStallMs: 300 } });
      expect(outcome.status).toBe('ready');
      expect(stalled).toBe(1);
      expect(told).toEqual([
        expect.stringMatching(/^PUT files of COPY "large\.bin": no answer within 0\.3 s; trying again/),
      ]);
      expect(service.inspect.files()[0]?.bytes).toBeGreaterThan(1_000_000);
    } finally {
      hole.close();
    }
  });
});

describe('links that are requested beside the registration', () => {
  const known = (templateId: string) => ({ templateBefore: { templateId, tags: new Map() } });

  test('serve the build, and are requested once', async () => {
    const service = await startService();
    await using first = await temporaryPlan();
    const { outcome } = await runBuild(service, first);
    await using second = await temporaryPlan({ files: { 'app.txt': 'changed' } });
    const run = await runBuild(service, second, known(outcome.templateId));
    expect(uploads(run.events)).toEqual(['sent']);
    expect(requests(service)).toEqual({ links: 2, uploads: [200, 200] });
  });

  test.each([
    ['of a template that has gone', () => 'gone'],
    ['of another template', (other: string) => other],
  ])('do not count where they are %s', async (_, idOf) => {
    const service = await startService();
    await using other = await temporaryPlan({ name: 'other' });
    const { outcome } = await runBuild(service, other);
    await using plan = await temporaryPlan({ files: { 'app.txt': 'changed' } });
    const run = await runBuild(service, plan, known(idOf(outcome.templateId)));
    expect(run.outcome.status).toBe('ready');
    expect(uploads(run.events)).toEqual(['sent']);
    expect(run.notices).toEqual([]);
    const own = `/templates/${run.outcome.templateId}/files/`;
    expect(service.requests.filter(({ path }) => path.startsWith(own))).toHaveLength(1);
  });
});
