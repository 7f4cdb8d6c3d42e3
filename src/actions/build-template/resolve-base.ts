import type { ServiceClient } from '../../api/client.ts';
import type { BuildInputs } from '../../inputs/build.ts';
import type { Connect, ResolveImage } from '../../job/job.ts';
import type { BaseFinding, ResolveBase, ResolvedBase } from '../../plan/base.ts';
import { missingCredentials } from '../../registry/credential-fields.ts';
import { parseImageReference } from '../../registry/reference.ts';
import type { ResolvedImage } from '../../registry/resolve-digest.ts';
import { ownTeam, teamOf } from '../../templates/own-team.ts';
import { parentBuild } from '../../templates/parent-build.ts';

/** This look-up can only save a build, so it must not take long. */
const parentLimitMs = 30_000;

/** The same look-up of images, each of them once. */
export function resolvedOnce(resolveImage: ResolveImage): ResolveImage {
  const images = new Map<string, ReturnType<ResolveImage>>();
  return (image, login) => {
    const key = JSON.stringify([image, login]);
    const found = images.get(key) ?? resolveImage(image, login);
    images.set(key, found);
    return found;
  };
}

/**
 * Asks the image's registry or the service what the base of a recipe is. An image is looked up once.
 *
 * @param name - of the template; the definition may give it, so it is asked for when a parent is looked up
 */
export function baseResolver(
  { pinBase }: Pick<BuildInputs, 'pinBase'>,
  name: () => string,
  connect: Connect | undefined,
  resolveImage: ResolveImage,
): ResolveBase {
  const resolveOnce = resolvedOnce(resolveImage);
  return async ({ fromImage, fromTemplate, fromImageRegistry }) => {
    if (!pinBase) return unknown('pin-base is false');
    if (fromTemplate) return resolveParent(fromTemplate, name(), connect);
    if (!fromImage) return unknown('its recipe names no base');
    const [missing] = fromImageRegistry ? missingCredentials(fromImageRegistry) : [];
    if (missing !== undefined)
      return unknown(`its base was not looked up, since its registry credentials have no ${missing}`);
    const found = await resolveOnce(fromImage, fromImageRegistry);
    if (found.ok) return { kind: 'image', digest: found.value };
    return unknown(
      `the digest of ${fromImage} is not known: ${found.reason}`,
      imageFinding(fromImage, found),
    );
  };
}

function imageFinding(
  image: string,
  { reason: why, verdict }: Extract<ResolvedImage, { ok: false }>,
): BaseFinding | undefined {
  // The service may have images that no registry has, such as the default base.
  const { host, repository = '' } = parseImageReference(image) ?? {};
  if (verdict === undefined || (host === 'docker.io' && repository.startsWith('novita/'))) return undefined;
  if (verdict === 'missing') {
    const message = `Nothing can be built from ${image}: ${why}. Check its name and its tag. If the service uses another registry than this runner, set pin-base: false to skip the look-up.`;
    return { certain: true, title: 'The base image does not exist', message };
  }
  const message = `${image} could not be looked up: ${why}. Check its name, and that the recipe has the credentials which the service needs to read it: fromImage(image, { username, password }). The build continues, and probably fails at its base.`;
  return { certain: false, title: 'The base image cannot be read', message };
}

async function resolveParent(
  parent: string,
  name: string,
  connect: Connect | undefined,
): Promise<ResolvedBase> {
  if (!connect) return unknown('there is no API key for looking up its parent');
  const limit = AbortSignal.timeout(parentLimitMs);
  const client = connect(limit);
  try {
    const found = await parentBuild(client, parent);
    if (found.ok) return { kind: 'template', buildId: found.value };
    const foreign = { foreignParent: parent };
    if (found.missing === undefined) return { ...unknown(found.reason), ...(found.foreign && foreign) };
    const certain = found.missing === 'tag' || (await isOfOwnTeam(client, parent, name));
    const base = unknown(found.reason, parentFinding(parent, found, certain));
    // Nothing is built on it unless it is a public template of another team.
    return certain ? base : { ...base, ...foreign };
  } catch (error) {
    if (!limit.aborted) throw error;
    return unknown(`its parent ${parent} could not be looked up within ${parentLimitMs / 1000} s`);
  }
}

/** Only a parent with the team's slug certainly belongs to the team: a bare name may be a public template. */
async function isOfOwnTeam(client: ServiceClient, parent: string, name: string): Promise<boolean> {
  const team = teamOf(parent);
  return team !== undefined && team === (await ownTeam(client, name));
}

function parentFinding(
  parent: string,
  { reason: why, hint }: { readonly reason: string; readonly hint?: string },
  certain: boolean,
): BaseFinding {
  const check =
    hint ?? 'Check its name and its tag, and that domain or api-url names the region in which it was built.';
  if (certain) {
    const message = `Nothing can be built from ${parent}: ${why}. ${check}`;
    return { certain, title: 'The parent template does not exist', message };
  }
  const message = `${parent} was not found: ${why}. ${check} The build continues, since it may be a public template of another team. If it is not, the build fails at its base.`;
  return { certain, title: 'The parent template was not found', message };
}

function unknown(why: string, finding?: BaseFinding): ResolvedBase {
  return { kind: 'unknown', why, ...(finding && { finding }) };
}
