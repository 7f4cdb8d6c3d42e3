/** The version of this action, as in package.json. */
export const version = '0.1.0';
