/** What a text is painted for. */
export type Paint = (color: 'red' | 'yellow' | 'cyan' | 'bold' | 'dim' | 'green', text: string) => string;

const codes = { red: 31, green: 32, yellow: 33, cyan: 36, bold: 1, dim: 2 } as const;

/**
 * Paints texts for a terminal, by the usual conventions: `FORCE_COLOR` with another value than `0` and `false` turns
 * colors on, then `NO_COLOR` with any value turns them off.
 *
 * @param usual - whether there are colors where neither is set
 */
export function painter(env: NodeJS.ProcessEnv, usual: boolean): Paint {
  const forced = env['FORCE_COLOR'];
  const wanted = forced !== undefined ? !['0', 'false'].includes(forced) : env['NO_COLOR'] ? false : usual;
  return wanted ? (color, text) => `\u001b[${codes[color]}m${text}\u001b[0m` : (_, text) => text;
}
