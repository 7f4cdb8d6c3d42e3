const t=272,_=[272],c={272:((s,d,o)=>{o.r(d),o.d(d,{Sandbox:()=>n.ak});var n=o(256)})};export{t as id,_ as ids,c as modules};
