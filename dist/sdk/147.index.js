const t=147,_=[147],c={147:((s,d,o)=>{o.r(d),o.d(d,{Sandbox:()=>n.gO});var n=o(309)})};export{t as id,_ as ids,c as modules};
