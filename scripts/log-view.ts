/** What the runner's page shows of a log: lines, groups that open and close, and messages in color. */
import { runnerCommand, runnerLines } from '../test/support/runner-log.ts';

export type LogItem =
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'group'; readonly title: string; readonly lines: readonly string[] }
  | { readonly kind: 'notice' | 'warning' | 'error'; readonly text: string };

/** The items of a whole log, or of a part of one that ends outside of a group. */
export function logItems(log: string): LogItem[] {
  const items: LogItem[] = [];
  let group: { kind: 'group'; title: string; lines: string[] } | undefined;
  for (const line of runnerLines(log.replace(/\n$/, ''))) {
    const command = runnerCommand(line);
    if (!command) {
      if (group) group.lines.push(line);
      else items.push({ kind: 'line', text: line });
    } else if (command.name === 'group') {
      group = { kind: 'group', title: command.data, lines: [] };
      items.push(group);
    } else if (command.name === 'endgroup') {
      group = undefined;
    } else if (command.name === 'notice' || command.name === 'warning' || command.name === 'error') {
      items.push({ kind: command.name, text: command.data });
    }
  }
  return items;
}
