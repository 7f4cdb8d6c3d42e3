import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);
import{l as o,m as i}from"./ZQE6TAKS.js";import"./EKYIQ33T.js";import"./PTOQWTRE.js";import"./3ZSBDZHJ.js";function c(t){return{...o(t),title:t.FORGEJO_ACTIONS?"Forgejo Actions":"Gitea Actions",readFacts:()=>i(t,"src/commit")}}export{c as forgejo};
