import { gram } from "./src/stats/gram.js";
for (const [n,p,dens] of [[7,5,1],[300,203,.1],[13000,1300,0.05],[13000,1300,1]]) {
  const x = Float64Array.from({length:n*p},()=>Math.random()<dens?Math.random():0);
  const t=performance.now(); const g=gram(n,p,(i,row)=>{ row.set(x.subarray(i*p,i*p+p)); },dens); const t2=performance.now();
  let err=0; for(let q=0;q<50;q++){const i=Math.floor(Math.random()*p), j=Math.floor(Math.random()*(i+1)); let s=0; for(let r=0;r<n;r++) s+=x[r*p+i]*x[r*p+j]; err=Math.max(err,Math.abs(s-g[i*p+j])/(1+Math.abs(s)));}
  console.log(n,p,dens,t2-t,err);
}
