const t=712,_=[712],c={712:((s,d,o)=>{o.r(d),o.d(d,{Sandbox:()=>n.ak});var n=o(504)})};export{t as id,_ as ids,c as modules};
