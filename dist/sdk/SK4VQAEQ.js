import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);
import{ea as o}from"./L3Y6QQNO.js";export{o as Sandbox};
