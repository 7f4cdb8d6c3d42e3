import { isRecord } from '../../src/json.ts';
import type { Result } from '../../src/result.ts';
import { isOwnName } from './own-name.ts';
import type { LiveResponse, LiveService } from './service.ts';

/**
 * The only request of this project that deletes a template. The service deletes everything under a template, so this
 * refuses what is not surely the one of this run: `name` must have the form of such names, and the service must list the
 * template under that name and under no other.
 *
 * @param name - the name of this run
 * @returns the response to the deletion; none where there is no such template any more. What is refused as foreign is
 * refused each time
 */
export async function deleteOwnTemplate(
  service: Pick<LiveService, 'send'>,
  name: string,
  templateId: string,
): Promise<Result<LiveResponse | undefined, { readonly isForeign?: true }>> {
  if (!isOwnName(name))
    return { ok: false, reason: `${name} is not the name of a live check`, isForeign: true };
  const path = { id: templateId };
  const template = await service.send('GET', '/templates/{id}', { path });
  if (template.status === 404) return { ok: true, value: undefined };
  if (!template.ok)
    return { ok: false, reason: `the look-up of template ${templateId} was answered ${template.status}` };
  const names = namesOf(template.body);
  if (names.length === 0 || names.some((each) => each !== name)) {
    const found = names.length === 0 ? 'no name' : names.join(', ');
    return {
      ok: false,
      reason: `the service lists template ${templateId} under ${found}, not only under ${name}`,
      isForeign: true,
    };
  }
  const response = await service.send('DELETE', '/templates/{id}', { path });
  if (response.ok || response.status === 404) return { ok: true, value: response };
  return {
    ok: false,
    reason: `the deletion of template ${templateId} was answered ${response.status}: ${response.evidence.line}`,
  };
}

/** All names of a template, without the team in front. */
function namesOf(template: unknown): readonly string[] {
  if (!isRecord(template)) return [];
  const lists = [template['aliases'], template['names']];
  const names = lists.flatMap((list) => (Array.isArray(list) ? list.map(String) : []));
  return [...new Set(names.map((name) => name.replace(/^[^/]*\//, '')))];
}
