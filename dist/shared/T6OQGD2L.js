import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);
var c={red:31,green:32,yellow:33,cyan:36,bold:1,dim:2};function s(n,t){let d=n.FORCE_COLOR;return(d!==void 0?!["0","false"].includes(d):n.NO_COLOR?!1:t)?(o,e)=>`\x1B[${c[o]}m${e}\x1B[0m`:(o,e)=>e}export{s as a};
