import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);
import{c as o,d as i}from"./3VUIKNC5.js";import"./FW3JNIGE.js";import"./EKYIQ33T.js";import"./PTOQWTRE.js";import"./3ZSBDZHJ.js";function c(t){return{...o(t),title:t.FORGEJO_ACTIONS?"Forgejo Actions":"Gitea Actions",readFacts:()=>i(t,"src/commit")}}export{c as forgejo};
