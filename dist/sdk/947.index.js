const t=947,_=[947],c={947:((s,d,o)=>{o.r(d),o.d(d,{Sandbox:()=>n.gO});var n=o(53)})};export{t as id,_ as ids,c as modules};
