import type { RecipeBody } from '../../api/types.ts';
import { failures } from '../failures.ts';
import type { Phase } from '../phases.ts';
import { type EngineClient, EngineError } from './client.ts';
import type { Container } from './container.ts';
import { type Image, type LoginSource, obtainImage } from './image.ts';
import type { Output } from './output.ts';
import { PROVISION } from './scripts.ts';
import type { Session } from './session.ts';
import { type RecipeState, rootScript } from './state.ts';

export interface BaseContext {
  readonly client: EngineClient;
  readonly session: Session;
  readonly output: Output;
  readonly login: LoginSource;
  readonly signal: AbortSignal;
}

export type BaseResult =
  | { readonly ok: true; readonly image: Image; readonly state: RecipeState }
  | { readonly ok: false; readonly reason: string };

/** FROM: gets the image, and brings a container of it into the form that the service gives it. */
export async function beginFromImage(
  phase: Phase,
  template: RecipeBody,
  context: BaseContext,
): Promise<BaseResult> {
  const { client, session, output, login, signal } = context;
  const reference = template.fromImage ?? '';
  output.note(phase, 'Requesting Docker Image', 'debug');
  const found = await obtainImage(client, reference, {
    registry: template.fromImageRegistry,
    login,
    renew: template.force === true,
    signal,
    note: (text) => output.note(phase, text),
  });
  if (!found.ok) return found;
  const image = found.value;
  output.note(phase, `Base Docker image size: ${Math.round(image.size / 1e6)} MB`);
  for (const volume of image.volumes) {
    const text = `The image keeps ${volume} as a volume, so what steps write there is not in the result of a local build.`;
    output.note(phase, text, 'warn');
  }
  let container: Container;
  try {
    container = await session.begin(image.id, image.id);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof EngineError)) throw error;
    output.note(phase, `The engine cannot start the image: ${error.message}`);
    return { ok: false, reason: failures.provisioningFailed(127) };
  }
  return provision(phase, image, container, context);
}

async function provision(
  phase: Phase,
  image: Image,
  container: Container,
  { session, output, signal }: BaseContext,
): Promise<BaseResult> {
  output.note(phase, 'Provisioning sandbox template');
  const { sink } = output.of(phase, signal);
  let missing: string[] = [];
  const script = rootScript(PROVISION, [session.hasNetwork ? 'yes' : 'no']);
  const { exitCode, notStarted } = await container.run(
    script,
    (stream, line) => {
      if (line.startsWith('missing:')) missing = line.slice('missing:'.length).split(' ').filter(Boolean);
      else sink(stream, line);
    },
    signal,
  );
  if (notStarted !== undefined) output.note(phase, notStarted);
  if (exitCode !== 0) return { ok: false, reason: failures.provisioningFailed(exitCode) };
  if (missing.length > 0) {
    const text =
      `The service installs what a template needs. Here ${missing.join(', ')} could not be installed without a network, ` +
      'so a command that needs one of them fails in this local build only.';
    output.note(phase, text, 'warn');
  }
  output.note(phase, 'Sandbox template provisioned');
  const state = { base: image.id, user: 'root', env: image.env, homes: { root: '/root' }, missing };
  return { ok: true, image, state };
}
