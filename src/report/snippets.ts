import { fence } from './markdown.ts';
import { singleLine } from './sanitise.ts';

/** Code that starts a sandbox from `name:tag` or `name:buildId`, in TypeScript and in Python, as fenced blocks. */
export function snippets(untrustedReference: string): string {
  const reference = singleLine(untrustedReference, 400);
  const quoted = JSON.stringify(reference);
  const single = /^[\w.:/-]+$/.test(reference) ? `'${reference}'` : quoted;
  const typescript = `import { Sandbox } from 'novita-sandbox'\n\nconst sandbox = await Sandbox.create(${single})`;
  const python = `from novita_sandbox.core import Sandbox\n\nsandbox = Sandbox.create(${quoted})`;
  return `${fence(typescript, 'typescript')}\n\n${fence(python, 'python')}`;
}
