import { main } from './post-step.js';
await main();
