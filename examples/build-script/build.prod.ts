import 'dotenv/config';
import { defaultBuildLogger, Sandbox, Template } from 'novita-sandbox';
import { template } from './template.ts';

async function main(): Promise<void> {
  const build = await Template.build(template, 'web-agent', {
    cpuCount: 2,
    memoryMB: 2048,
    tags: ['production'],
    onBuildLogs: defaultBuildLogger({ minLevel: 'info' }),
  });
  console.log(`Built ${build.name} as ${build.templateId}`);

  // In a job, the action leaves this undone, and says so.
  const sandbox = await Sandbox.create(build.templateId);
  await sandbox.kill();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
