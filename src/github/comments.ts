import { isNewer } from '../ci/run.ts';
import type { CommentApi, IssueComment } from './client.ts';
import { type Comment, type CommentHeader, readCommentMarker } from './comment-marker.ts';
import { GithubError } from './errors.ts';

/** The result of writing a comment; `newer` when the existing one is from a newer run and stays. */
export interface WrittenComment {
  readonly outcome: 'created' | 'updated' | 'unchanged' | 'newer';
  readonly url: string;
}

/**
 * Writes the one comment of a template on a pull request: edits the existing one, else creates it. Leaves comments of
 * other authors alone, also those with a marker, and the comment of a newer run.
 *
 * Rejects with a {@link GithubError}.
 */
export async function upsertComment(
  github: CommentApi,
  pullRequest: number,
  comment: Comment,
): Promise<WrittenComment> {
  const { name, key } = comment.header;
  const same = (header: CommentHeader) => header.name === name && header.key === key;
  const marked = await markedComments(github, pullRequest, same);
  const login = marked.length === 0 ? undefined : await github.login();
  const [first] = login === undefined ? [] : by(login, marked);
  if (first) return replaceComment(github, first, comment);
  const created = await github.createComment(pullRequest, comment.body);
  // Another run may have created one at the same moment, or the login was unknown until now. All runs keep the oldest.
  const [oldest = created] = by(created.author, await markedComments(github, pullRequest, same));
  if (oldest.id >= created.id) return { outcome: 'created', url: created.url };
  const written = await replaceComment(github, oldest, comment);
  await github.deleteComment(created.id);
  return written;
}

/** The comments of this token's account with a marker, oldest first. */
export async function ownComments(
  github: CommentApi,
  pullRequest: number,
  wanted: (header: CommentHeader) => boolean,
): Promise<IssueComment[]> {
  const marked = await markedComments(github, pullRequest, wanted);
  if (marked.length === 0) return [];
  const login = (await github.login()) ?? (await loginByComment(github, pullRequest));
  return by(login, marked);
}

/** If the server does not say whose token this is, the author of a short-lived comment does. */
async function loginByComment(github: CommentApi, pullRequest: number): Promise<string> {
  const created = await github.createComment(pullRequest, 'This comment is removed in a moment.');
  await github.deleteComment(created.id);
  return created.author;
}

async function markedComments(
  github: CommentApi,
  pullRequest: number,
  wanted: (header: CommentHeader) => boolean,
): Promise<IssueComment[]> {
  const comments = await github.listComments(pullRequest);
  return comments.filter(({ body }) => {
    const header = readCommentMarker(body);
    return header !== undefined && wanted(header);
  });
}

/** The comments of one author, oldest first. A deleted account matches no author. */
function by(login: string, comments: readonly IssueComment[]): IssueComment[] {
  const own = comments.filter(({ author }) => author !== '' && author === login);
  return own.sort((one, other) => one.id - other.id);
}

async function replaceComment(
  github: CommentApi,
  { id, url }: IssueComment,
  { header, body }: Comment,
): Promise<WrittenComment> {
  // Another run may have edited it while all pages were listed.
  const found = await github.getComment(id);
  const current = readCommentMarker(found.body);
  if (current && isNewer(current, header)) return { outcome: 'newer', url };
  if (sameText(found.body, body)) return { outcome: 'unchanged', url };
  await github.updateComment(id, body);
  return { outcome: 'updated', url };
}

/** GitHub changes line breaks and removes blanks at the end. */
function sameText(one: string, other: string): boolean {
  const normal = (text: string) => text.replaceAll('\r\n', '\n').trimEnd();
  return normal(one) === normal(other);
}

/**
 * Why a comment could not be written, and what to do about it.
 *
 * @param otherwise - what else to do where the token lacks the permission: `set \`comment: never\``
 */
export function explainCommentError(error: unknown, otherwise?: string): string {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof GithubError) || error.limited) return message;
  if (error.status === 403) {
    const or = otherwise === undefined ? '' : `, or ${otherwise}`;
    return `${message}\nGive the job \`permissions: pull-requests: write\`${or}.`;
  }
  if (error.status === 404 || error.status === 410) {
    return `${message}\nThe pull request is gone, or the token cannot see it: it needs \`permissions: pull-requests: write\` in this repository.`;
  }
  return message;
}
