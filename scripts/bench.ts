/**
 * Builds the same templates with this action and with a plain script that uses the SDK's own driver under tsx,
 * in turn, on one embedded service, and prints what each took and their ratio (action / script). Some scenarios put a
 * network of 80 ms between them and the service; one compares the plan alone with a bare start of Node.js.
 *
 * Usage: node scripts/bench.ts [--runs N] [--only <word>]
 *
 * Linux. Default: every scenario, 3 runs of each; medians are shown. `--only` takes the scenarios whose title has
 * the word.
 */
import { rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { bareNode, buildWithAction, buildWithScript, planWithAction } from './bench/means.ts';
import { type Measured, measure } from './bench/measure.ts';
import { print } from './bench/print.ts';
import { makeProject } from './bench/project.ts';
import { scenarios } from './bench/scenarios.ts';

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '3' }, only: { type: 'string', default: '' } },
});
const runs = Number(values.runs);
const chosen = scenarios.filter(({ title }) => title.includes(values.only));
if (chosen.length === 0) {
  const titles = scenarios.map(({ title }) => `  ${title}`).join('\n');
  process.stderr.write(`No scenario has "${values.only}" in its title. There are:\n${titles}\n`);
  process.exitCode = 1;
}

for (const scenario of chosen) {
  const directory = makeProject(scenario);
  try {
    const action: Measured[] = [];
    const script: Measured[] = [];
    const [ours, theirs] = scenario.planOnly
      ? [planWithAction, bareNode]
      : [buildWithAction, buildWithScript];
    for (let run = 0; run < runs; run++) {
      action.push(await measure(scenario, directory, ours));
      script.push(await measure(scenario, directory, theirs));
    }
    print(scenario, action, script);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
