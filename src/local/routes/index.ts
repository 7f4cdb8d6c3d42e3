import { json } from '../http.ts';
import type { Route } from '../router.ts';
import { registerBuild } from './register.ts';
import { startBuild } from './start.ts';
import { buildLogs, buildStatus } from './status.ts';
import { assignTags, listTags, removeTags } from './tags.ts';
import { deleteTemplate, getTemplate, listAllTemplates, listTemplates, resolveAlias } from './templates.ts';
import { uploadArchive, uploadLink } from './upload.ts';

/** What the team may use, and what it uses now: nothing, since this service has no sandboxes. */
const sandboxQuota: Route = {
  method: 'GET',
  path: '/sandboxes/quota',
  handle: (_call, { limits }) =>
    json(200, {
      limit: {
        concurrentInstances: 100,
        concurrentVcpu: 100 * limits.maxCpu,
        concurrentRamMb: 100 * limits.maxMemoryMb,
        maxLengthHours: 3,
        diskMb: 20_480,
        maxVcpu: limits.maxCpu,
        maxRamMb: limits.maxMemoryMb,
      },
      usage: { concurrentInstances: 0, concurrentVcpu: 0, concurrentRamMb: 0 },
    }),
};

/** Every endpoint. Fixed paths come before those with a variable part in the same place. */
export const routes: readonly Route[] = [
  registerBuild,
  listTemplates,
  listAllTemplates,
  assignTags,
  removeTags,
  resolveAlias,
  uploadLink,
  uploadArchive,
  startBuild,
  buildStatus,
  buildLogs,
  listTags,
  getTemplate,
  deleteTemplate,
  sandboxQuota,
];
