import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CiEvent } from '../../src/ci/event.ts';
import type { EventContext } from '../../src/ci/event-context.ts';
import { readEvent } from '../../src/ci/read-event.ts';

const folder = join(import.meta.dirname, '../ci/fixtures');

/** Names of the events that are kept as files: `push_main`, `pull_request_fork`, … */
export const fixtureNames: readonly string[] = readdirSync(folder).map((file) =>
  file.replace(/^event_|\.json$/g, ''),
);

/** What the toolkit would read of such an event. */
export function eventContext(name: string): EventContext {
  return JSON.parse(readFileSync(join(folder, `event_${name}.json`), 'utf8'));
}

/** The event of a file, as the action sees it. */
export function fixtureEvent(name: string): CiEvent {
  return name === 'none' ? readEvent({}, undefined) : readEvent(eventContext(name), 'octo-org/agent');
}

/** A push of this git tag. */
export function pushOfTag(tag: string): CiEvent {
  return pushOf(`refs/tags/${tag}`);
}

/** A push to this branch. */
export function pushToBranch(branch: string): CiEvent {
  return pushOf(`refs/heads/${branch}`);
}

function pushOf(ref: string): CiEvent {
  const context = eventContext('push_main');
  return readEvent({ ...context, ref, payload: { ...context.payload, ref } }, 'octo-org/agent');
}

/** The release of this git tag. */
export function releaseOf(tag: string, prerelease: boolean): CiEvent {
  const context = eventContext('release');
  const release = { ...context.payload['release'], tag_name: tag, prerelease };
  return readEvent(
    { ...context, ref: `refs/tags/${tag}`, payload: { ...context.payload, release } },
    'octo-org/agent',
  );
}
