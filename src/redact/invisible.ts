/** What a text may hold that nobody sees. */

/**
 * Sequences for a terminal, in both their 7-bit and 8-bit forms: strings (OSC, DCS, SOS, PM, APC) with their
 * end, then control sequences, then two-character escapes. A string without an end loses only its
 * introducer: a terminal would swallow the rest, a log must not.
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

/** Never drawn; a runner that compares text by culture skips them, so `##` + one of them + `[` is a command. */
export const invisible = /[\p{Default_Ignorable_Code_Point}\ufff9-\ufffb]/gu;
