import type { Address, Chain } from "../config/chains/chain.ts";
import { isRefusal } from "../domain/quote.ts";
import type { PoolState, Snapshot } from "../domain/snapshot.ts";
import type { CurveOf } from "../engine/market.ts";
import { ether } from "./asset.ts";
import type { ConversionQuote, QuoteConversion } from "./plan.ts";

/**
 * Returns the function that quotes conversions on a snapshot's pools, as the routers of these exchanges pay: from pool to
 * pool of one exchange, directly or by way of the wrapped ether. Wrapping and unwrapping are one to one.
 *
 * @param exchanges names of deployments of Uniswap V2's kind
 */
export function conversionQuotes(
  { pools }: Pick<Snapshot, "pools">,
  { weth }: Pick<Chain, "weth">,
  exchanges: readonly string[],
  curveOf: CurveOf,
): QuoteConversion {
  const known = new Map<string, PoolState>();
  for (const each of pools) {
    const { venue, deployment, tokens } = each.pool;
    if (venue !== "uniswapV2" || !exchanges.includes(deployment)) continue;
    for (const a of tokens) for (const b of tokens) if (a !== b) known.set(`${deployment}:${a}>${b}`, each);
  }
  const curves = new Map<string, ReturnType<CurveOf> | undefined>();
  const curve = (deployment: string, from: Address, to: Address) => {
    const key = `${deployment}:${from}>${to}`;
    if (!curves.has(key)) {
      const state = known.get(key);
      curves.set(key, state && curveOf(state, from, to));
    }
    const found = curves.get(key);
    return found === undefined || isRefusal(found) ? undefined : found;
  };

  /** Returns what a router pays along a path, or nothing where a pool is missing or refuses. */
  const along = (deployment: string, path: readonly Address[], amountIn: bigint): bigint => {
    let held = amountIn;
    for (const [index, to] of path.slice(1).entries()) {
      const out = curve(deployment, path[index] ?? "", to)?.quote(held);
      if (out === undefined || isRefusal(out)) return 0n;
      held = out;
    }
    return held;
  };

  return (from, to, amountIn) => {
    const [first, last] = [from, to].map((asset) => (asset === ether ? weth : asset)) as [Address, Address];
    if (from === to || amountIn < 1n) return undefined;
    if (first === last) return { amountOut: amountIn, via: { kind: from === ether ? "wrap" : "unwrap" } };
    const paths =
      first === weth || last === weth
        ? [[first, last]]
        : [
            [first, last],
            [first, weth, last],
          ];
    let best: ConversionQuote | undefined;
    for (const deployment of exchanges) {
      for (const path of paths) {
        const amountOut = along(deployment, path, amountIn);
        if (amountOut > (best?.amountOut ?? 0n)) best = { amountOut, via: { kind: "swap", deployment, path } };
      }
    }
    return best;
  };
}
