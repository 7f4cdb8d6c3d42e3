import { startHostEarly } from './early-host.js';
const early = startHostEarly(import.meta.dirname, process.env);
const { main } = await import('./index.js');
await main('build', early);
