import { stepTitle } from '../plan/step-title.ts';
import type { WireStep } from '../service/types.ts';

/** A step as its header in the log tells it. */
export interface AnnouncedStep {
  readonly title: string;
  readonly hidden?: 'environment';
  /** The step as far as its arguments can be told apart again, which stand side by side with spaces between. */
  readonly wire: WireStep;
}

/** The script with which the SDK writes the environment of sandboxes. */
const environmentScript = /^echo [A-Za-z0-9+/=]{16,} \| base64 -d > \/tmp\/[\w.-]*image-env\.sh\b/;

/**
 * Reads a header such as `RUN pip install x` or `ENV PORT 8000`. Values of ENV are left out, since they may be
 * secrets.
 */
export function announcedStep(text: string): AnnouncedStep {
  const [, type = '', rest = ''] = /^(\S+)\s?([\s\S]*)$/.exec(text) ?? [];
  switch (type) {
    case 'RUN': {
      const wire = { type, args: [rest] };
      if (!environmentScript.test(rest)) return { title: stepTitle(wire), wire };
      return { title: 'RUN environment for sandboxes', hidden: 'environment', wire };
    }
    case 'ENV':
    case 'ARG': {
      const [name = '', ...values] = rest.split(/\s+/);
      return { title: `${type} ${name}${values.length > 1 ? ' …' : ''}`, wire: { type } };
    }
    case 'USER':
    case 'WORKDIR':
      return { title: `${type} ${rest.trim()}`, wire: { type, args: [rest.trim()] } };
    default:
      return { title: (text.split('\n', 1)[0] ?? '').trim(), wire: { type } };
  }
}
