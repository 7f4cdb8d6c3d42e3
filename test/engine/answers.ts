/** Whether a container engine answers: prints its name, or why there is none and exits with 1. */
import { findEngine } from '../../src/local/engine/find-engine.ts';

const engine = await findEngine(process.env);
process.stdout.write(`${engine.ok ? engine.value.name : engine.reason}\n`);
if (engine.ok) engine.value.client.close();
else process.exitCode = 1;
