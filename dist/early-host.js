import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);
import{a,b,c}from"./shared/LJ5MUMDI.js";import"./shared/3ZSBDZHJ.js";export{a as defaultMemoryLimitMb,b as spawnHost,c as startHostEarly};
