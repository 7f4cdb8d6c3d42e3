/** Whether the run has a key of the service. A variable that Azure does not know stays as `$(NAME)`. */
export function hasServiceKey(env: NodeJS.ProcessEnv): boolean {
  return ['NOVITA_API_KEY', 'NOVITA_ACCESS_TOKEN', 'INPUT_API-KEY'].some((name) => {
    const value = env[name]?.trim() ?? '';
    return value !== '' && !/^\$\([^()]*\)$/.test(value);
  });
}
