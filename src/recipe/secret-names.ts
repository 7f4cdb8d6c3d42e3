/** Words for credentials, as whole words in the name of a variable. */
const secretWords =
  /(?:^|_)(?:TOKEN|SECRET|SECRETS|PASSWORD|PASSWD|PASSPHRASE|PASS|PWD|CREDENTIAL|CREDENTIALS|APIKEY|(?:API|PRIVATE|SECRET|ACCESS|AUTH|ENCRYPTION|SIGNING|DEPLOY|SERVICE_ACCOUNT|LICENSE|MASTER)_KEY|SERVICE_ACCOUNT_JSON|AUTH|CONNECTION_STRING|DSN)(?:_(?:\d+|BASE64|B64|JSON|VALUE|TEXT|PROD|PRODUCTION|STAGING|DEV|DEVELOPMENT|TEST|LIVE))*$/;

/** Names with such a word that have a public value: limits, places, names, switches. */
const publicNames =
  /^(?:NEXT_PUBLIC|VITE|PUBLIC|REACT_APP|EXPO_PUBLIC|NUXT_PUBLIC|GATSBY|STORYBOOK)_|(?:^|_)(?:MAX|MIN|NUM|COUNT|TOTAL|LIMIT|PUBLIC|ENABLE|DISABLE|USE|NO|SKIP|SHOW|ALLOW|REQUIRE)_|^(?:PWD|OLDPWD|AUTH)$/;

/** Whether a variable of this name probably holds a secret: `GITHUB_TOKEN`, `dbPassword`, `OPENAI_API_KEY`. */
export function looksSecret(name: string): boolean {
  const words = name
    .slice(0, 200)
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .toUpperCase();
  return secretWords.test(words) && !publicNames.test(words);
}

/** Whether a value is neither empty nor only a reference to another variable. */
export function isLiteral(value: string): boolean {
  return value.trim() !== '' && !/^\$(?:\w+|\{\w+\})$/.test(value.trim());
}
