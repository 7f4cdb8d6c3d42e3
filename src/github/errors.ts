/** A request to GitHub that did not work out; its message names the request, the answer and what may be missing. */
export class GithubError extends Error {
  override readonly name = 'GithubError';
  /** `GET /repos/{owner}/{repo}/pulls/{pull_number}`. */
  readonly request: string;
  /** Absent when no answer came. */
  readonly status: number | undefined;
  /** GitHub's own words: untrusted text. */
  readonly said: string | undefined;
  /** What the token needs, as GitHub tells it: `pull_requests=read`. */
  readonly needs: string | undefined;
  /** GitHub asked for fewer requests, and for longer than was to be waited. */
  readonly limited: boolean;

  constructor(details: GithubErrorDetails) {
    super(sentence(details), { cause: details.cause });
    this.request = details.request;
    this.status = details.status;
    this.said = details.said;
    this.needs = details.needs;
    this.limited = details.limited ?? false;
  }
}

interface GithubErrorDetails {
  readonly request: string;
  readonly status?: number | undefined;
  readonly said?: string | undefined;
  readonly needs?: string | undefined;
  readonly limited?: boolean;
  readonly cause?: unknown;
}

function sentence({ request, status, said = '', needs, limited }: GithubErrorDetails): string {
  const words = said.replace(/\s+/g, ' ').trim().slice(0, 300);
  if (status === undefined) return `GitHub could not be reached for ${request}: ${words}`;
  const saying = words === '' ? '' : `, saying: ${words}`;
  const answered = `GitHub answered ${status} to ${request}${saying}`;
  if (limited) return `${answered}\nToo many requests were made with this token; try again later.`;
  return needs === undefined
    ? answered
    : `${answered}\nThe token needs the permission ${permissions(needs)}.`;
}

/** `issues=write; pull_requests=write` as one writes it in a workflow: `issues: write` or `pull-requests: write`. */
function permissions(needs: string): string {
  return needs
    .split(';')
    .map((some) =>
      some
        .split(',')
        .map((one) => one.trim().replaceAll('_', '-').replace('=', ': '))
        .join(' and '),
    )
    .join(' or ');
}
