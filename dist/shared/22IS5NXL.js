import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);
import{pa as a,qa as c}from"./VNKPSD25.js";import{c as p}from"./3VUIKNC5.js";async function h(e){return e.FORGEJO_ACTIONS||e.GITEA_ACTIONS?(await import("./DNXSIGBQ.js")).forgejo(e):e.GITHUB_ACTIONS?p(e):(await import("./KINOROTK.js")).otherProvider(e)}var b=/[\\`*_{}[\]<>()#+!|~&@$:"'=-]/g;function g(e,t=200){let n=f(l(c(e,t)));if(n==="")return"";if(n.includes("|"))return`<code>${u(n).replace(b,d)}</code>`;let r="`".repeat($(n)+1),o=/^`|`$/.test(n)?" ":"";return r+o+n+o+r}function y(e,t=4e3){return u(c(e,t)).replace(/[\\`*_[\]~#!$]/g,"\\$&").replace(/[<>&|]/g,d).replace(/^(\d+)([.)])/,"$1\\$2").replace(/^[-+=]/,"\\$&")}function u(e){return e.replace(/@/g,"@​").replace(/:(?=\/)/g,":​").replace(/(?<=www)(?=\.)/gi,"​").replace(/#(?=\d)/g,"#​").replace(/(?<=GH-)(?=\d)/gi,"​")}function s(e,t=""){let n=f(l(a(e).join(`
`))),r="`".repeat(Math.max(3,$(n)+1));return`${r}${t.replace(/[^a-z0-9-]/gi,"")}
${n}
${r}`}function m(e){return e.replace(/\s*[\r\n]+\s*/g," ").trim().replaceAll("|","&#124;")||" "}function S(e,t){let n=r=>`| ${e.map((o,i)=>m(r[i]??"")).join(" | ")} |`;return[n(e),`|${" --- |".repeat(e.length)}`,...t.map(n)].join(`
`)}function l(e){return e.replaceAll("<!--","<! --")}function f(e){return e.replace(/`{16}(?=`)/g,"$&​")}function d(e){return`&#${e.charCodeAt(0)};`}function $(e){return(e.match(/`+/g)??[]).reduce((t,n)=>Math.max(t,n.length),0)}function A(e){let t=c(e,400),n=JSON.stringify(t),o=`import { Sandbox } from 'novita-sandbox'

const sandbox = await Sandbox.create(${/^[\w.:/-]+$/.test(t)?`'${t}'`:n})`,i=`from novita_sandbox.core import Sandbox

sandbox = Sandbox.create(${n})`;return`${s(o,"typescript")}

${s(i,"python")}`}function C(e,t){let n=g(e,400);return t!==void 0&&/^https?:\/\/[^\s<>()[\]\\"'|`]+$/.test(t)?`[${n}](${t})`:n}export{g as a,y as b,s as c,S as d,A as e,C as f,h as g};
