import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);
import{l as o}from"./OV2PBOR5.js";import"./L3Y6QQNO.js";export{o as Sandbox};
