/** Parts of a text that are not displayed. */

/**
 * Escape sequences of a terminal, in 7-bit and 8-bit forms: strings (OSC, DCS, SOS, PM, APC) with their end, then
 * control sequences, then two-character escapes. Of a string without an end, only the introducer matches: a terminal
 * would hide the rest, but a log must show it.
 */
export const terminalSequence = new RegExp(
  [
    '(?:\\x1b[\\]PX^_]|[\\x9d\\x90\\x98\\x9e\\x9f])[^\\x00-\\x08\\x0a-\\x1f\\x7f-\\x9f]*(?:\\x07|\\x1b\\\\|\\x9c)',
    '(?:\\x1b\\]|\\x9d)(?:\\d*;)?',
    '(?:\\x1b\\[|\\x9b)[0-?]*[ -/]*[@-~]?',
    '\\x1b[ -/]*[0-~]?',
  ].join('|'),
  'g',
);

export const controls = /[\x00-\x08\x0a-\x1f\x7f-\x9f]/g;

/** Never drawn. A runner that compares texts by culture ignores them, so `##`, one of them and `[` form a command. */
export const invisible = /[\p{Default_Ignorable_Code_Point}\ufff9-\ufffb]/gu;
