import type { Chain } from "../config/chains/chain.ts";
import { type Certificate, type PayingCycle, refute } from "../engine/certificate.ts";
import { drawTable, symbolsOf } from "./present.ts";

/** Draws a certificate with the result of checking it again, or the cycle that stands against one. */
export function drawCertificate(chain: Chain, certified: Certificate | PayingCycle): string {
  const symbolOf = symbolsOf(chain);
  if ("hops" in certified) {
    const { hops, product } = certified;
    const path = hops.map(({ pool, tokenOut }) => ` -(${pool})-> ${symbolOf(tokenOut)}`).join("");
    return `No certificate: ${symbolOf(hops[0]?.tokenIn ?? "")}${path} multiplies to ${product} before gas.`;
  }
  const broken = refute(certified);
  if (broken !== undefined) {
    const { pool, tokenIn, tokenOut, rateUp } = broken;
    const rate = `${pool} pays ${rateUp} units of ${symbolOf(tokenOut)} for one of ${symbolOf(tokenIn)}`;
    return `The certificate is wrong: ${rate}, which is more than its prices allow.`;
  }
  const prices = certified.tokens.map(({ token, price }) => [symbolOf(token), String(price)]);
  const pools = new Set(certified.rates.map(({ pool }) => pool)).size;
  return [
    "No cycle of any length pays, whatever its size: at these prices of a unit of each token no pool pays out more than",
    drawTable(["token", "price of a unit"], prices),
    `goes in. Checked again in exact arithmetic: ${certified.rates.length} rates of ${pools} pools.`,
  ].join("\n");
}

/** Returns a certificate as plain values: doubles print with all their digits, so that a reader can check it exactly. */
export function certificateJson(certified: Certificate | PayingCycle) {
  if ("hops" in certified) return { holds: false, cycle: certified.hops, product: certified.product };
  const broken = refute(certified);
  return { holds: broken === undefined, broken: broken ?? null, ...certified };
}
