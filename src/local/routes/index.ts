import type { Route } from '../router.ts';
import { envdHealth, listProcesses, startProcess } from './envd.ts';
import { registerBuild } from './register.ts';
import { createSandbox, killSandbox, listSandboxes, sandboxMetrics, sandboxQuota } from './sandboxes.ts';
import { startBuild } from './start.ts';
import { buildLogs, buildStatus } from './status.ts';
import { assignTags, listTags, removeTags } from './tags.ts';
import { deleteTemplate, getTemplate, listAllTemplates, listTemplates, resolveAlias } from './templates.ts';
import { uploadArchive, uploadLink } from './upload.ts';

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
  createSandbox,
  listSandboxes,
  sandboxMetrics,
  killSandbox,
  startProcess,
  listProcesses,
  envdHealth,
];
